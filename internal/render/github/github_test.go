package github

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func written(t interface{ Fatal(...any) }, r finding.Report, o finding.Repository) string {
	var b bytes.Buffer
	if err := Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func violation(id string, s finding.Severity, line int) finding.Finding {
	return finding.Finding{Recommendation: "imds", Resource: ref.ID(id), Verdict: finding.Violates, Severity: s, Title: "open: 50%, at least", Place: ref.Place{File: "main.tf", Line: line}}
}

func TestWrite(t *testing.T) {
	one := violation("a", finding.High, 3)
	one.Evidence = []finding.Evidence{{Text: "a rule", Place: ref.Place{File: "sg.tf", Line: 9}}}
	nowhere := violation("c", finding.Note, 0)
	nowhere.Place = ref.Place{File: "../../x.tf", Line: 1}
	config := violation("d", finding.Low, 4)
	config.Place.File = "muralla.yaml"
	accepted := violation("e", finding.Critical, 1)
	accepted.Suppressed = &finding.Suppression{Reason: "r"}
	r := finding.Report{Findings: []finding.Finding{violation("b", finding.Medium, 3), violation("b2", finding.Medium, 3), config, nowhere, one, accepted, {Recommendation: "imds"}}}
	want := fmt.Sprintf(`::error file=infra/main.tf,line=3,title=HIGH%%3A open%%3A 50%%25%%2C at least (imds)::a%%0Abecause: a rule (sg.tf:9)%%0Aid: %s
::warning file=infra/main.tf,line=3,title=MEDIUM%%3A open%%3A 50%%25%%2C at least (imds)::2 resources: b, b2%%0Aid: %s
::notice file=muralla.yaml,line=4,title=LOW%%3A open%%3A 50%%25%%2C at least (imds)::d%%0Aid: %s
::notice title=NOTE%%3A open%%3A 50%%25%%2C at least (imds)::c%%0Aid: %s
muralla: findings: 5, accepted: 1, undecided: 1
`, one.Fingerprint(), violation("b", 0, 0).Fingerprint(), config.Fingerprint(), nowhere.Fingerprint())
	got := written(t, r, finding.Repository{Base: "infra", Files: map[string]string{"muralla.yaml": "muralla.yaml"}})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

// What is beyond the limit of GitHub is counted in the last that it shows, and is
// in the log.
func TestLimit(t *testing.T) {
	var r finding.Report
	for i := range 14 {
		r.Findings = append(r.Findings, violation(fmt.Sprintf("svc%02d", i), finding.High, i+1))
	}
	r.Findings = append(r.Findings, violation("last", finding.Medium, 1))
	lines := strings.Split(written(t, r, finding.Repository{}), "\n")
	if len(lines) != 10+1+4+2 {
		t.Fatalf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if !strings.Contains(lines[9], "left out: 4.") || strings.Contains(lines[8], "left out") || !strings.HasPrefix(lines[10], "::warning ") || lines[11] != "high imds svc10: open: 50%, at least (main.tf:11)" {
		t.Errorf("%s", strings.Join(lines[8:13], "\n"))
	}
}

// Every line is a command of one of three kinds or begins with a word, whatever
// names hold; and the runner reads back the file that was meant.
func TestHostileNames(t *testing.T) {
	commands := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\n::error::x", "a,line=9", "::stop-commands::x", "%0A", "\r", "\u2028", "##[error]x", "\xff"}))
		var r finding.Report
		for range rapid.IntRange(0, 15).Draw(rt, "findings") {
			f := violation(text.Draw(rt, "id"), finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity")), rapid.IntRange(0, 9).Draw(rt, "line"))
			f.Title, f.Message, f.Place.File = text.Draw(rt, "title"), text.Draw(rt, "message"), "f"+strings.ReplaceAll(text.Draw(rt, "file"), "/", "")
			r.Findings = append(r.Findings, f)
		}
		out := written(rt, r, finding.Repository{})
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			rest, ok := strings.CutPrefix(line, "::")
			if !ok {
				first, _, _ := strings.Cut(line, " ")
				if _, err := finding.ParseSeverity(first); err != nil && first != "muralla:" {
					rt.Fatalf("a line begins with %q", first)
				}
				continue
			}
			commands++
			head, _, ok := strings.Cut(rest, "::")
			kind, properties, spaced := strings.Cut(head, " ")
			if !ok || !spaced || kind != "error" && kind != "warning" && kind != "notice" {
				rt.Fatalf("command %q", line)
			}
			for _, p := range strings.Split(properties, ",") {
				if name, _, _ := strings.Cut(p, "="); name != "file" && name != "line" && name != "title" {
					rt.Fatalf("property %q in %q", p, line)
				}
			}
			if strings.ContainsAny(line, "\r\u2028\x1b") {
				rt.Fatalf("%q", line)
			}
		}
	})
	if commands == 0 {
		t.Error("no draw had an annotation")
	}
}
