package agreement

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	product "github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
)

const (
	mappingFile   = "testdata/mapping.tsv"
	explainedFile = "testdata/explained.tsv"
)

// ask is a recommendation that a check of another tool is about.
type ask struct {
	slug  string
	words *regexp.Regexp // that the title of a finding must have, if the recommendation asks more than the check
}

// meaning is what a check of another tool is about.
type meaning struct {
	asks    []ask
	reading string // of readings; empty if the verdicts alone are compared
	ports   wanted
	why     string
}

// mapping reads what the checks are about, and verifies that each is named once
// and nothing is named that is not there.
func mapping(t *testing.T, ls []label) map[check]meaning {
	t.Helper()
	slugs := map[string]bool{}
	for _, r := range product.Recommendations() {
		slugs[r.Slug] = true
	}
	out := map[check]meaning{}
	for _, c := range table(t, mappingFile, 5) {
		k, m := check{c[0], c[1]}, meaning{why: c[4]}
		if _, twice := out[k]; twice || len(m.why) < 20 {
			t.Errorf("%s: %v is named twice, or without a reason", mappingFile, k)
		}
		if !slices.ContainsFunc(ls, func(l label) bool { return l.check == k }) {
			t.Errorf("%s: no file has a verdict of %v", mappingFile, k)
		}
		for _, a := range strings.Split(c[2], "; ") {
			slug, words, limited := strings.Cut(a, " ~")
			if a == "-" {
				continue
			}
			if !slugs[slug] {
				t.Errorf("%s: there is no recommendation %q", mappingFile, slug)
			}
			one := ask{slug: slug}
			if limited {
				one.words = regexp.MustCompile(words)
			}
			m.asks = append(m.asks, one)
		}
		if c[3] != "-" {
			reading, ports, _ := strings.Cut(c[3], ": ")
			set, ok := wantedOf(ports)
			if readings[reading] == nil || !ok {
				t.Errorf("%s: there is no reading %q", mappingFile, c[3])
			}
			m.reading, m.ports = reading, set
		}
		out[k] = m
	}
	for _, l := range ls {
		if _, ok := out[l.check]; !ok {
			t.Errorf("%s does not say what %v is about", mappingFile, l.check)
			out[l.check] = meaning{}
		}
	}
	return out
}

// outcome is how our verdict compares with a label.
type outcome uint8

const (
	open      outcome = iota // they differ, and nothing says why
	agreed                   // bad and violates, or good and no alarm
	hedged                   // undecided, with the reason
	explained                // they differ, and a line says why
	another                  // the check asks something that we do not judge
)

// compared is a label with what we say.
type compared struct {
	label
	says    string // our verdict, or what the model holds
	outcome outcome
	kind    string // explained: "theirs" or "question"
	why     string
}

// compare judges one label.
func compare(d judged, l label, m meaning) compared {
	c := compared{label: l}
	held := fact.Unknown
	if m.reading != "" {
		held = readings[m.reading](d, l.resource, m.ports)
	}
	if len(m.asks) == 0 && m.reading == "" {
		c.outcome, c.why = another, m.why
		return c
	}
	if len(m.asks) == 0 {
		c.says = map[fact.Tri]string{fact.Yes: "yes", fact.No: "no", fact.Unknown: "unknown"}[held]
		switch {
		case held == fact.Unknown:
			c.outcome = hedged
		case (held == fact.Yes) == l.bad:
			c.outcome = agreed
		}
		return c
	}
	vs := d.verdicts(l, m.asks)
	if m.reading != "" && held == fact.No { // what is said is said of something else
		vs = slices.DeleteFunc(vs, func(v finding.Verdict) bool { return rank(v) > 1 })
	}
	worst := finding.NotApplicable
	c.says = "nothing"
	if len(vs) > 0 {
		worst, c.says = vs[0], vs[0].String()
	}
	switch {
	case worst == finding.Undecided:
		c.outcome = hedged
	case (worst == finding.Violates) == l.bad:
		c.outcome = agreed
	}
	return c
}

// explain looks for the line that explains a difference.
func explain(c *compared, rows [][]string, used map[int]bool) {
	for i, r := range rows {
		if r[0] == c.tool && r[1] == c.name && (r[2] == "*" || r[2] == filepath.Base(c.file)) && (r[3] == "*" || r[3] == c.resource || r[3] == "-" && c.resource == "") && r[5] == c.says {
			c.outcome, c.kind, c.why = explained, r[4], r[6]
			used[i] = true
			return
		}
	}
}

// labelled judges every design that has a label, once.
func labelled(t *testing.T, dir string) ([]compared, map[string][]string) {
	t.Helper()
	ls, silent := labels(t, dir)
	about := mapping(t, ls)
	rows := table(t, explainedFile, 7)
	used := map[int]bool{}
	designs := map[string]judged{}
	var out []compared
	for _, l := range ls {
		d, ok := designs[l.file]
		if !ok {
			d = judge(t, dir, l.file)
			designs[l.file] = d
		}
		c := compare(d, l, about[l.check])
		if c.outcome == open {
			explain(&c, rows, used)
		}
		out = append(out, c)
	}
	for _, files := range silent { // no verdict to compare with, but no reason to fail either
		for _, f := range files {
			judge(t, dir, f)
		}
	}
	for i, r := range rows {
		if r[4] != "theirs" && r[4] != "question" || len(r[6]) < 40 {
			t.Errorf("%s: a line says neither who is right nor why: %q", explainedFile, r)
		}
		if !used[i] {
			t.Errorf("%s explains a difference that is not there: %q", explainedFile, r)
		}
	}
	return out, silent
}

// Every label of other tools is agreed, undecided with the reason, explained, or
// about something else; and at most 2 in 100 of what others call good are
// violations that need an explanation.
func TestLabelled(t *testing.T) {
	dir := corpus(t, "labelled")
	if dir == "" {
		return
	}
	all, _ := labelled(t, filepath.Join(dir, "labelled"))
	n := map[outcome]int{}
	for _, c := range all {
		n[c.outcome]++
		if c.outcome == open {
			t.Errorf("%s %s bad=%v: we say %q", c.file, c.resource, c.bad, c.says)
		}
	}
	t.Logf("%d labels: %d agreed, %d undecided, %d explained, %d another question, %d open", len(all), n[agreed], n[hedged], n[explained], n[another], n[open])
	if len(all) < 400 || n[agreed] < 100 {
		t.Errorf("of %d labels only %d are agreed: something is not read", len(all), n[agreed])
	}
}
