package estate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
)

const questions = "../../testdata/questions"

// answer is a row of answers.tsv.
type answer struct{ design, variant, asked, want string }

// Every design of testdata/questions answers the same in both languages, and
// what answers.tsv says. Every variant of every design is asked about.
func TestQuestions(t *testing.T) {
	rows := answersOf(t)
	designs, err := filepath.Glob(filepath.Join(questions, "*", "terraform"))
	if err != nil || len(designs) < 30 {
		t.Fatalf("%d designs: %v", len(designs), err)
	}
	for _, dir := range designs {
		design := filepath.Base(filepath.Dir(dir))
		variants := variantsOf(t, dir)
		for _, r := range rows {
			if r.design == design && !slices.Contains(variants, r.variant) {
				t.Errorf("answers.tsv speaks of the variant %s of %s, which has: %s", r.variant, design, strings.Join(variants, ", "))
			}
		}
		for _, variant := range variants {
			mine := slices.DeleteFunc(slices.Clone(rows), func(r answer) bool { return r.design != design || r.variant != variant })
			if len(mine) == 0 {
				t.Errorf("nothing is asked about the variant %s of %s", variant, design)
			}
			for _, form := range []string{"terraform", "cloudformation"} {
				t.Run(design+"/"+variant+"/"+form, func(t *testing.T) { askAll(t, design, variant, form, mine) })
			}
		}
	}
}

// variantsOf are the variants that a design names in its first comment.
func variantsOf(t *testing.T, dir string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	_, list, ok := strings.Cut(first, "Variants: ")
	if !ok || !strings.HasPrefix(first, "# ") {
		t.Fatalf("%s does not begin with its question and its variants: %s", dir, first)
	}
	return strings.Split(strings.TrimSuffix(list, "."), ", ")
}

func answersOf(t *testing.T) []answer {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(questions, "answers.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []answer
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		cols := strings.Split(line, "\t")
		if len(cols) != 4 {
			t.Fatalf("answers.tsv: a line is not understood: %q", line)
		}
		slug, _, _ := strings.Cut(cols[2], " ")
		if !strings.Contains(cols[2], "->") && !slices.ContainsFunc(check.Recommendations(), func(r check.Recommendation) bool { return r.Slug == slug }) {
			t.Fatalf("answers.tsv: there is no recommendation %q", slug)
		}
		out = append(out, answer{cols[0], cols[1], cols[2], cols[3]})
	}
	return out
}

func askAll(t *testing.T, design, variant, form string, rows []answer) {
	in := intentOf(t, filepath.Join(questions, design, "muralla.yaml"))
	o := Options{Root: questions, Vars: map[string]string{"variant": variant}, Intent: in}
	if form == "cloudformation" {
		o.Vars, o.Region, o.Parameters = nil, "eu-west-1", map[string]string{"Variant": variant}
	}
	e, diags, err := Open([]string{filepath.Join(questions, design, form)}, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diags {
		if d.Level == diag.Error {
			t.Errorf("%s: %s: %s", d.Place, d.Summary, d.Detail)
		}
	}
	report := check.Run(e.Snapshot, in, check.Options{})
	for _, r := range rows {
		got, seen := "", ""
		if strings.Contains(r.asked, "->") {
			got = asked(t, e, r.asked)
		} else {
			got, seen = worst(e, report, r.asked)
		}
		if got != r.want {
			t.Errorf("%s: %s, want %s%s", r.asked, got, r.want, seen)
		}
	}
}

func intentOf(t *testing.T, name string) intent.Intent {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		return intent.Intent{} // most designs declare nothing
	}
	in, diags := intent.Parse("muralla.yaml", data)
	if len(diags) > 0 {
		t.Fatalf("%s: %+v", name, diags)
	}
	return in
}

func asked(t *testing.T, e Estate, text string) string {
	t.Helper()
	q, err := question.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ask.New(reach.New(e.Snapshot)).Ask(q)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if any := r.Any; any != fact.Unknown {
		return any.String()
	}
	return "undecided"
}

// worst is the worst verdict of a recommendation on a thing as people call it.
func worst(e Estate, report finding.Report, asked string) (verdict, seen string) {
	slug, subject, _ := strings.Cut(asked, " ")
	rank := []finding.Verdict{finding.Violates, finding.Undecided, finding.Follows, finding.NotApplicable}
	best := len(rank)
	for _, f := range report.Findings {
		if f.Recommendation != slug || subject != "*" && e.Snapshot.Label(f.Resource) != subject {
			continue
		}
		best = min(best, slices.Index(rank, f.Verdict))
		seen += "\n    " + f.Verdict.String() + " " + e.Snapshot.Label(f.Resource) + ": " + f.Title
		for _, g := range slices.Concat(f.Evidence, f.Gaps) {
			seen += "\n        " + g.Text
		}
	}
	if best == len(rank) {
		return "nothing", ""
	}
	return rank[best].String(), seen
}
