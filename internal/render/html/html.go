// Package html writes a report as one page that needs nothing else.
//
// # Model
// The page has the counts, the map, every finding with its evidence, and what was
// undecided, not modelled or wrong with the input. Filters are form controls that
// the style sheet reads, so they work without a script; a short script adds a
// search, another order and what a printer needs.
//
// # Guarantees
//   - Nothing is loaded: no style, script, font or image from elsewhere. A policy
//     in the page forbids it, and allows the one script by its hash.
//   - Text of a design or of muralla.yaml is never markup.
//   - Suppressed findings are there, and marked.
//   - The same report gives the same bytes.
//
// # Not modelled
// Browsers without :has() show every finding and filter none.
package html

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/gfm"
	"github.com/muralla-net/muralla/internal/ref"
)

// Options say what the page shows beside the report.
type Options struct {
	Title string // "muralla check of examples/orders"
	// Map is the picture at the top, as SVG that was made by this program: it
	// goes into the page as it is. Empty if there is none.
	Map string
	// Page is where the page of a recommendation is read, or "".
	Page func(slug string) string
	// Version is that of the program, or "".
	Version string
}

// Anchor is the address of a finding within the page.
func Anchor(fingerprint string) string { return "#f-" + fingerprint }

//go:embed page.html
var pageText string

//go:embed page.css
var styleText string

//go:embed page.js
var scriptText string

var page = template.Must(template.New("page").Parse(pageText))

// Write writes the page.
func Write(w io.Writer, r finding.Report, o Options) error {
	sum := sha256.Sum256([]byte(scriptText))
	v := view{
		Title: gfm.Clean(o.Title), Map: template.HTML(o.Map), Version: o.Version, Summary: r.Summary(),
		Style: template.CSS(styleText), Script: template.JS(scriptText),
		Policy: "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'",
		Read:   counted(r.Counts.Resources, "resource", "resources") + ", " + counted(r.Counts.Services, "service", "services") + ", " + counted(r.Counts.Pairs, "pair", "pairs") + " asked about",
	}
	for s := finding.Critical + 1; s > finding.Note; s-- {
		name := (s - 1).String()
		v.Severities = append(v.Severities, count{name, v.Summary.BySeverity[s-1]})
	}
	number := map[string]int{}
	for _, f := range r.Findings {
		n := number[f.Fingerprint()]
		number[f.Fingerprint()]++
		e := entryOf(f, o)
		if n > 0 {
			e.ID = fmt.Sprintf("%s-%d", e.ID, n+1)
		}
		v.Findings = append(v.Findings, e)
	}
	v.Slugs = slugsOf(r.Findings)
	for i := range v.Findings {
		v.Findings[i].Slug = 1 + slices.IndexFunc(v.Slugs, func(s slug) bool { return s.Name == v.Findings[i].Recommendation })
	}
	v.Filters = template.CSS(filters(v.Slugs))
	for _, d := range r.Diagnostics {
		v.Diagnostics = append(v.Diagnostics, problem{Level: d.Level.String(), Place: place(d.Place), Summary: gfm.Clean(d.Summary), Detail: gfm.Clean(d.Detail)})
	}
	for _, n := range r.NotModelled {
		v.NotModelled = append(v.NotModelled, missing{Type: gfm.Clean(n.Type), Count: n.Count, Why: gfm.Clean(n.Why), First: place(n.First)})
	}
	return page.Execute(w, v)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// view is what the template shows.
type view struct {
	Title, Version, Policy string
	Map                    template.HTML
	Style, Filters         template.CSS
	Script                 template.JS
	Summary                finding.Summary
	Severities             []count
	Slugs                  []slug
	Findings               []entry
	Diagnostics            []problem
	NotModelled            []missing
	Read                   string
}

type count struct {
	Name string
	N    int
}

type slug struct {
	Name  string
	Class int // number in the style sheet
	N     int
}

type problem struct{ Level, Place, Summary, Detail string }

type missing struct {
	Type, Why, First string
	Count            int
}

// entry is one finding.
type entry struct {
	ID, Fingerprint                       string
	Verdict, State, Severity, Rank        string
	Title, Message, SeverityWhy, Fix, Ask string
	Recommendation, Page, Resource, Place string
	Slug                                  int
	Path                                  []hop
	Evidence, Gaps                        []fact
	Edits                                 []edit
	Refused                               string
	Notes                                 []string
	Reason, Until, By                     string
	Suppressed, Open                      bool
}

type hop struct {
	Text  string
	Again bool // another path begins here
}

type fact struct{ Text, Place string }

// edit is one text in place of another; an empty text takes lines away.
type edit struct {
	Place, Text string
	Inserts     bool // nothing is replaced
}

func place(p ref.Place) string { return gfm.Clean(p.String()) }

func entryOf(f finding.Finding, o Options) entry {
	e := entry{
		ID: strings.TrimPrefix(Anchor(f.Fingerprint()), "#"), Fingerprint: f.Fingerprint(),
		Verdict: f.Verdict.String(), State: f.Verdict.String(), Severity: f.Severity.String(),
		Rank:  fmt.Sprintf("%d", finding.Critical-f.Severity),
		Title: gfm.Clean(f.Title), Message: gfm.Clean(f.Message), SeverityWhy: gfm.Clean(f.SeverityWhy), Fix: gfm.Clean(f.Fix), Ask: gfm.Clean(f.Ask),
		Recommendation: gfm.Clean(f.Recommendation), Resource: gfm.Clean(string(f.Resource)), Place: place(f.Place),
		Open: f.Verdict == finding.Violates && f.Suppressed == nil && f.Severity >= finding.High,
	}
	if o.Page != nil {
		e.Page = o.Page(f.Recommendation)
	}
	for i, h := range f.Path {
		e.Path = append(e.Path, hop{gfm.Clean(h), i > 0 && !f.Continues(i)})
	}
	for _, x := range f.Evidence {
		e.Evidence = append(e.Evidence, fact{gfm.Clean(x.Text), place(x.Place)})
	}
	for _, x := range f.Gaps {
		e.Gaps = append(e.Gaps, fact{gfm.Clean(x.Text), place(x.Place)})
	}
	e.Edits, e.Notes, e.Refused = editsOf(f)
	if s := f.Suppressed; s != nil {
		e.Suppressed, e.State = true, "suppressed"
		e.Reason, e.Until, e.By = gfm.Clean(s.Reason), gfm.Clean(s.Until), place(s.Place)
	}
	if e.Title == "" {
		e.Title = map[finding.Verdict]string{finding.Follows: "follows", finding.NotApplicable: "does not apply"}[f.Verdict]
	}
	return e
}

// editsOf are the edits that mend a finding with what else comes with them, or why
// there are none.
func editsOf(f finding.Finding) (edits []edit, notes []string, refused string) {
	for _, c := range f.Changes {
		if c.Refused != "" {
			return nil, nil, gfm.Clean(c.Refused)
		}
		if len(c.Replacements) == 0 {
			return nil, nil, ""
		}
		for _, r := range c.Replacements {
			where := fmt.Sprintf("%s:%d", r.File, r.StartLine)
			if r.EndLine > r.StartLine {
				where += fmt.Sprintf("-%d", r.EndLine)
			}
			lines := strings.Split(strings.Trim(strings.ReplaceAll(r.Text, "\r\n", "\n"), "\n"), "\n")
			for i := range lines {
				lines[i] = gfm.Clean(lines[i])
			}
			edits = append(edits, edit{Place: gfm.Clean(where), Text: strings.Join(lines, "\n"), Inserts: r.StartLine == r.EndLine && r.StartColumn == r.EndColumn})
		}
		if note := gfm.Clean(c.Note); note != "" && !slices.Contains(notes, note) {
			notes = append(notes, note)
		}
	}
	return edits, notes, ""
}

// slugsOf are the recommendations of a report, each with a number: a name could
// not stand in a style sheet as it is.
func slugsOf(findings []finding.Finding) []slug {
	n := map[string]int{}
	for _, f := range findings {
		if f.Verdict == finding.Violates || f.Verdict == finding.Undecided {
			n[f.Recommendation]++
		}
	}
	var names []string
	for _, f := range findings {
		if !slices.Contains(names, f.Recommendation) {
			names = append(names, f.Recommendation)
		}
	}
	slices.Sort(names)
	var out []slug
	for i, name := range names {
		out = append(out, slug{gfm.Clean(name), i + 1, n[name]})
	}
	return out
}

// filters are the rules by which a control hides what it does not choose.
func filters(slugs []slug) string {
	var b strings.Builder
	for _, s := range []string{"critical", "high", "medium", "low", "note"} {
		fmt.Fprintf(&b, "main:has(#sev-%s:not(:checked)) .f[data-sev=%s]{display:none}\n", s, s)
	}
	for _, s := range []string{"violates", "undecided", "follows", "not-applicable", "suppressed"} {
		fmt.Fprintf(&b, "main:has(#is-%s:not(:checked)) .f[data-is=%s]:not(:target){display:none}\n", s, s)
	}
	for _, s := range slugs {
		fmt.Fprintf(&b, "main:has(#rec-%d:checked) .f:not([data-rec=\"%d\"]){display:none}\n", s.Class, s.Class)
	}
	return b.String()
}
