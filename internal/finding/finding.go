// Package finding holds what Muralla says about a design: verdicts with their
// evidence.
//
// # Model
// A [Finding] is the verdict of one recommendation on one resource, with
// everything that is needed to verify it: the path, the deciding rules with
// their places, and a command. A [Report] is all findings of a run with what
// was not decided and what was not modelled.
//
// # Guarantees
//   - The zero Verdict is Undecided; nothing becomes a pass by omission.
//   - A fingerprint depends on the recommendation, the resource and the decisive
//     facts only: no line numbers, no machine paths, no order of the input.
//
// # Not modelled
// How a report looks: that is render.
package finding

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// Verdict is what a recommendation says of a resource. The zero Verdict is
// Undecided.
type Verdict uint8

// The verdicts.
const (
	Undecided Verdict = iota
	NotApplicable
	Follows
	Violates
)

// String is the verdict as it is written in every output format.
func (v Verdict) String() string {
	return [...]string{"undecided", "not-applicable", "follows", "violates"}[min(v, Violates)]
}

// Severity ranks violations. The zero Severity is Note: it never fails a run.
type Severity uint8

// The severities.
const (
	Note Severity = iota
	Low
	Medium
	High
	Critical
)

// String is the severity as it is written in every output format.
func (s Severity) String() string {
	return [...]string{"note", "low", "medium", "high", "critical"}[min(s, Critical)]
}

// ParseSeverity reads what [Severity.String] prints.
func ParseSeverity(text string) (Severity, error) {
	for s := Note; s <= Critical; s++ {
		if s.String() == text {
			return s, nil
		}
	}
	return Note, fmt.Errorf("there is no severity %q: use critical, high, medium, low or note", text)
}

// Evidence is one fact that a verdict rests on, with its place.
type Evidence struct {
	Text  string    // "sg-orders allows sg-bastion tcp/8080"
	Place ref.Place // zero for defaults of AWS
}

// Source says where it is written that a finding is accepted.
type Source uint8

// The sources.
const (
	Exception Source = iota // in muralla.yaml
	Inline                  // beside the resource
	Baseline                // in the list of findings that were known
)

// String is the source as it is written in every output format.
func (s Source) String() string {
	return [...]string{"exception", "inline", "baseline"}[min(s, Baseline)]
}

// Suppression says why a violation does not count.
type Suppression struct {
	Source Source
	Reason string
	Until  string    // date as written, "2027-01-31"; empty for ever
	Place  ref.Place // where the exception is written
}

// String is all of it but the place: "inline: moves away (until 2027-01-31)".
func (s Suppression) String() string {
	out := s.Source.String() + ": " + s.Reason
	if s.Until != "" {
		out += " (until " + s.Until + ")"
	}
	return out
}

// Mark is a suppression that is written beside a resource. Whether it holds is
// not judged yet.
type Mark struct {
	Scope          ref.ID // address of the resource without its own index; empty if it is beside none
	Below          bool   // the scope is a module or a nested stack, and all in it is meant
	Recommendation string // slug
	Reason         string // empty if none is written
	Until          string // date as written; empty for ever
	Fault          string // what is wrong with how it is written, in sentences: it then suppresses nothing
	Place          ref.Place
}

// Finding is the verdict of one recommendation on one resource.
type Finding struct {
	Recommendation string // slug: "sg-from-alb"
	Resource       ref.ID
	Verdict        Verdict

	// Severity of a violation; of an undecided finding the severity that the
	// violation would have. SeverityWhy says what it was computed from, as a
	// clause: "the task is reachable from the internet".
	Severity    Severity
	SeverityWhy string

	Title   string    // one line, at most about 90 characters, without full stop
	Message string    // sentences: what is so and why it matters; for undecided: what is missing
	Place   ref.Place // of the resource

	// Path is the hops of the counter-examples (or of the intended paths), in
	// order, each readable alone: "internet 203.0.113.0/24 > i bastion tcp/22".
	// See [Finding.Continues].
	Path     []string
	Evidence []Evidence // the deciding facts, in order
	Gaps     []Evidence // for undecided: the facts that are missing, with the places to give them

	Fix string // what to change, in one or two sentences
	// Changes are edits that together mend it. There are none if no edit is
	// certain to be right.
	Changes []Change
	Ask     string // a command that shows the same, "muralla ask '…' PATH"

	// Facts tell apart two findings of one recommendation on one resource; they
	// are part of the fingerprint and must not hold places or order.
	Facts []string

	// Cause is equal, and not empty, in findings that one change mends, such as
	// two on one listener: views may show them together. It is no text for people
	// and no part of the fingerprint.
	Cause string

	Suppressed *Suppression
}

// Patched reports whether all edits that mend the finding are known in the text
// of the design.
func (f Finding) Patched() bool {
	return len(f.Changes) > 0 && !slices.ContainsFunc(f.Changes, func(c Change) bool { return len(c.Replacements) == 0 })
}

// Continues reports whether a hop of the path goes on from where an earlier one
// arrives; if not, another path begins with it.
func (f Finding) Continues(i int) bool {
	from, _, _ := strings.Cut(f.Path[i], " > ")
	return slices.ContainsFunc(f.Path[:i], func(hop string) bool {
		at := strings.LastIndex(hop, " > ")
		return at >= 0 && strings.Contains(hop[at+len(" >"):]+" ", " "+from+" ")
	})
}

// Fingerprint identifies the finding from run to run: 16 hexadecimal digits.
func (f Finding) Fingerprint() string {
	h := sha256.New()
	facts := slices.Sorted(slices.Values(f.Facts))
	for _, part := range append([]string{f.Recommendation, string(f.Resource)}, facts...) {
		fmt.Fprintf(h, "%d:%s,", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Compare orders findings: violations first, worst severity first, then by
// recommendation, resource and fingerprint.
func (f Finding) Compare(g Finding) int {
	if c := cmp.Or(
		cmp.Compare(rank(f.Verdict), rank(g.Verdict)),
		-cmp.Compare(f.Severity, g.Severity),
		strings.Compare(f.Recommendation, g.Recommendation),
		strings.Compare(string(f.Resource), string(g.Resource))); c != 0 {
		return c
	}
	// Hashes are some hundred times slower than all of the above.
	return strings.Compare(f.Fingerprint(), g.Fingerprint())
}

func rank(v Verdict) int {
	switch v {
	case Violates:
		return 0
	case Undecided:
		return 1
	case Follows:
		return 2
	default:
		return 3
	}
}
