// Package json writes a report of check, and the answer to a question, as JSON
// for programs.
//
// # Model
// One object in the form of docs/schema/check-v1.schema.json, explained in
// docs/schema/check-v1.md. Every verdict is a result, also the good ones; what
// was not decided is listed once more with the facts that are missing. Answers
// have the form of docs/schema/ask-v1.schema.json.
//
// # Guarantees
//   - The same report gives the same bytes, whatever the order of its findings.
//   - Keys are never left out and lists are never null, so that a reader needs no
//     special cases. Within version 1 keys are added only.
//   - Text is as it was in the input, but bytes that are no UTF-8 become U+FFFD.
//
// # Not modelled
// Streaming: a report is in memory before it is written.
package json

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// Schema names the form of the output.
const Schema = "muralla.check/v1"

// Options is what a report may come with. The zero Options is nothing.
type Options struct {
	// Against is the report compared with earlier verdicts, whose name is Name;
	// nil if it was not.
	Against *judged.Comparison
	Name    string
}

type against struct {
	Name      string  `json:"name"`
	New       int     `json:"new"`
	Worse     int     `json:"worse"`
	Better    int     `json:"better"`
	Unchanged int     `json:"unchanged"`
	Resolved  []known `json:"resolved"`
}

type document struct {
	Schema      string        `json:"schema"`
	Results     []result      `json:"results"`
	Undecided   []undecided   `json:"undecided"`
	NotModelled []notModelled `json:"notModelled"`
	Diagnostics []diagnostic  `json:"diagnostics"`
	Summary     summary       `json:"summary"`
	Counts      counts        `json:"counts"`
	Against     *against      `json:"against"`
}

type place struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

type fact struct {
	Text  string `json:"text"`
	Place place  `json:"place"`
}

type suppression struct {
	Source string `json:"source"`
	Reason string `json:"reason"`
	Until  string `json:"until"`
	Place  place  `json:"place"`
}

type result struct {
	Recommendation string       `json:"recommendation"`
	Resource       string       `json:"resource"`
	Verdict        string       `json:"verdict"`
	Severity       string       `json:"severity"`
	SeverityWhy    string       `json:"severityWhy"`
	Title          string       `json:"title"`
	Message        string       `json:"message"`
	Place          place        `json:"place"`
	Path           []string     `json:"path"`
	Evidence       []fact       `json:"evidence"`
	Fix            string       `json:"fix"`
	Changes        []fixChange  `json:"changes"`
	Ask            string       `json:"ask"`
	Fingerprint    string       `json:"fingerprint"`
	Suppressed     *suppression `json:"suppressed"`
	State          string       `json:"state"`
	Was            string       `json:"was"`
}

// fixChange is an edit that is a part of the fix.
type fixChange struct {
	Resource     string        `json:"resource"`
	Operation    string        `json:"operation"`
	Attribute    string        `json:"attribute"`
	Note         string        `json:"note"`
	Replacements []replacement `json:"replacements"`
	Refused      string        `json:"refused"`
}

type replacement struct {
	File        string `json:"file"`
	StartLine   int    `json:"startLine"`
	StartColumn int    `json:"startColumn"`
	EndLine     int    `json:"endLine"`
	EndColumn   int    `json:"endColumn"`
	Text        string `json:"text"`
}

type undecided struct {
	Recommendation string `json:"recommendation"`
	Resource       string `json:"resource"`
	Reason         string `json:"reason"`
	Missing        []fact `json:"missing"`
	Fingerprint    string `json:"fingerprint"`
}

type notModelled struct {
	Type  string `json:"type"`
	Count int    `json:"count"`
	Why   string `json:"why"`
	First place  `json:"first"`
}

type diagnostic struct {
	Level   string `json:"level"`
	Summary string `json:"summary"`
	Detail  string `json:"detail"`
	Place   place  `json:"place"`
}

type summary struct {
	Follows       int        `json:"follows"`
	Violates      int        `json:"violates"`
	Undecided     int        `json:"undecided"`
	NotApplicable int        `json:"notApplicable"`
	Suppressed    int        `json:"suppressed"`
	Expired       int        `json:"expired"`
	BySource      bySource   `json:"bySource"`
	BySeverity    bySeverity `json:"bySeverity"`
}

// bySource counts what is suppressed.
type bySource struct {
	Exception int `json:"exception"`
	Inline    int `json:"inline"`
	Baseline  int `json:"baseline"`
}

type bySeverity struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Note     int `json:"note"`
}

type counts struct {
	Resources int `json:"resources"`
	Services  int `json:"services"`
	Pairs     int `json:"pairs"`
}

// Write writes the report. The error is that of the writer.
func Write(w io.Writer, r finding.Report, o Options) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(documentOf(r, o)); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

func documentOf(r finding.Report, o Options) document {
	r.Findings = slices.Clone(r.Findings)
	r.Sort()
	d := document{
		Schema:      Schema,
		Results:     []result{},
		Undecided:   []undecided{},
		NotModelled: []notModelled{},
		Diagnostics: []diagnostic{},
		Summary:     summaryOf(r.Summary()),
		Counts:      counts(r.Counts),
	}
	states := map[string]judged.Result{}
	if c := o.Against; c != nil {
		n := c.Counts()
		d.Against = &against{o.Name, n.New, n.Worse, n.Better, n.Unchanged, knownOf(c.Resolved)}
		for _, s := range c.Results {
			states[s.Fingerprint()] = s
		}
	}
	for _, f := range r.Findings {
		out := resultOf(f)
		if s, ok := states[out.Fingerprint]; ok {
			out.State, out.Was = s.State.String(), s.Was
		}
		d.Results = append(d.Results, out)
		if f.Verdict == finding.Undecided && f.Suppressed == nil {
			d.Undecided = append(d.Undecided, undecidedOf(f))
		}
	}
	for _, n := range r.NotModelled {
		d.NotModelled = append(d.NotModelled, notModelled{n.Type, n.Count, n.Why, placeOf(n.First)})
	}
	for _, g := range r.Diagnostics.Sorted() {
		d.Diagnostics = append(d.Diagnostics, diagnosticOf(g))
	}
	return d
}

func resultOf(f finding.Finding) result {
	out := result{
		Recommendation: f.Recommendation,
		Resource:       string(f.Resource),
		Verdict:        f.Verdict.String(),
		Severity:       f.Severity.String(),
		SeverityWhy:    f.SeverityWhy,
		Title:          f.Title,
		Message:        f.Message,
		Place:          placeOf(f.Place),
		Path:           append([]string{}, f.Path...),
		Evidence:       factsOf(f.Evidence),
		Fix:            f.Fix,
		Changes:        changesOf(f.Changes),
		Ask:            f.Ask,
		Fingerprint:    f.Fingerprint(),
	}
	if s := f.Suppressed; s != nil {
		out.Suppressed = &suppression{s.Source.String(), s.Reason, s.Until, placeOf(s.Place)}
	}
	return out
}

func changesOf(list []finding.Change) []fixChange {
	out := []fixChange{}
	for _, c := range list {
		names := make([]string, len(c.Path))
		for i, s := range c.Path {
			if names[i] = s.Name; s.Key != "" {
				names[i] += "[" + s.Key + "=" + s.Is + "]"
			}
		}
		one := fixChange{Resource: string(c.Resource), Operation: c.Operation.String(), Attribute: strings.Join(names, "."), Note: c.Note, Replacements: []replacement{}, Refused: c.Refused}
		for _, r := range c.Replacements {
			one.Replacements = append(one.Replacements, replacement(r))
		}
		out = append(out, one)
	}
	return out
}

func undecidedOf(f finding.Finding) undecided {
	reason := f.Message
	if reason == "" {
		reason = f.Title
	}
	return undecided{f.Recommendation, string(f.Resource), reason, factsOf(f.Gaps), f.Fingerprint()}
}

func summaryOf(s finding.Summary) summary {
	n := s.BySeverity
	return summary{
		Follows: s.Follows, Violates: s.Violates, Undecided: s.Undecided, NotApplicable: s.NotApplicable,
		Suppressed: s.Suppressed, Expired: s.Expired,
		BySource:   bySource{s.BySource[finding.Exception], s.BySource[finding.Inline], s.BySource[finding.Baseline]},
		BySeverity: bySeverity{n[finding.Critical], n[finding.High], n[finding.Medium], n[finding.Low], n[finding.Note]},
	}
}

func diagnosticOf(d diag.Diagnostic) diagnostic {
	return diagnostic{d.Level.String(), d.Summary, d.Detail, placeOf(d.Place)}
}

func factsOf(evidence []finding.Evidence) []fact {
	out := []fact{}
	for _, e := range evidence {
		out = append(out, fact{e.Text, placeOf(e.Place)})
	}
	return out
}

func placeOf(p ref.Place) place { return place(p) }
