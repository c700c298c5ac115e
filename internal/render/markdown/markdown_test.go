package markdown

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func at(file string, line int) ref.Place { return ref.Place{File: file, Line: line} }

func sample() finding.Report {
	return finding.Report{
		Findings: []finding.Finding{{
			Recommendation: "sg-from-alb", Resource: "aws_ecs_service.orders", Verdict: finding.Violates, Severity: finding.High,
			SeverityWhy: "the internet reaches bastion", Title: "orders can be reached by more than its load balancer",
			Message: "Whoever gets past the load balancer also gets past its TLS.", Place: at("services.tf", 41),
			Path:     []string{"internet > host bastion tcp/22", "host bastion > task orders tcp/8080"},
			Evidence: []finding.Evidence{{Text: "sg orders allows sg bastion tcp/8080", Place: at("sg.tf", 12)}, {Text: "by default"}},
			Fix:      "Remove the rule.", Ask: "muralla ask 'instance/bastion -> svc/orders' .",
		}, {
			Recommendation: "task-sg", Resource: `aws_ecs_service.s["a|b"]`, Verdict: finding.Violates, Severity: finding.Low, Title: "s shares a group with @team",
		}, {
			Recommendation: "imds", Resource: "aws_launch_template.ecs", Verdict: finding.Undecided, Severity: finding.Medium,
			Title: "it is not known whether tasks can reach instance metadata", Gaps: []finding.Evidence{{Text: "var.user_data has no value", Place: at("hosts.tf", 3)}},
		}, {
			Recommendation: "imds-v2", Resource: "aws_launch_template.ecs", Verdict: finding.Undecided, Severity: finding.Medium,
			Title: "it is not known whether ecs requires IMDSv2", Gaps: []finding.Evidence{{Text: "var.user_data has no value", Place: at("hosts.tf", 3)}},
		}, {
			Recommendation: "tls-client", Resource: "aws_lb_listener.http", Verdict: finding.Violates, Severity: finding.Critical, Title: "plain text",
			Place: at("alb.tf", 7), Suppressed: &finding.Suppression{Reason: "for a test", Until: "2027-01-31", Place: at("muralla.yaml", 4)},
		}, {
			Recommendation: "tls-client", Resource: "aws_lb_listener.https", Verdict: finding.Follows, Title: "https is served over TLS", Place: at("alb.tf", 19),
		}},
		NotModelled: []finding.NotModelled{{Type: "aws_dx_connection", Count: 2, Why: "it may be a way in"}},
		Diagnostics: diag.List{{Level: diag.Warning, Summary: diag.ModuleNotHere, Detail: "Run terraform init.", Place: at("main.tf", 9)}},
		Counts:      finding.Counts{Resources: 1210, Services: 1, Pairs: 4},
	}
}

// golden files are read by a person when they change.
func TestGolden(t *testing.T) {
	page := func(slug string) string { return "https://example.com/" + slug }
	for name, tc := range map[string]struct {
		report  finding.Report
		options Options
	}{
		"sample": {sample(), Options{Page: page}},
		"all":    {sample(), Options{All: true}},
		"clean":  {finding.Report{Findings: []finding.Finding{{Verdict: finding.Follows, Recommendation: "imds", Resource: "r"}}}, Options{}},
	} {
		file := "testdata/" + name + ".md"
		got := compose(tc.report, tc.options)
		if os.Getenv("MURALLA_UPDATE") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// htmlLine is every line of HTML that a report has.
var htmlLine = regexp.MustCompile(`^(?:<!-- muralla check -->|<details>|</details>|<summary>[A-Z]+ <code>[-\pL\pN&#; ]*</code> on <code>[-\pL\pN&#; ]*</code></summary>)$`)

// shape is what a reader of Markdown makes of a report.
type shape struct {
	headings, rows, commands, open, closed int
}

func shapeOf(source string) (shape, error) {
	var s shape
	text := []byte(source)
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(gmtext.NewReader(text))
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.List, *ast.ListItem, *ast.Emphasis, *extast.Table, *extast.TableHeader, *extast.TableCell:
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Heading:
			s.headings++
		case *extast.TableRow:
			cells := 0
			for c := n.FirstChild(); c != nil; c = c.NextSibling() {
				cells++
			}
			if s.rows++; cells != 5 {
				return ast.WalkStop, fmt.Errorf("a row of %d cells", cells)
			}
		case *ast.FencedCodeBlock:
			if s.commands++; n.Lines().Len() != 1 {
				return ast.WalkStop, fmt.Errorf("a command of %d lines", n.Lines().Len())
			}
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				line := strings.TrimSpace(string(text[n.Lines().At(i).Start:n.Lines().At(i).Stop]))
				if !htmlLine.MatchString(line) {
					return ast.WalkStop, fmt.Errorf("a line of HTML: %s", line)
				}
				s.open += strings.Count(line, "<details>")
				s.closed += strings.Count(line, "</details>")
			}
		case *ast.RawHTML:
			if tag := string(n.Segments.Value(text)); tag != "<code>" && tag != "</code>" {
				return ast.WalkStop, fmt.Errorf("a tag %s", tag)
			}
		case *ast.Text:
			// Characters of HTML stand only in the code of cells.
			plain := regexp.MustCompile(`&#\d+;`).ReplaceAllString(string(n.Segment.Value(text)), "")
			if strings.ContainsAny(plain, "@#!$%~^&*_[]<>|\\/{}=+`") {
				return ast.WalkStop, fmt.Errorf("text that is not in code: %s", plain)
			}
		default:
			return ast.WalkStop, fmt.Errorf("a %v", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	return s, err
}

var odd = rapid.OneOf(rapid.SampledFrom([]string{"", "a", "a.tf", "<details>", "</details>", "</summary>", "\n\n", "```", "~~~", "# x", "[x](https://x.example)", "https://x.example",
	"@team", "#1", "<b>", "`", "|", "a|b", `\`, "\xff", "\u202e", "<!--", "-->", "1. x", "- x", "> x", "---", "www.x.example", "a@b.example", "![x](y)", "Some words (and one more), then."}), rapid.String())

func drawReport(rt *rapid.T) finding.Report {
	place := rapid.Custom(func(rt *rapid.T) ref.Place { return at(odd.Draw(rt, "file"), rapid.IntRange(-1, 9).Draw(rt, "line")) })
	fact := rapid.Custom(func(rt *rapid.T) finding.Evidence {
		return finding.Evidence{Text: odd.Draw(rt, "fact"), Place: place.Draw(rt, "place")}
	})
	var r finding.Report
	for i := range rapid.IntRange(0, 4).Draw(rt, "findings") {
		f := finding.Finding{Facts: []string{fmt.Sprint(i)}, // no two findings of a run are the same
			Recommendation: odd.Draw(rt, "slug"), Resource: ref.ID(odd.Draw(rt, "resource")),
			Verdict: finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict")), Severity: finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity")),
			SeverityWhy: odd.Draw(rt, "why"), Title: odd.Draw(rt, "title"), Message: odd.Draw(rt, "message"), Place: place.Draw(rt, "place"),
			Path: rapid.SliceOfN(odd, 0, 3).Draw(rt, "path"), Evidence: rapid.SliceOfN(fact, 0, 3).Draw(rt, "evidence"),
			Gaps: rapid.SliceOfN(fact, 0, 2).Draw(rt, "gaps"), Fix: odd.Draw(rt, "fix"), Ask: odd.Draw(rt, "ask"),
		}
		if rapid.Bool().Draw(rt, "suppressed") {
			f.Suppressed = &finding.Suppression{Reason: odd.Draw(rt, "reason"), Until: odd.Draw(rt, "until"), Place: place.Draw(rt, "exception")}
		}
		r.Findings = append(r.Findings, f)
	}
	for range rapid.IntRange(0, 7).Draw(rt, "kinds") {
		r.NotModelled = append(r.NotModelled, finding.NotModelled{Type: odd.Draw(rt, "type"), Count: 1, Why: odd.Draw(rt, "why")})
	}
	if rapid.Bool().Draw(rt, "diagnosed") {
		r.Diagnostics.Add(diag.Error, place.Draw(rt, "place"), odd.Draw(rt, "summary"), odd.Draw(rt, "detail"))
	}
	return r
}

// Whatever a design calls its things, the report has its own structure and no
// other, and does not depend on the order of findings.
func TestStructureIsOurs(t *testing.T) {
	violations := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := drawReport(rt)
		o := Options{All: rapid.Bool().Draw(rt, "all")}
		got := compose(r, o)
		s, err := shapeOf(got)
		if err != nil {
			rt.Fatalf("%v in\n%s", err, got)
		}
		var want shape
		groups := map[string]bool{"verdict": true}
		for _, f := range r.Findings {
			switch {
			case f.Suppressed != nil:
				groups["accepted"] = true
			case f.Verdict == finding.Violates:
				violations++
				want.rows, want.open, want.closed = want.rows+1, want.open+1, want.closed+1
				if f.Ask != "" {
					want.commands++
				}
			case f.Verdict == finding.Undecided:
				groups["undecided"] = true
			case o.All:
				groups["good"] = true
			}
		}
		if len(r.Diagnostics) > 0 {
			groups["lost"] = true
		}
		want.headings = len(groups)
		if s != want {
			rt.Fatalf("got %+v, want %+v:\n%s", s, want, got)
		}
		r.Findings = rapid.Permutation(r.Findings).Draw(rt, "order")
		if again := compose(r, o); again != got {
			rt.Fatalf("the order of findings matters:\n%s", cmp.Diff(got, again))
		}
	})
	if violations == 0 {
		t.Error("there was no violation: the draw is too narrow")
	}
}

// A report that is too long says how much is left out, and is never longer than
// the limit; its structure holds.
func TestLength(t *testing.T) {
	var r finding.Report
	for i := range 3000 {
		f := finding.Finding{Recommendation: "imds", Resource: ref.ID(fmt.Sprintf("aws_instance.i[%d]", i)), Title: "tasks reach metadata", Message: strings.Repeat("word ", 30), Ask: "muralla ask 'a -> b' ."}
		f.Verdict = finding.Verdict(map[int]finding.Verdict{0: finding.Violates, 1: finding.Undecided, 2: finding.Follows, 3: finding.Violates}[i%4])
		if i%4 == 3 {
			f.Suppressed = &finding.Suppression{Reason: "accepted"}
		}
		f.Gaps = []finding.Evidence{{Text: fmt.Sprintf("fact %d", i)}}
		r.Findings = append(r.Findings, f)
	}
	for _, limit := range []int{0, 1, 10_000, 200_000, 5_000_000} {
		got := compose(r, Options{Limit: limit, All: true})
		most := map[bool]int{true: Limit, false: max(limit, least)}[limit == 0]
		if len(got) > most {
			t.Errorf("limit %d: %d bytes", limit, len(got))
		}
		if s, err := shapeOf(got); err != nil || s.open != s.closed {
			t.Errorf("limit %d: %+v, %v", limit, s, err)
		}
		if left := strings.Contains(got, "more that are not listed"); left == (limit == 5_000_000) {
			t.Errorf("limit %d: says that something is left out: %v", limit, left)
		}
		if !strings.Contains(got, "## Muralla: 750 findings (750 note), 750 answers undecided, 750 accepted\n") || !strings.HasSuffix(got, "Undecided: 750. Accepted: 750. Not read: 0 parts.\n") {
			t.Errorf("limit %d: the verdict or the totals are missing", limit)
		}
	}

	// One name may be longer than all of the room.
	long := strings.Repeat("`|\n@", 1_000_000)
	r = finding.Report{Findings: []finding.Finding{{Verdict: finding.Violates, Recommendation: "imds", Resource: ref.ID(long), Title: long, Path: []string{long, long}}},
		NotModelled: []finding.NotModelled{{Type: long, Why: long}, {Type: long, Why: long}, {Type: long, Why: long}, {Type: long, Why: long}, {Type: long, Why: long}}}
	for _, limit := range []int{0, 1} {
		if got := compose(r, Options{Limit: limit}); len(got) > max(least, map[bool]int{true: Limit}[limit == 0]) {
			t.Errorf("limit %d: %d bytes", limit, len(got))
		}
	}
}

func TestWriteTellsOfTheWriter(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, sample(), Options{}); err != nil || !strings.HasPrefix(b.String(), Marker+"\n## Muralla: 2 findings (1 high, 1 low), 2 answers undecided, 1 accepted\n") {
		t.Errorf("%v, %q", err, b.String())
	}
	if err := Write(broken{}, sample(), Options{}); err == nil || !strings.HasPrefix(err.Error(), "write Markdown: ") {
		t.Errorf("got %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, os.ErrClosed }
