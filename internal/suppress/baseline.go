package suppress

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// BaselineSchema names the form of a baseline, docs/schema/baseline-v1.md.
const BaselineSchema = "muralla.baseline/v1"

// MaxBaseline is the largest baseline that is read, in bytes.
const MaxBaseline = 64 << 20

// Baseline is the findings that were known when it was written. The zero Baseline
// knows none.
type Baseline struct {
	Entries []Entry // sorted by recommendation, resource and fingerprint
}

// Entry is a finding that was known. It accepts that finding as long as it is no
// more severe than written, and a violation only if one was written.
type Entry struct {
	Recommendation string
	Resource       ref.ID
	Verdict        finding.Verdict // Violates or Undecided
	Severity       finding.Severity
	Fingerprint    string
	Title          string // for readers
	Place          ref.Place
}

// entry is the form of an [Entry], one on a line.
type entry struct {
	Recommendation string `json:"recommendation"`
	Resource       string `json:"resource"`
	Verdict        string `json:"verdict"`
	Severity       string `json:"severity"`
	Fingerprint    string `json:"fingerprint"`
	Title          string `json:"title"`
}

// ReadBaseline reads what [Baseline.Write] wrote. The name is that of the file, as
// places shall show it. An error says what is wrong and on which line: a baseline
// of which a part was lost would be taken for the whole.
func ReadBaseline(name string, data []byte) (Baseline, error) {
	if len(data) > MaxBaseline {
		return Baseline{}, fmt.Errorf("it has more than %d MiB", MaxBaseline>>20)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	line := func() int { // of the next value, since one that is wrong was not passed
		at := min(int(dec.InputOffset()), len(data))
		for at < len(data) && strings.IndexByte(" \t\r\n,:", data[at]) >= 0 {
			at++
		}
		return 1 + bytes.Count(data[:at], []byte("\n"))
	}
	wrong := func(err error) (Baseline, error) {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return Baseline{}, fmt.Errorf("line %d: %w", line(), err)
	}
	var b Baseline
	schema, listed := "", false
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return Baseline{}, errors.New("line 1: it is no baseline, which is a JSON object")
	}
	for dec.More() {
		key, err := dec.Token()
		switch {
		case err != nil:
			return wrong(err)
		case key == "schema" && schema == "":
			if err := dec.Decode(&schema); err != nil {
				return wrong(err)
			}
			if schema != BaselineSchema {
				return wrong(fmt.Errorf("its schema is %q, and this version reads %s", schema, BaselineSchema))
			}
		case key == "findings" && !listed:
			listed = true
			if b.Entries, err = readEntries(name, data, dec); err != nil {
				return wrong(err)
			}
		default:
			return wrong(fmt.Errorf("the key %q is not known or was there before", key))
		}
	}
	if _, err := dec.Token(); err != nil {
		return wrong(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return wrong(errors.New("there is more behind its end"))
	}
	if schema == "" || !listed {
		return Baseline{}, fmt.Errorf("it has no schema %s or no findings", BaselineSchema)
	}
	return b, nil
}

func readEntries(name string, data []byte, dec *json.Decoder) ([]Entry, error) {
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return nil, errors.Join(err, errors.New("findings is no list"))
	}
	var out []Entry
	seen := map[string]bool{}
	at, counted := 1, int64(0)
	for dec.More() {
		var e entry
		if err := dec.Decode(&e); err != nil {
			return nil, err
		}
		// An entry ends on its line, since no JSON text holds an end of line.
		at += bytes.Count(data[counted:dec.InputOffset()], []byte("\n"))
		counted = dec.InputOffset()
		got, err := e.entry()
		switch {
		case err != nil:
			return nil, err
		case seen[got.Fingerprint]:
			return nil, fmt.Errorf("the fingerprint %s is there twice", got.Fingerprint)
		}
		seen[got.Fingerprint] = true
		got.Place = ref.Place{File: name, Line: at}
		out = append(out, got)
	}
	_, err := dec.Token()
	slices.SortFunc(out, Entry.compare)
	return out, err
}

func (e entry) entry() (Entry, error) {
	out := Entry{Recommendation: e.Recommendation, Resource: ref.ID(e.Resource), Fingerprint: e.Fingerprint, Title: e.Title}
	switch e.Verdict {
	case finding.Violates.String():
		out.Verdict = finding.Violates
	case finding.Undecided.String():
	default:
		return Entry{}, fmt.Errorf("a verdict is violates or undecided, not %q", e.Verdict)
	}
	if strings.Trim(e.Fingerprint, "0123456789abcdef") != "" || len(e.Fingerprint) != len(finding.Finding{}.Fingerprint()) {
		return Entry{}, fmt.Errorf("%q is no fingerprint", e.Fingerprint)
	}
	var err error
	out.Severity, err = finding.ParseSeverity(e.Severity)
	return out, err
}

func (e Entry) compare(o Entry) int {
	return cmp.Or(strings.Compare(e.Recommendation, o.Recommendation), strings.Compare(string(e.Resource), string(o.Resource)), strings.Compare(e.Fingerprint, o.Fingerprint))
}

// Write writes the baseline, one finding on a line, so that a review reads what
// is accepted. The error is that of the writer.
func (b Baseline) Write(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"schema\": %q,\n  \"findings\": [", BaselineSchema)
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	for i, e := range b.Entries {
		out.WriteString([]string{",\n    ", "\n    "}[max(0, 1-i)])
		if err := enc.Encode(entry{e.Recommendation, string(e.Resource), e.Verdict.String(), e.Severity.String(), e.Fingerprint, e.Title}); err != nil {
			return fmt.Errorf("write baseline: %w", err)
		}
		out.Truncate(out.Len() - 1)
	}
	out.WriteString("\n  ]\n}\n")
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write baseline: %w", err)
	}
	return nil
}

// accepts reports whether the entry is about a finding and wide enough for it.
func (e Entry) accepts(f finding.Finding) bool {
	return f.Severity <= e.Severity && (f.Verdict == finding.Undecided || e.Verdict == finding.Violates)
}

// Apply is a report, after [Apply], with what the baseline knows suppressed, and
// with a finding for each entry that is about nothing any more.
func (b Baseline) Apply(report finding.Report, in intent.Intent) finding.Report {
	out := report
	out.Findings = slices.Clone(report.Findings)
	entries := map[string]Entry{}
	for _, e := range b.Entries {
		entries[e.Fingerprint] = e
	}
	found := map[string]bool{}
	for i := range out.Findings {
		f := &out.Findings[i]
		if !open(*f) {
			continue
		}
		id := f.Fingerprint()
		e, known := entries[id]
		if !known {
			continue
		}
		found[id] = true
		switch {
		case f.Suppressed != nil:
		case e.accepts(*f):
			f.Suppressed = &finding.Suppression{Source: finding.Baseline, Reason: "known already", Place: e.Place}
		default:
			was := e.Severity.String()
			if e.Verdict == finding.Undecided {
				was = "undecided"
			}
			f.Evidence = append(slices.Clone(f.Evidence), finding.Evidence{Text: "it became worse than the baseline accepts, which is " + was, Place: e.Place})
		}
	}
	lost := slices.ContainsFunc(report.Diagnostics, func(d diag.Diagnostic) bool { return d.Level == diag.Error })
	other := len(found) == 0 && slices.ContainsFunc(report.Findings, open)
	for _, e := range b.Entries {
		if !found[e.Fingerprint] {
			out.Findings = append(out.Findings, stale(e, lost, other))
		}
	}
	finish(&out, in)
	return out
}

// stale is the finding about an entry that is about nothing. It says if parts of
// the input were lost, and if the baseline as a whole is of another design.
func stale(e Entry, lost, other bool) finding.Finding {
	about := fmt.Sprintf("the baseline accepts %s of %s: %s", e.Recommendation, e.Resource, e.Title)
	f := aboutException(e.Resource, e.Place, about)
	f.Title = "the baseline accepts a finding of " + e.Recommendation + " that is not there"
	f.Message = "It is mended, or it changed so much that it is another finding. Left in the baseline it would be accepted without a word if it came back."
	if lost {
		f.Message += " Parts of the input could not be read, and it may be in those."
	}
	f.Fix = "Take it out: run the same check with --write-baseline."
	if other {
		f.Message += " No line of the baseline is about anything that this run found."
		f.Fix = "Check the paths with which the baseline was written, which are part of the names in it; or, if all of it is mended, run the same check with --write-baseline."
	}
	f.Facts = []string{"stale", e.Recommendation, e.Fingerprint}
	return f
}

// Changes counts what a new baseline has that the old one had not, and the other
// way round.
type Changes struct {
	Added, Removed int
	Left           int // findings that neither knows
}

// Next is the baseline for a report, after [Apply] and before the baseline is
// applied. It never knows more than the old one unless it may grow: what is not
// there any more is taken out, and what became less severe is written so. With
// undecided, what is not decided is known, too. If a part of the input was lost,
// nothing is taken out.
func (b Baseline) Next(report finding.Report, grow, undecided bool) (Baseline, Changes) {
	old := map[string]Entry{}
	for _, e := range b.Entries {
		old[e.Fingerprint] = e
	}
	lost := slices.ContainsFunc(report.Diagnostics, func(d diag.Diagnostic) bool { return d.Level == diag.Error })
	var out Baseline
	var n Changes
	kept := map[string]bool{}
	for _, f := range report.Findings {
		if !open(f) || f.Suppressed != nil {
			continue
		}
		id := f.Fingerprint()
		if kept[id] {
			continue
		}
		e, known := old[id]
		now := Entry{Recommendation: f.Recommendation, Resource: f.Resource, Verdict: f.Verdict, Severity: f.Severity, Fingerprint: id, Title: f.Title, Place: e.Place}
		switch {
		case known && e.accepts(f), grow && (f.Verdict == finding.Violates || undecided):
			out.Entries = append(out.Entries, now)
			kept[id] = true
			if !known {
				n.Added++
			}
		case known:
			out.Entries = append(out.Entries, e) // it became worse, which is not accepted
			kept[id] = true
			n.Left++
		case f.Verdict == finding.Violates || undecided:
			n.Left++
		}
	}
	for _, e := range b.Entries {
		switch {
		case kept[e.Fingerprint]:
		case lost:
			out.Entries = append(out.Entries, e)
		default:
			n.Removed++
		}
	}
	slices.SortFunc(out.Entries, Entry.compare)
	return out, n
}
