package sarif

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func write(t interface{ Fatal(...any) }, r finding.Report, o Options) []byte {
	var b bytes.Buffer
	if err := Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func at(file string, line int) ref.Place { return ref.Place{File: file, Line: line} }

func sample() finding.Report {
	r := finding.Report{
		Findings: []finding.Finding{{
			Recommendation: "sg-from-alb", Resource: "aws_ecs_service.orders", Verdict: finding.Violates, Severity: finding.High,
			SeverityWhy: "the internet reaches bastion", Title: "orders can be reached by more than its load balancer",
			Message: "Whoever gets past the load balancer also gets past its TLS.", Place: at("services.tf", 41),
			Path:     []string{"internet > host bastion tcp/22", "host bastion > task orders tcp/8080"},
			Evidence: []finding.Evidence{{Text: "sg orders allows sg bastion tcp/8080", Place: at("net work/sg[1].tf", 12)}, {Text: "by default"}},
			Changes: []finding.Change{{Resource: "aws_ecs_service.orders", Operation: finding.Set, Path: []finding.Step{{Name: "x"}},
				Replacements: []finding.Replacement{{File: "services.tf", StartLine: 41, StartColumn: 3, EndLine: 42, EndColumn: 1, Text: "x = 1"}, {File: "services.tf", StartLine: 50, StartColumn: 1, EndLine: 51, EndColumn: 1}}}},
			Fix: "Remove the rule.", Ask: "muralla ask 'instance/bastion -> svc/orders' .",
		}, {
			Recommendation: "imds", Resource: "aws_launch_template.ecs", Verdict: finding.Undecided, Severity: finding.Medium,
			Title: "it is not known whether tasks can reach instance metadata", Gaps: []finding.Evidence{{Text: "var.user_data has no value", Place: at("hosts.tf", 3)}},
		}, {
			Recommendation: "tls-client", Resource: "aws_lb_listener.http", Verdict: finding.Violates, Severity: finding.Critical, Title: "plain text",
			Place: at("alb.tf", 7), Suppressed: &finding.Suppression{Reason: "a test", Until: "2027-01-31", Place: at("muralla.yaml", 4)},
		}, {
			Recommendation: "tls-client", Resource: "aws_lb_listener.https", Verdict: finding.Follows, Title: "served over TLS", Place: at("alb.tf", 19),
		}, {
			Recommendation: "imds", Resource: "aws_ecs_service.orders", Verdict: finding.NotApplicable, Title: "orders runs on Fargate", Place: at("services.tf", 41),
		}},
		NotModelled: []finding.NotModelled{{Type: "aws_dx_connection", Count: 2, Why: "it may be a way in"}},
		Diagnostics: diag.List{{Level: diag.Warning, Summary: diag.ModuleNotHere, Detail: "Run terraform init.", Place: at("main.tf", 9)}},
		Counts:      finding.Counts{Resources: 21, Services: 1, Pairs: 4},
	}
	r.Sort()
	return r
}

var options = Options{Version: "v1.2.3", Repository: finding.Repository{Base: "infra", Files: map[string]string{"muralla.yaml": "policy/muralla.yaml"}}, Rules: []Rule{
	{"sg-from-alb", "only the load balancer reaches the task", "# sg-from-alb\n", "https://example.com/sg-from-alb"},
	{"imds", "tasks cannot reach instance metadata", "", ""},
	{"tls-client", "clients reach public services over TLS", "", ""}}}

// golden files are read by a person when they change.
func TestGolden(t *testing.T) {
	for name, o := range map[string]Options{"sample": options, "all": {All: true}} {
		file := "testdata/" + name + ".sarif"
		got := write(t, sample(), o)
		if problems := invalid(got); len(problems) > 0 {
			t.Errorf("%s: %s", name, strings.Join(problems, "\n"))
		}
		if os.Getenv("MURALLA_UPDATE") != "" {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// The validator refuses what is not of the standard: each change of a good file
// is one that it must notice.
func TestValidatorNotices(t *testing.T) {
	good := string(write(t, sample(), options))
	for old, wrong := range map[string]string{
		`"version": "2.1.0"`:                `"version": "2.0.0"`,
		`"kind": "open"`:                    `"kind": "maybe"`,
		`"level": "none"`:                   `"level": "note"`,
		`"startLine": 12`:                   `"startLine": 0`,
		`"uri": "infra/alb.tf"`:             `"uri": "/alb.tf"`,
		`"uri": "infra/services.tf"`:        `"uri": "a b.tf"`,
		`"uriBaseId": "SRCROOT"`:            `"uriBaseId": "ROOT"`,
		`"ruleIndex": 0`:                    `"ruleIndex": 1`,
		`"executionSuccessful": true`:       `"executionSuccessful": 1`,
		`"nestingLevel": 1`:                 `"nesting": 1`,
		`"id": "imds",`:                     ``,
		`](1)`:                              `](7)`,
		`"status": "accepted"`:              `"status": "fine"`,
		`"https://example.com/sg-from-alb"`: `"sg-from-alb"`,
	} {
		if !strings.Contains(good, old) {
			t.Errorf("%s is not written", old)
		}
		if len(invalid([]byte(strings.Replace(good, old, wrong, 1)))) == 0 {
			t.Errorf("%s passes", wrong)
		}
	}
}

var odd = rapid.OneOf(rapid.SampledFrom([]string{"", "a", "a.tf", "../x", "/etc/x", "a b", "é#?.tf", "[x](1)", "](9)", "{0}", "${x}", "@team", "<b>", "`", "|", "\n", "\xff", "\u202e", "a:b"}), rapid.String())

func drawReport(rt *rapid.T) finding.Report {
	place := rapid.Custom(func(rt *rapid.T) ref.Place { return at(odd.Draw(rt, "file"), rapid.IntRange(-1, 9).Draw(rt, "line")) })
	fact := rapid.Custom(func(rt *rapid.T) finding.Evidence {
		return finding.Evidence{Text: odd.Draw(rt, "fact"), Place: place.Draw(rt, "place")}
	})
	var r finding.Report
	for i := range rapid.IntRange(0, 4).Draw(rt, "findings") {
		f := finding.Finding{Facts: []string{fmt.Sprint(i)}, // no two findings of a run are the same
			Recommendation: rapid.SampledFrom([]string{"imds", "other", ""}).Draw(rt, "slug"), Resource: ref.ID(odd.Draw(rt, "resource")),
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
	if rapid.Bool().Draw(rt, "diagnosed") {
		r.Diagnostics.Add(diag.Level(rapid.IntRange(0, 2).Draw(rt, "level")), place.Draw(rt, "place"), odd.Draw(rt, "summary"), odd.Draw(rt, "detail"))
	}
	return r
}

// Whatever a design calls its things, the output is valid, does not depend on the
// order of findings, and no text of it makes a link or HTML.
func TestAnyReportIsValid(t *testing.T) {
	results, links := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		r := drawReport(rt)
		o := Options{All: rapid.Bool().Draw(rt, "all"), Repository: finding.Repository{Base: rapid.SampledFrom([]string{"", "infra"}).Draw(rt, "base")}, Version: odd.Draw(rt, "version"), Rules: options.Rules}
		if rapid.Bool().Draw(rt, "compared") {
			c := judged.Compare(judged.Remember(drawReport(rt)), r)
			o.Against = &c
		}
		got := write(rt, r, o)
		if problems := invalid(got); len(problems) > 0 {
			rt.Fatalf("%s\n%s", strings.Join(problems, "\n"), got)
		}
		r.Findings = rapid.Permutation(r.Findings).Draw(rt, "order")
		if again := write(rt, r, o); !bytes.Equal(got, again) {
			rt.Fatalf("the order of findings matters:\n%s", cmp.Diff(string(got), string(again)))
		}
		var log sarifLog
		if err := json.Unmarshal(got, &log); err != nil {
			rt.Fatal(err)
		}
		located := 0
		for _, x := range log.Runs[0].Results {
			results++
			source := []byte(x.Message.Markdown)
			_ = ast.Walk(goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(gmtext.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				switch n := n.(type) {
				case *ast.Link:
					if links++; strings.Trim(string(n.Destination), "0123456789") != "" {
						rt.Fatalf("a link to %s in\n%s", n.Destination, source)
					}
				case *ast.RawHTML, *ast.HTMLBlock, *ast.AutoLink, *ast.Image, *ast.Heading, *ast.Blockquote:
					rt.Fatalf("a %v in\n%s", n.Kind(), source)
				}
				return ast.WalkContinue, nil
			})
			if len(x.Locations) > 0 && x.Locations[0].PhysicalLocation != nil {
				located++
			}
		}
		if located > 0 && located < len(log.Runs[0].Results) {
			rt.Fatalf("some results have a file and some have not:\n%s", got)
		}
	})
	if results == 0 || links == 0 {
		t.Errorf("%d results, %d links: the draw is too narrow", results, links)
	}
}

// A comparison gives every result its state, and violations that are gone are
// results as long as nothing else has their fingerprint.
func TestStates(t *testing.T) {
	violation := func(id ref.ID, s finding.Severity) finding.Finding {
		return finding.Finding{Recommendation: "imds", Resource: id, Verdict: finding.Violates, Severity: s, Title: "open", Place: at("a.tf", 3)}
	}
	follows := func(id ref.ID) finding.Finding {
		return finding.Finding{Recommendation: "imds", Resource: id, Verdict: finding.Follows, Title: "shut", Place: at("a.tf", 3)}
	}
	before := finding.Report{Findings: []finding.Finding{violation("same", finding.Low), violation("worse", finding.Low), violation("gone", finding.High),
		violation("mended", finding.Low), follows("broken"), follows("good"), {Recommendation: "old", Resource: "x", Verdict: finding.Violates, Place: at("b.tf", 1)}}}
	after := finding.Report{Findings: []finding.Finding{violation("same", finding.Low), violation("worse", finding.High), violation("added", finding.Low),
		violation("broken", finding.Low), follows("mended"), follows("good"), follows("other")}}
	compared := judged.Compare(judged.Remember(before), after)
	for all, want := range map[bool]map[string]string{
		false: {"same": "unchanged", "worse": "updated", "added": "new", "broken": "new", "gone": "absent", "mended": "absent", "x": "absent"},
		true: {"same": "unchanged", "worse": "updated", "added": "new", "broken": "new", "gone": "absent", "mended": "updated", "x": "absent",
			"good": "unchanged", "other": "new"},
	} {
		got := write(t, after, Options{All: all, Against: &compared})
		if problems := invalid(got); len(problems) > 0 {
			t.Error(strings.Join(problems, "\n"))
		}
		var log sarifLog
		if err := json.Unmarshal(got, &log); err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, r := range log.Runs[0].Results {
			states[r.Locations[0].LogicalLocations[0].FullyQualifiedName] = r.BaselineState
			if r.BaselineState == "absent" && r.Kind != "fail" {
				t.Errorf("%+v", r)
			}
		}
		if diff := cmp.Diff(want, states); diff != "" {
			t.Errorf("all %v: want -, got +:\n%s", all, diff)
		}
		var gone []string
		for _, k := range before.Findings {
			if k.Resource == "gone" {
				gone = append(gone, k.Fingerprint())
			}
		}
		if len(gone) != 1 || !strings.Contains(string(got), gone[0]) {
			t.Errorf("what is gone has another fingerprint than before")
		}
		if a := log.Runs[0].Properties["muralla"].Against; a == nil || a.New != 1 || a.Worse != 2 || a.Unchanged != 1 || a.Resolved != 3 {
			t.Errorf("%+v", a)
		}
	}
}

// What is over the limits of code scanning is left out, the least first, and said.
func TestLimits(t *testing.T) {
	var r finding.Report
	for i := range maxResults + 2 {
		r.Findings = append(r.Findings, finding.Finding{Recommendation: "imds", Resource: ref.ID(fmt.Sprint(i)), Verdict: finding.Violates, Severity: finding.Medium, Title: "t"})
	}
	r.Findings[0].Severity = finding.Low
	for range maxRelated + 3 {
		r.Findings[1].Evidence = append(r.Findings[1].Evidence, finding.Evidence{Text: "x", Place: at("a.tf", 1)})
	}
	r.Findings[1].Severity, r.Findings[1].Path = finding.High, []string{"hop"}
	log := logOf(r, Options{})
	run := log.Runs[0]
	if len(run.Results) != maxResults || run.Properties["muralla"].ResultsLeftOut != 2 || !strings.Contains(run.Invocations[0].Notifications[0].Message.Text, "2 results") {
		t.Errorf("%d results, %+v", len(run.Results), run.Invocations)
	}
	first := run.Results[0]
	if len(first.RelatedLocations) != maxRelated || first.Properties.LeftOut != 3 || len(first.CodeFlows[0].ThreadFlows[0].Locations) != maxRelated {
		t.Errorf("%d related locations, %d left out", len(first.RelatedLocations), first.Properties.LeftOut)
	}
	for _, x := range run.Results {
		if x.Properties.Severity == "low" {
			t.Error("the least is kept")
		}
	}
}

func TestVersions(t *testing.T) {
	for in, want := range map[string]string{"v1.2.3": "1.2.3", "1.0.0-rc.1+abc": "1.0.0-rc.1+abc", "(devel)": "", "v1.2": "", "v01.2.3": "", "": ""} {
		if _, got := versions(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// A run that read nothing is no success; one that lost a part is.
func TestSuccess(t *testing.T) {
	r := finding.Report{Diagnostics: diag.List{{Level: diag.Error, Summary: "cannot be read"}}}
	if logOf(r, Options{}).Runs[0].Invocations[0].ExecutionSuccessful {
		t.Error("nothing was read, and it is called a success")
	}
	r.Counts.Resources = 1
	if !logOf(r, Options{}).Runs[0].Invocations[0].ExecutionSuccessful {
		t.Error("a part was read, and it is called no success")
	}
}
