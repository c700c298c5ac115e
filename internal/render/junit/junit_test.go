package junit

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func written(t interface{ Fatal(...any) }, s ...Suite) string {
	var b bytes.Buffer
	if err := Write(&b, s...); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteReport(t *testing.T) {
	report := finding.Report{
		Findings: []finding.Finding{
			{Recommendation: "imds", Resource: "aws_ecs_service.c", Verdict: finding.NotApplicable},
			{Recommendation: "imds", Resource: "aws_ecs_service.b", Verdict: finding.Follows, Title: "it does"},
			{Recommendation: "imds", Resource: "aws_ecs_service.a", Verdict: finding.Violates, Severity: finding.High, Title: "tasks reach <metadata>",
				Message: "Credentials leak.", Place: ref.Place{File: "main.tf", Line: 3}, Path: []string{"a > b", "b > c"},
				Evidence: []finding.Evidence{{Text: "hop limit 2", Place: ref.Place{File: "lt.tf", Line: 9}}}, Fix: "Set it to 1."},
			{Recommendation: "exposure", Resource: "x", Verdict: finding.Violates, Severity: finding.Low, Title: "one", Facts: []string{"1"}},
			{Recommendation: "exposure", Resource: "x", Verdict: finding.Violates, Severity: finding.Note, Title: "two", Facts: []string{"2"}},
			{Recommendation: "exposure", Resource: "y", Title: "who knows", Gaps: []finding.Evidence{{Text: "var.x has no value"}}},
			{Recommendation: "exposure", Resource: "z", Verdict: finding.Violates, Severity: finding.Critical, Title: "open",
				Suppressed: &finding.Suppression{Reason: "moves away", Until: "2027-01-31", Place: ref.Place{File: "muralla.yaml", Line: 4}}},
		},
		Diagnostics: diag.List{{Level: diag.Error, Summary: "module not read", Detail: "It is broken.", Place: ref.Place{File: "m.tf", Line: 1}}, {Level: diag.Warning, Summary: "odd"}},
	}
	var b bytes.Buffer
	if err := WriteReport(&b, report); err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="7" failures="2" errors="1" skipped="3">
  <testsuite name="muralla check" tests="7" failures="2" errors="1" skipped="3">
    <testcase name="x (16f0659b340e0339)" classname="exposure">
      <failure message="low: one" type="low">where    x
id       16f0659b340e0339</failure>
    </testcase>
    <testcase name="x (c843244edd1a5cdb)" classname="exposure">
      <skipped message="note: two">where    x
id       c843244edd1a5cdb</skipped>
    </testcase>
    <testcase name="y" classname="exposure">
      <skipped message="undecided: who knows">where    y
missing  var.x has no value
id       1797574de9f7adb7</skipped>
    </testcase>
    <testcase name="z" classname="exposure">
      <skipped message="accepted, exception: moves away (until 2027-01-31)">open
where    z
accepted exception: moves away (until 2027-01-31) (muralla.yaml:4)
id       50646a916d4d1b83</skipped>
    </testcase>
    <testcase name="aws_ecs_service.a" classname="imds" file="main.tf" line="3">
      <failure message="high: tasks reach &lt;metadata&gt;" type="high">where    aws_ecs_service.a (main.tf:3)
why      Credentials leak.
path     a &gt; b
then     b &gt; c
because  hop limit 2 (lt.tf:9)
fix      Set it to 1.
id       e5a00d538b4944a6</failure>
    </testcase>
    <testcase name="aws_ecs_service.b" classname="imds"></testcase>
    <testcase name="m.tf:1 module not read" classname="input" file="m.tf" line="1">
      <error message="module not read" type="not read">It is broken.</error>
    </testcase>
  </testsuite>
</testsuites>
`
	got := b.String()
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// decoded is the document as another program reads it.
type decoded struct {
	Tests  int `xml:"tests,attr"`
	Suites []struct {
		Name  string `xml:"name,attr"`
		Cases []struct {
			Name    string     `xml:"name,attr"`
			Class   string     `xml:"classname,attr"`
			Failure *struct{}  `xml:"failure"`
			Skipped *struct{}  `xml:"skipped"`
			Error   *struct{}  `xml:"error"`
			Others  []xml.Name `xml:",any"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// Whatever names and texts hold, the document is well formed, has as many cases
// as were given, and no text of the input is an element.
func TestHostileTexts(t *testing.T) {
	failures := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"]]>", "</failure><testcase/>", "\x00\x1b[31m", "\xff\xfe", "&#0;", "a\nb", "\ufffe", "\"'"}))
		var s Suite
		s.Name = text.Draw(rt, "suite")
		for range rapid.IntRange(0, 4).Draw(rt, "cases") {
			s.Cases = append(s.Cases, Case{
				Name: text.Draw(rt, "name"), Class: text.Draw(rt, "class"), Place: ref.Place{File: text.Draw(rt, "file"), Line: 1},
				Status: Status(rapid.IntRange(0, 4).Draw(rt, "status")), Type: text.Draw(rt, "type"), Message: text.Draw(rt, "message"), Body: text.Draw(rt, "body"),
			})
		}
		out := written(rt, s)
		var doc decoded
		dec := xml.NewDecoder(strings.NewReader(out))
		if err := dec.Decode(&doc); err != nil {
			rt.Fatalf("%v in\n%s", err, out)
		}
		for {
			token, err := dec.Token()
			if err == io.EOF {
				break
			}
			if text, ok := token.(xml.CharData); !ok || strings.TrimSpace(string(text)) != "" {
				rt.Fatalf("%v, %v follows the document", token, err)
			}
		}
		if len(doc.Suites) != 1 || len(doc.Suites[0].Cases) != len(s.Cases) || doc.Tests != len(s.Cases) {
			rt.Fatalf("%d cases were given, and written is\n%s", len(s.Cases), out)
		}
		for i, c := range doc.Suites[0].Cases {
			want := s.Cases[i].Status
			if (c.Failure != nil) != (want == Fail) || (c.Error != nil) != (want == Error) || (c.Skipped == nil) != (want == Pass || want == Fail || want == Error) || len(c.Others) > 0 {
				rt.Fatalf("case %d of status %d is read as %+v", i, want, c)
			}
			if want == Fail {
				failures++
			}
		}
		if strings.ContainsAny(out, "\x00\x1b\x07") {
			rt.Fatalf("control characters in %q", out)
		}
	})
	if failures == 0 {
		t.Error("no draw had a failure")
	}
}

// Two cases of a report never have one name, and the order of the findings
// does not matter.
func TestNamesOfCases(t *testing.T) {
	several := 0
	rapid.Check(t, func(rt *rapid.T) {
		var r finding.Report
		seen := map[string]bool{}
		for range rapid.IntRange(0, 8).Draw(rt, "findings") {
			f := finding.Finding{
				Recommendation: rapid.SampledFrom([]string{"imds", "exposure"}).Draw(rt, "slug"),
				Resource:       ref.ID(rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "resource")),
				Verdict:        finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict")),
				Facts:          []string{rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "fact")},
			}
			if !seen[f.Fingerprint()] {
				r.Findings = append(r.Findings, f)
			}
			seen[f.Fingerprint()] = true
		}
		for range rapid.IntRange(0, 3).Draw(rt, "lost") {
			r.Diagnostics.Add(diag.Error, ref.Place{File: rapid.SampledFrom([]string{"a", "b"}).Draw(rt, "file")}, "not read", rapid.SampledFrom([]string{"1", "2", "3"}).Draw(rt, "why"))
		}
		s := suiteOf(r)
		names := map[string]bool{}
		for _, c := range s.Cases {
			if key := c.Class + " " + c.Name; names[key] {
				rt.Fatalf("two cases %q", key)
			} else {
				names[key] = true
			}
			if strings.Contains(c.Name, "(") {
				several++
			}
		}
		r.Findings = rapid.Permutation(r.Findings).Draw(rt, "other order")
		if diff := cmp.Diff(s, suiteOf(r)); diff != "" {
			rt.Fatalf("another order gives:\n%s", diff)
		}
	})
	if several == 0 {
		t.Error("no resource had several findings of one recommendation")
	}
}
