package text_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/render/text"
)

// go test ./internal/render/text -update writes the golden files anew; read the
// difference before it is kept.
var update = flag.Bool("update", false, "write the golden files")

// written is a report as golden files write it: verdicts and severities in words.
type written struct {
	Findings []struct {
		finding.Finding
		Verdict, Severity string
	}
	NotModelled []finding.NotModelled
	Diagnostics []struct {
		diag.Diagnostic
		Level string
	}
	Counts finding.Counts
}

func (w written) report(t *testing.T) finding.Report {
	t.Helper()
	r := finding.Report{NotModelled: w.NotModelled, Counts: w.Counts}
	for _, f := range w.Findings {
		verdict := slices.IndexFunc([]finding.Verdict{0, 1, 2, 3}, func(v finding.Verdict) bool { return v.String() == f.Verdict })
		if verdict < 0 {
			t.Fatalf("there is no verdict %q", f.Verdict)
		}
		f.Finding.Verdict = finding.Verdict(verdict)
		if f.Severity != "" {
			s, err := finding.ParseSeverity(f.Severity)
			if err != nil {
				t.Fatal(err)
			}
			f.Finding.Severity = s
		}
		r.Findings = append(r.Findings, f.Finding)
	}
	for _, d := range w.Diagnostics {
		level := slices.IndexFunc([]diag.Level{0, 1, 2}, func(l diag.Level) bool { return l.String() == d.Level })
		if level < 0 {
			t.Fatalf("there is no level %q", d.Level)
		}
		d.Diagnostic.Level = diag.Level(level)
		r.Diagnostics = append(r.Diagnostics, d.Diagnostic)
	}
	return r
}

func render(t interface{ Fatal(...any) }, r finding.Report, o text.Options) string {
	var out bytes.Buffer
	if err := text.Write(&out, r, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// Each golden file holds a report and what it looks like; the names of the
// outputs are the options, joined by hyphens.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 4 {
		t.Fatalf("golden files: %v, %v", files, err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var w written
		dec := json.NewDecoder(bytes.NewReader(a.Files[0].Data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&w); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		r := w.report(t)
		for i, want := range a.Files[1:] {
			words := strings.Split(strings.TrimSuffix(want.Name, ".txt"), "-")
			has := func(word string) bool { return slices.Contains(words, word) }
			o := text.Options{All: has("all"), ExplainGaps: has("gaps"), Color: has("color")}
			if has("narrow") {
				o.Width = 50
			}
			got := render(t, r, o)
			if has("diagnostics") {
				var out bytes.Buffer
				if err := text.WriteDiagnostics(&out, r.Diagnostics, o); err != nil {
					t.Fatal(err)
				}
				got = out.String()
			}
			got = strings.ReplaceAll(got, "\x1b", "␛")
			if diff := cmp.Diff(string(want.Data), got); diff != "" && !*update {
				t.Errorf("%s, %s: want -, got +:\n%s", file, want.Name, diff)
			}
			a.Files[i+1].Data = []byte(got)
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// drawReport draws words of all lengths; commands and addresses hold no spaces.
func drawReport(rt *rapid.T) finding.Report {
	word := rapid.SampledFrom([]string{"a", "bastion", "aws_ecs_service.orders", strings.Repeat("long", 15), "é", "tcp/8080", "1,406"})
	sentence := rapid.Map(rapid.SliceOfN(word, 0, 30), func(w []string) string { return strings.Join(w, " ") })
	place := rapid.Custom(func(t *rapid.T) ref.Place {
		return ref.Place{File: rapid.SampledFrom([]string{"", "main.tf", strings.Repeat("dir/", 20) + "x.tf"}).Draw(t, "file"), Line: rapid.IntRange(0, 99999).Draw(t, "line")}
	})
	facts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) finding.Evidence {
		return finding.Evidence{Text: sentence.Draw(t, "fact"), Place: place.Draw(t, "place")}
	}), 0, 12)
	var r finding.Report
	for range rapid.IntRange(0, 12).Draw(rt, "findings") {
		f := finding.Finding{
			Recommendation: rapid.SampledFrom([]string{"imds", "endpoint-policy-works", "tls-client"}).Draw(rt, "slug"),
			Resource:       ref.ID(word.Draw(rt, "resource")),
			Verdict:        finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict")),
			Severity:       finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity")),
			SeverityWhy:    sentence.Draw(rt, "severity why"),
			Title:          sentence.Draw(rt, "title"),
			Message:        sentence.Draw(rt, "message"),
			Place:          place.Draw(rt, "place"),
			Path:           rapid.SliceOfN(sentence, 0, 3).Draw(rt, "path"),
			Evidence:       facts.Draw(rt, "evidence"),
			Gaps:           facts.Draw(rt, "gaps"),
			Fix:            sentence.Draw(rt, "fix"),
			Ask:            word.Draw(rt, "ask"),
			Facts:          []string{word.Draw(rt, "facts")},
		}
		if rapid.IntRange(0, 3).Draw(rt, "suppressed") == 0 {
			f.Suppressed = &finding.Suppression{Reason: sentence.Draw(rt, "reason"), Until: rapid.SampledFrom([]string{"", "2027-01-31"}).Draw(rt, "until"), Place: place.Draw(rt, "place")}
		}
		r.Findings = append(r.Findings, f)
	}
	for range rapid.IntRange(0, 8).Draw(rt, "not modelled") {
		r.NotModelled = append(r.NotModelled, finding.NotModelled{Type: word.Draw(rt, "type"), Count: rapid.IntRange(0, 9999).Draw(rt, "count"), Why: sentence.Draw(rt, "why"), First: place.Draw(rt, "first")})
	}
	return r
}

func drawOptions(rt *rapid.T) text.Options {
	return text.Options{
		Width: rapid.IntRange(30, 130).Draw(rt, "width"),
		All:   rapid.Bool().Draw(rt, "all"), ExplainGaps: rapid.Bool().Draw(rt, "gaps"),
	}
}

// A long line has one word, after its margin and its label.
var oneWord = regexp.MustCompile(`^( *| *then | *(where|ask|id|path|then|because|missing|fix|why|accepted|severity) +| *[0-9,]+ +| *(imds|endpoint-policy-works|tls-client) )[^ ]+$`)

func TestNoLineIsTooLong(t *testing.T) {
	long, short := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		o := drawOptions(rt)
		for line := range strings.Lines(render(rt, drawReport(rt), o)) {
			line = strings.TrimSuffix(line, "\n")
			if strings.TrimRight(line, " ") != line {
				rt.Fatalf("spaces at the end of %q", line)
			}
			if utf8.RuneCountInString(line) <= max(o.Width, 40) {
				short++
				continue
			}
			long++
			if !oneWord.MatchString(line) {
				rt.Fatalf("%d columns, but more than one word, in\n%s", utf8.RuneCountInString(line), line)
			}
		}
	})
	if long == 0 || short == 0 {
		t.Errorf("%d long and %d short lines: the draw is too narrow", long, short)
	}
}

// With All every word of the report is there, as often as it should be.
func TestAllLosesNothing(t *testing.T) {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	checked := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := drawReport(rt)
		// Without places, which stand between the lines of a text.
		for i := range r.Findings {
			f := &r.Findings[i]
			f.Place = ref.Place{}
			for _, e := range [][]finding.Evidence{f.Evidence, f.Gaps} {
				for j := range e {
					e[j].Place = ref.Place{}
				}
			}
		}
		out := squeeze(render(rt, r, text.Options{All: true}))
		expect := func(s string) {
			if checked++; !strings.Contains(out, squeeze(s)) {
				rt.Fatalf("no %q in\n%s", s, out)
			}
		}
		for _, f := range r.Findings {
			for _, s := range append([]string{string(f.Resource), f.Title, f.Message, f.SeverityWhy, f.Fix, f.Ask, f.Fingerprint(), strings.ToUpper(f.Verdict.String()[:4])}, f.Path...) {
				if s == "VIOL" {
					s = strings.ToUpper(f.Severity.String()) // a violation is called by its severity
				}
				expect(s)
			}
			for _, e := range append(slices.Clone(f.Evidence), f.Gaps...) {
				expect(e.Text)
			}
			if f.Suppressed != nil {
				expect(f.Suppressed.Reason)
				expect(f.Suppressed.Until)
			}
		}
		for _, n := range r.NotModelled {
			expect(n.Type)
			expect(n.Why)
		}
	})
	if checked < 1000 {
		t.Errorf("only %d texts were looked for: the draw is too narrow", checked)
	}
}

func TestSameTextInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r, o := drawReport(rt), drawOptions(rt)
		want := render(rt, r, o)
		seen := map[string]bool{}
		for _, f := range r.Findings {
			if seen[f.Fingerprint()] {
				return // two findings that are the same have no order
			}
			seen[f.Fingerprint()] = true
		}
		r.Findings = rapid.Permutation(r.Findings).Draw(rt, "findings")
		if got := render(rt, r, o); got != want {
			rt.Fatalf("want -, got +:\n%s", cmp.Diff(want, got))
		}
	})
}

func TestColourTakesNoColumns(t *testing.T) {
	escapes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	painted := 0
	rapid.Check(t, func(rt *rapid.T) {
		r, o := drawReport(rt), drawOptions(rt)
		plain := render(rt, r, o)
		o.Color = true
		colour := render(rt, r, o)
		if got := escapes.ReplaceAllString(colour, ""); got != plain {
			rt.Fatalf("want -, got +:\n%s", cmp.Diff(plain, got))
		}
		painted += len(escapes.FindAllString(colour, -1))
	})
	if painted == 0 {
		t.Error("nothing was painted")
	}
}

// Whatever is in a name, only printable characters and line ends come out, and
// names cannot make lines of their own.
func TestHostileNames(t *testing.T) {
	hostile := "x\x1b[2J\x1b]0;title\x07\r\nHIGH forged  line\u202edesrever\u2066\u200b\u0085\u2028\xff\xc3(\U000e0041\t\x00y"
	f := finding.Finding{Recommendation: hostile, Resource: ref.ID(hostile), Verdict: finding.Violates, Title: hostile, Message: hostile, SeverityWhy: hostile,
		Place: ref.Place{File: hostile, Line: 1}, Path: []string{hostile}, Evidence: []finding.Evidence{{Text: hostile, Place: ref.Place{File: hostile}}},
		Fix: hostile, Ask: hostile, Suppressed: &finding.Suppression{Reason: hostile, Until: hostile, Place: ref.Place{File: hostile}}}
	u := f
	u.Verdict, u.Suppressed, u.Gaps = finding.Undecided, nil, []finding.Evidence{{Text: hostile}}
	good := u
	good.Verdict = finding.Follows
	bad := f
	bad.Suppressed = nil
	r := finding.Report{Findings: []finding.Finding{f, u, good, bad}, NotModelled: []finding.NotModelled{{Type: hostile, Why: hostile}},
		Diagnostics: diag.List{{Level: diag.Error, Summary: hostile, Detail: hostile, Place: ref.Place{File: hostile}}}}
	for _, o := range []text.Options{{}, {All: true}, {ExplainGaps: true}} {
		var beside bytes.Buffer
		if err := text.WriteDiagnostics(&beside, r.Diagnostics, o); err != nil {
			t.Fatal(err)
		}
		out := render(t, r, o) + beside.String()
		for i, c := range out {
			if c != '\n' && !unicode.IsPrint(c) || c == utf8.RuneError {
				t.Fatalf("%U at %d in\n%q", c, i, out)
			}
		}
		if strings.Contains(out, "\nHIGH forged") {
			t.Errorf("a name made a line of its own in\n%s", out)
		}
		if !strings.Contains(out, `x\x1b[2J\x1b]0;title\x07\x0d\nHIGH`) || !strings.Contains(out, `\u202edesrever\u2066\u200b\u0085\u2028\xff\xc3(\U000e0041\t\x00y`) {
			t.Errorf("the name is not shown as it is in\n%s", out)
		}
	}
}

// The list of missing facts stays short unless it is asked for.
func TestUndecidedStaysShort(t *testing.T) {
	cut := 0
	rapid.Check(t, func(rt *rapid.T) {
		r := drawReport(rt)
		for i := range r.Findings {
			r.Findings[i].Verdict, r.Findings[i].Suppressed = finding.Undecided, nil
		}
		_, block, found := strings.Cut(render(rt, r, text.Options{}), "UNDECIDED")
		if !found {
			return
		}
		block, _, _ = strings.Cut(block, "\n\n")
		lines := strings.Split(block, "\n")[1:]
		facts := 0
		for _, l := range lines {
			if len(l) > 10 && l[10] == ' ' && l[11] != ' ' && strings.TrimSpace(l[:10]) != "" {
				facts++
			}
		}
		// One fact alone is written however long it is.
		if len(lines) > 8 && facts > 1 {
			rt.Fatalf("%d lines:\n%s", len(lines), block)
		}
		if strings.Contains(block, "(--explain-gaps)") {
			cut++
		}
	})
	if cut == 0 {
		t.Error("no list was cut: the draw is too narrow")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrors(t *testing.T) {
	if err := text.Write(broken{}, finding.Report{}, text.Options{}); err == nil || err.Error() != "write text: disk full" {
		t.Errorf("got %v", err)
	}
}
