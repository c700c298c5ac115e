// Package judged says how the verdicts on a design differ from earlier ones.
//
// # Model
// A verdict is matched with the earlier one of the same fingerprint; one without
// is matched, for what it was before, with those of the same recommendation on
// the same resource. Its [State] says whether it became worse.
//
// # Guarantees
//   - A violation is unchanged only if there was a violation of its fingerprint, at
//     least as severe, that counted as well.
//   - Every earlier violation is matched or among the resolved ones.
//
// # Not modelled
// Why a verdict changed: see package diff for who reaches whom.
package judged

import (
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// Known is what is kept of an earlier verdict.
type Known struct {
	Recommendation string
	Resource       ref.ID
	Fingerprint    string
	Verdict        finding.Verdict
	Severity       finding.Severity
	Suppressed     bool
	Title          string
	Place          ref.Place
}

// Remember keeps what is needed of a report.
func Remember(r finding.Report) []Known {
	var out []Known
	for _, f := range r.Findings {
		out = append(out, Known{f.Recommendation, f.Resource, f.Fingerprint(), f.Verdict, f.Severity, f.Suppressed != nil, f.Title, f.Place})
	}
	return out
}

// State says how a verdict stands to the earlier ones. The zero State is New:
// what is not known to be unchanged counts.
type State uint8

// The states.
const (
	New       State = iota // a violation, or something undecided, that was not there
	Worse                  // it was there and weighed less, was accepted, or did not ask for anything
	Better                 // it weighs less than before, or may no longer be
	Unchanged              // as before, or good
)

// String is the state as it is written in every output format.
func (s State) String() string {
	return [...]string{"new", "worse", "better", "unchanged"}[min(s, Unchanged)]
}

// Result is a verdict with how it stands to the earlier ones.
type Result struct {
	finding.Finding
	State State
	// Was says in words what was before, if the state is Worse or Better:
	// "medium", "accepted", "undecided", "follows".
	Was string
	// There says that a verdict of the same fingerprint was there before.
	There bool
}

// Comparison is the verdicts on a design, and the earlier violations that are no
// longer there.
type Comparison struct {
	Results  []Result
	Resolved []Known
}

// Counts is how many violations and undecided verdicts, not accepted, are in each
// state.
type Counts struct{ New, Worse, Better, Unchanged, Resolved int }

// Counts counts what asks something of the reader.
func (c Comparison) Counts() Counts {
	n := Counts{Resolved: len(c.Resolved)}
	for _, r := range c.Results {
		if !asks(r.Verdict) || r.Suppressed != nil {
			continue
		}
		*[...]*int{&n.New, &n.Worse, &n.Better, &n.Unchanged}[min(r.State, Unchanged)]++
	}
	return n
}

func asks(v finding.Verdict) bool { return v == finding.Violates || v == finding.Undecided }

type subject struct {
	slug string
	of   ref.ID
}

// Compare matches the verdicts of a report with earlier ones.
func Compare(before []Known, after finding.Report) Comparison {
	same := map[string][]Known{}
	about := map[subject][]Known{}
	for _, k := range before {
		same[k.Fingerprint] = append(same[k.Fingerprint], k)
		about[subject{k.Recommendation, k.Resource}] = append(about[subject{k.Recommendation, k.Resource}], k)
	}
	var out Comparison
	still := map[string]bool{}
	open := map[subject]bool{} // what is now undecided
	for _, f := range after.Findings {
		if f.Verdict == finding.Undecided {
			open[subject{f.Recommendation, f.Resource}] = true
		}
		print := f.Fingerprint()
		if f.Verdict == finding.Violates {
			still[print] = true
		}
		r := Result{Finding: f, State: Unchanged, There: len(same[print]) > 0}
		switch f.Verdict {
		case finding.Violates:
			r.State, r.Was = ofViolation(f, same[print])
		case finding.Undecided:
			r.State, r.Was = ofUndecided(f, same[print], about[subject{f.Recommendation, f.Resource}])
		}
		out.Results = append(out.Results, r)
	}
	for _, k := range before {
		if k.Verdict == finding.Violates && !k.Suppressed && !still[k.Fingerprint] && !open[subject{k.Recommendation, k.Resource}] {
			out.Resolved = append(out.Resolved, k)
		}
	}
	return out
}

func ofViolation(f finding.Finding, before []Known) (State, string) {
	best, was := New, ""
	for _, k := range before {
		state, word := Unchanged, ""
		switch {
		case k.Verdict != finding.Violates:
			state, word = Worse, k.Verdict.String()
		case k.Suppressed && f.Suppressed == nil:
			state, word = Worse, "accepted"
		case k.Severity < f.Severity:
			state, word = Worse, k.Severity.String()
		case k.Severity > f.Severity:
			state, word = Better, k.Severity.String()
		}
		if best = max(best, state); best == state {
			was = word
		}
	}
	return best, was
}

// ofUndecided: not to know is worse than to know that it is good, and better than
// to know that it is bad.
func ofUndecided(f finding.Finding, same, about []Known) (State, string) {
	before := same
	if len(before) == 0 {
		before = about
	}
	verdict := func(v finding.Verdict) bool {
		return slices.ContainsFunc(before, func(k Known) bool { return k.Verdict == v })
	}
	accepted := slices.ContainsFunc(before, func(k Known) bool { return k.Verdict == finding.Undecided && !k.Suppressed })
	switch {
	case verdict(finding.Undecided) && !accepted && f.Suppressed == nil:
		return Worse, "accepted"
	case verdict(finding.Undecided):
		return Unchanged, ""
	case verdict(finding.Violates):
		return Better, finding.Violates.String()
	case len(before) > 0:
		return Worse, before[0].Verdict.String()
	}
	return New, ""
}
