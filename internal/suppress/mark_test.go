package suppress_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/suppress"
)

func comment(scope, text string) resource.Remark {
	return resource.Remark{Scope: ref.ID(scope), Text: text, Place: ref.Place{File: "main.tf", Line: 7}}
}

func markLine(m finding.Mark) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s %s until=%s -- %s! %s", m.Place.Line, m.Scope, m.Recommendation, m.Until, m.Reason, m.Fault))
}

func TestMarksOfComments(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{" muralla:ignore imds -- moves away", []string{"7 a imds until= -- moves away!"}},
		{"TODO muralla:ignore imds,exposure until=2027-01-31 -- a -- b", []string{"7 a imds until=2027-01-31 -- a -- b!", "7 a exposure until=2027-01-31 -- a -- b!"}},
		{"muralla:ignore until=2027-01-31 imds , exposure --r*/", []string{"7 a imds until=2027-01-31 -- r!", "7 a exposure until=2027-01-31 -- r!"}},
		{"\n * muralla:ignore imds -- r\n second line\n", []string{"8 a imds until= -- r!"}},
		{"muralla:ignore imds", []string{"7 a imds until= -- !"}},
		{"muralla:ignore -- r", []string{"7 a  until= -- r! It names no recommendation. Write it as: muralla:ignore RECOMMENDATION until=YYYY-MM-DD -- reason"}},
		{"muralla:ignore imds until=soon -- r", []string{`7 a imds until=soon -- r! The date "soon" cannot be read: write it as until=2027-01-31.`}},
		{"muralla:ignore imds:exposure -- r", []string{`7 a  until= -- r! "imds:exposure" is no recommendation and no date. Write it as: muralla:ignore RECOMMENDATION until=YYYY-MM-DD -- reason`}},
		{"muralla:ignore * -- r", []string{`7 a  until= -- r! "*" is no recommendation and no date. Write it as: muralla:ignore RECOMMENDATION until=YYYY-MM-DD -- reason`}},
		{"muralla:ignor imds -- r", []string{"7 a  until= -- ! There is nothing that is written as muralla:ignor. Did you mean muralla:ignore?"}},
		{"muralla:off", []string{"7 a  until= -- ! There is nothing that is written as muralla:off."}},
		{"see muralla: the page, or https://x/muralla:ignore", nil},
		{"xmuralla:ignore imds -- r", nil},
	} {
		var got []string
		for _, m := range suppress.Marks([]resource.Remark{comment("a", tc.text)}) {
			got = append(got, markLine(m))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%q: want -, got +:\n%s", tc.text, diff)
		}
	}
}

func text(s string) resource.Value { return resource.Value{Kind: resource.String, Text: s} }

func fields(pairs ...string) resource.Value {
	v := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}, Place: ref.Place{File: "t.yaml", Line: 3}}
	for i := 0; i < len(pairs); i += 2 {
		v.Map[pairs[i]] = text(pairs[i+1])
	}
	return v
}

func TestMarksOfMetadata(t *testing.T) {
	list := func(items ...resource.Value) resource.Value {
		return resource.Value{Kind: resource.Map, Map: map[string]resource.Value{"ignore": {Kind: resource.List, List: items}}}
	}
	unknown := fields("recommendation", "imds")
	unknown.Map["reason"] = resource.Value{Kind: resource.Unknown, Why: "a parameter has no value"}
	more := list(fields("recommendation", "imds", "reason", "r"))
	more.Map["off"] = text("x")
	for name, tc := range map[string]struct {
		value resource.Value
		want  []string
	}{
		"two":             {list(fields("recommendation", "imds", "until", "2027-01-31", "reason", "r"), fields("recommendation", "exposure", "reason", "s")), []string{"3 A imds until=2027-01-31 -- r!", "3 A exposure until= -- s!"}},
		"no list":         {text("imds"), []string{"0 A  until= -- ! Metadata under the key muralla is a map with a list ignore, and this is none."}},
		"a text":          {list(text("imds")), []string{"0 A  until= -- ! An element of ignore is a map with recommendation, until and reason, and this is none that is known."}},
		"no slug":         {list(fields("reason", "r")), []string{"3 A  until= -- r! It names no recommendation."}},
		"key":             {list(fields("recommendation", "imds", "because", "r")), []string{`3 A imds until= -- ! There is no key "because" in an element of ignore, only recommendation, until and reason.`}},
		"date":            {list(fields("recommendation", "imds", "reason", "r", "until", "soon")), []string{`3 A imds until=soon -- r! The date "soon" cannot be read: write it as 2027-01-31.`}},
		"unknown reason":  {list(unknown), []string{"3 A imds until= -- ! The value of reason is no text that is known."}},
		"key beside list": {more, []string{`0 A  until= -- ! There is no key "off" below muralla; only ignore is read.`, "3 A imds until= -- r!"}},
	} {
		var got []string
		for _, m := range suppress.Marks([]resource.Remark{{Scope: "A", Value: tc.value}}) {
			got = append(got, markLine(m))
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", name, diff)
		}
	}
}

// marked is a report of violations with remarks, and what became of it.
func marked(t *testing.T, remarks []resource.Remark, ids ...string) finding.Report {
	t.Helper()
	var r finding.Report
	for _, id := range ids {
		r.Findings = append(r.Findings, violation("imds", id, finding.High))
	}
	r.Marks = suppress.Marks(remarks)
	return suppress.Apply(r, intent.Intent{}, today)
}

func TestInline(t *testing.T) {
	module := comment("module.a", "muralla:ignore imds -- r")
	module.Below = true
	stack := comment("Net", "muralla:ignore imds -- r")
	stack.Below = true
	for _, tc := range []struct {
		name    string
		remarks []resource.Remark
		ids     []string
		want    string
	}{
		{"its resource, every instance, and nothing else", []resource.Remark{comment("svc.a", "muralla:ignore imds -- r")}, []string{"svc.a", "svc.a[0]", `svc.a["x.y"]`, "svc.ab", "module.m.svc.a", "svc.a.b"}, `
violates high imds module.m.svc.a
violates high imds svc.a (r until , main.tf:7)
violates high imds svc.a.b
violates high imds svc.a["x.y"] (r until , main.tf:7)
violates high imds svc.a[0] (r until , main.tf:7)
violates high imds svc.ab`},
		{"all of a module", []resource.Remark{module}, []string{"module.a.svc.x", `module.a["k"].svc.x`, "module.ab.svc.x", "module.a2.svc", "svc.x"}, `
violates high imds module.a.svc.x (r until , main.tf:7)
violates high imds module.a2.svc
violates high imds module.a["k"].svc.x (r until , main.tf:7)
violates high imds module.ab.svc.x
violates high imds svc.x`},
		{"all of a nested stack", []resource.Remark{stack}, []string{"Net/Svc", "Network/Svc", "x/Net/Svc"}, `
violates high imds Net/Svc (r until , main.tf:7)
violates high imds Network/Svc
violates high imds x/Net/Svc`},
		{"another recommendation", []resource.Remark{comment("a", "muralla:ignore exposure -- r")}, []string{"a"}, `
violates high imds a
violates low exception a: a suppression of exposure beside a is not used`},
		{"expired", []resource.Remark{comment("a", "muralla:ignore imds until=2026-06-14 -- r")}, []string{"a"}, `
violates high imds a
violates low exception a: a suppression of imds beside a expired on 2026-06-14`},
		{"on its last day", []resource.Remark{comment("a", "muralla:ignore imds until=2026-06-15 -- r")}, []string{"a"}, `
violates high imds a (r until 2026-06-15, main.tf:7)`},
		{"no reason", []resource.Remark{comment("a", "muralla:ignore imds")}, []string{"a"}, `
violates high imds a
violates low exception a: a suppression of imds beside a gives no reason`},
		{"beside nothing", []resource.Remark{comment("", "muralla:ignore imds -- r")}, []string{"a"}, `
violates high imds a
violates low exception : a suppression of imds is beside no resource`},
		{"unknown", []resource.Remark{comment("a", "muralla:ignore idms -- r")}, []string{"a"}, `
violates high imds a
violates low exception a: a suppression of idms beside a names no recommendation`},
		{"unreadable", []resource.Remark{comment("a", "muralla:ignore imds until=x -- r")}, []string{"a"}, `
violates high imds a
violates low exception a: a suppression of imds beside a cannot be read`},
		{"used by one of two instances of a module", []resource.Remark{comment("module.a[0].svc", "muralla:ignore imds -- r"), comment("module.a[1].svc", "muralla:ignore imds -- r")}, []string{"module.a[1].svc"}, `
violates high imds module.a[1].svc (r until , main.tf:7)`},
	} {
		r := marked(t, tc.remarks, tc.ids...)
		var got []string
		for _, f := range r.Findings {
			l := line(f)
			if f.Recommendation == finding.ExceptionSlug {
				l += ": " + f.Title
			}
			if f.Suppressed != nil && f.Suppressed.Source != finding.Inline {
				t.Errorf("%s: the source is %v", tc.name, f.Suppressed.Source)
			}
			got = append(got, l)
		}
		if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), strings.Join(got, "\n")); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", tc.name, diff)
		}
	}
}

// An unused suppression says where the findings are that it may be meant for.
func TestUnusedSaysWhereFindingsAre(t *testing.T) {
	r := marked(t, []resource.Remark{comment("sg.a", "muralla:ignore imds -- r")}, "svc.a", "svc.b", "svc.c", "svc.d", "svc.e")
	last := r.Findings[len(r.Findings)-1]
	if want := " Findings of imds are about svc.a, svc.b, svc.c and 2 more."; !strings.HasSuffix(last.Message, want) {
		t.Errorf("%q does not end with %q", last.Message, want)
	}
}

// What is wrong in the same words at two places is two findings.
func TestFaultsHaveFingerprintsOfTheirOwn(t *testing.T) {
	one, two := comment("a", "muralla:ignore imds"), comment("a", "muralla:ignore imds")
	two.Place.Line = 9
	in := declared(t, `exceptions: [{recommendation: imds, resource: b, reason: r}, {recommendation: imds, resource: b, reason: r}, {recommendation: idms, resource: b, reason: r}]`)
	r := suppress.Apply(finding.Report{Marks: suppress.Marks([]resource.Remark{one, two})}, in, today)
	seen := map[string]bool{}
	for _, f := range r.Findings {
		if seen[f.Fingerprint()] {
			t.Errorf("a second finding has the fingerprint of %s", line(f))
		}
		seen[f.Fingerprint()] = true
	}
	if len(seen) != 5 {
		t.Errorf("%d findings, want 5:\n%s", len(seen), lines(r))
	}
	text := fmt.Sprint(r.Findings)
	if !strings.Contains(text, `Did you mean "imds"?`) {
		t.Errorf("nothing is suggested in %s", text)
	}
}
