package html

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

func write(t testing.TB, r finding.Report, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var hostile = []string{
	"orders", "<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "' onmouseover='alert(1)", "</style><script>", "javascript:alert(1)", "<!--", "]]>", "&lt;script&gt;", "{{.}}",
	"\x00\u202e\xff", "</details></main>", "${7*7}", "`",
}

// filled is a finding with one text in every field.
func filled(s string) finding.Finding {
	at := ref.Place{File: s, Line: 3}
	return finding.Finding{Recommendation: s, Resource: ref.ID(s), SeverityWhy: s, Title: s, Message: s, Place: at, Path: []string{s, s},
		Evidence: []finding.Evidence{{Text: s, Place: at}}, Gaps: []finding.Evidence{{Text: s, Place: at}}, Fix: s, Ask: s, Facts: []string{s},
		Suppressed: &finding.Suppression{Reason: s, Until: s, Place: at}}
}

var (
	tags     = regexp.MustCompile(`<(/?)([a-z!][a-z0-9]*)([^<>]*)>`)
	handlers = regexp.MustCompile(`(?i)\son[a-z]+\s*=`)
)

// elements counts the elements of a page, and refuses what could run or load
// something. Text within elements has no angle bracket of its own.
func elements(page string) (map[string]int, error) {
	body := page
	for _, raw := range []string{styleText, scriptText} { // what the page has of its own
		body = strings.Replace(body, raw, "", 1)
	}
	out := map[string]int{}
	for _, m := range tags.FindAllStringSubmatch(body, -1) {
		attributes := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(m[3], `""`)
		if handlers.MatchString(attributes) || strings.Contains(attributes, " src") {
			return nil, fmt.Errorf("an element %q", m[0])
		}
		out[m[1]+m[2]]++
	}
	for _, never := range []string{"img", "iframe", "object", "embed", "link", "base"} {
		if out[never] > 0 {
			return nil, fmt.Errorf("an element %s", never)
		}
	}
	if out["script"] != 1 || out["style"] != 1 {
		return nil, fmt.Errorf("%d scripts and %d styles", out["script"], out["style"])
	}
	return out, nil
}

// Whatever a field holds, the page has the same elements as with a plain word.
func TestTextIsNeverMarkup(t *testing.T) {
	report := func(s string) finding.Report {
		v, u := filled(s), filled(s)
		v.Verdict, v.Severity = finding.Violates, finding.High
		u.Suppressed = nil
		return finding.Report{Findings: []finding.Finding{v, u}, NotModelled: []finding.NotModelled{{Type: s, Count: 2, Why: s, First: ref.Place{File: s}}},
			Diagnostics: diag.List{{Level: diag.Warning, Place: ref.Place{File: s}, Summary: s, Detail: s}}}
	}
	of := func(t interface{ Fatal(...any) }, s string) map[string]int {
		var b bytes.Buffer
		if err := Write(&b, report(s), Options{Title: s, Version: s, Page: func(string) string { return s }}); err != nil {
			t.Fatal(err)
		}
		if i := strings.Index(b.String(), "ZgotmplZ"); i >= 0 && !strings.HasPrefix(s, "javascript") {
			// A page that is no address is left out by the template; nothing else is.
			if strings.Contains(strings.ReplaceAll(b.String(), `href="#ZgotmplZ"`, ""), "ZgotmplZ") {
				t.Fatal("the template refused a text: ", s)
			}
		}
		got, err := elements(b.String())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := of(t, "plain")
	if want["details"] < 2 || want["table"] < 4 {
		t.Fatalf("the page is too small to prove anything: %v", want)
	}
	check := func(t interface{ Fatal(...any) }, s string) {
		got := of(t, s)
		for _, name := range []string{"details", "table", "td", "li", "p", "a", "code", "h1", "b"} {
			if got[name] != want[name] {
				t.Fatal(fmt.Sprintf("%q makes %d elements %s, not %d", s, got[name], name, want[name]))
			}
		}
	}
	for _, s := range hostile {
		check(t, s)
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := "x" + rapid.String().Draw(rt, "text")
		check(rt, s)
	})
}

// The policy allows the script of the page and no other.
func TestPolicy(t *testing.T) {
	page := write(t, finding.Report{}, Options{Title: "check"})
	sum := sha256.Sum256([]byte(scriptText))
	if !strings.Contains(page, "<script>"+scriptText+"</script>") {
		t.Error("the script is not in the page as it is hashed")
	}
	// The template writes + as a reference within attributes.
	hash := strings.ReplaceAll(base64.StdEncoding.EncodeToString(sum[:]), "+", "&#43;")
	for _, want := range []string{"default-src &#39;none&#39;", "script-src &#39;sha256-" + hash + "&#39;", "There are no findings."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(regexp.MustCompile(`xmlns="[^"]*"`).ReplaceAllString(page, ""), "http") && strings.Contains(page, "url(") {
		t.Error("the page loads something")
	}
}

// Every finding is there once, with an address of its own, and every filter has
// something to act on.
func TestFindingsAreThere(t *testing.T) {
	list := []finding.Finding{
		{Recommendation: "a", Resource: "one", Verdict: finding.Violates, Severity: finding.Critical, Title: "first", Path: []string{"a > b tcp/1", "b > c tcp/2", "x > y tcp/3"}},
		{Recommendation: "b", Resource: "two", Verdict: finding.Violates, Severity: finding.Low, Title: "second", Suppressed: &finding.Suppression{Reason: "moves away", Until: "2027-01-31"}},
		{Recommendation: "b", Resource: "three", Verdict: finding.Undecided, Severity: finding.High, Title: "third", Gaps: []finding.Evidence{{Text: "the group"}}},
		{Recommendation: "c", Resource: "four", Verdict: finding.Follows},
		{Recommendation: "c", Resource: "four", Verdict: finding.Follows},
	}
	page := write(t, finding.Report{Findings: list}, Options{Title: "check", Map: "<svg></svg>"})
	for _, want := range []string{
		`id="f-` + list[0].Fingerprint() + `" data-is="violates" data-sev="critical" data-rec="1"`,
		`id="f-` + list[1].Fingerprint() + `" data-is="suppressed" data-sev="low" data-rec="2"`,
		`id="f-` + list[2].Fingerprint() + `" data-is="undecided" data-sev="high" data-rec="2"`,
		`id="f-` + list[4].Fingerprint() + `-2" data-is="follows"`,
		`<b>Suppressed</b>: moves away, until 2027-01-31`,
		`<li>b &gt; c tcp/2</li><li class="again">x &gt; y tcp/3</li>`,
		`main:has(#rec-3:checked) .f:not([data-rec="3"]){display:none}`,
		`<h2 id="h-map">Map</h2>`, `<svg></svg>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("two elements are called %s", m[1])
		}
		ids[m[1]] = true
	}
	if again := write(t, finding.Report{Findings: list}, Options{Title: "check", Map: "<svg></svg>"}); again != page {
		t.Error("two pages of one report differ")
	}
}

// What mends a finding is shown with its place, and why there is no patch.
func TestPatches(t *testing.T) {
	f := finding.Finding{Recommendation: "x", Resource: "r", Verdict: finding.Violates, Severity: finding.High}
	f.Changes = []finding.Change{{Resource: "r", Operation: finding.Set, Note: "It is replaced.", Replacements: []finding.Replacement{
		{File: "main.tf", StartLine: 3, StartColumn: 5, EndLine: 3, EndColumn: 5, Text: "\r\n  a = <b>\r\n  c = 1"},
		{File: "main.tf", StartLine: 7, StartColumn: 1, EndLine: 9, EndColumn: 1},
		{File: "main.tf", StartLine: 12, StartColumn: 2, EndLine: 12, EndColumn: 6, Text: "x"}}}}
	page := write(t, finding.Report{Findings: []finding.Finding{f}}, Options{})
	for _, want := range []string{"--fix=print</code>. It is replaced.", "<pre>  a = &lt;b&gt;\n  c = 1</pre>", "main.tf:3</span> gets", "main.tf:7-9</span> is taken away", "main.tf:12</span> becomes"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	f.Changes = append(f.Changes, finding.Change{Resource: "s", Refused: "a <variable> gives it"})
	page = write(t, finding.Report{Findings: []finding.Finding{f}}, Options{})
	if !strings.Contains(page, "<b>No patch</b>: a &lt;variable&gt; gives it") || strings.Contains(page, "<h3>Patch") {
		t.Error("a refused edit is shown as a patch")
	}
}
