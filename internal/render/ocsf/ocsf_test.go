package ocsf

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// required are the attributes that version 1.3.0 of the schema requires of a
// compliance finding and its objects, and what each of them is.
var required = map[string]map[string]string{
	"":                 {"activity_id": "number", "category_uid": "number", "class_uid": "number", "type_uid": "number", "severity_id": "number", "time": "number", "metadata": "map", "finding_info": "map", "compliance": "map"},
	"metadata":         {"version": "string", "product": "map"},
	"metadata.product": {"vendor_name": "string", "name": "string"},
	"finding_info":     {"uid": "string", "title": "string"},
	"compliance":       {"standards": "list", "status_id": "number"},
}

// lacks says what is required and is not there.
func lacks(e map[string]any) []string {
	var out []string
	for path, attributes := range required {
		at := any(e)
		for _, key := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' }) {
			m, _ := at.(map[string]any)
			at = m[key]
		}
		m, _ := at.(map[string]any)
		for name, kind := range attributes {
			got := "nothing"
			switch v := m[name].(type) {
			case float64:
				got = "number"
			case string:
				got = "string"
			case map[string]any:
				got = "map"
			case []any:
				if len(v) > 0 {
					got = "list"
				}
			}
			if got != kind {
				out = append(out, path+"."+name+" is "+got+", not "+kind)
			}
		}
	}
	return out
}

func events(t interface{ Fatal(...any) }, r finding.Report, o Options) []map[string]any {
	var b bytes.Buffer
	if err := Write(&b, r, o); err != nil {
		t.Fatal(err)
	}
	var out []map[string]any
	if err := json.Unmarshal(b.Bytes(), &out); err != nil {
		t.Fatal(err, b.String())
	}
	if lines := strings.Count(b.String(), "\n"); lines != len(out)+2 {
		t.Fatal(lines, "lines for", len(out), "events")
	}
	return out
}

func TestWrite(t *testing.T) {
	f := finding.Finding{Recommendation: "imds", Resource: "module.a.aws_ecs_service.x[0]", Verdict: finding.Violates, Severity: finding.Critical, SeverityWhy: "it is open",
		Title: "tasks reach <metadata>", Message: "Bad.", Place: ref.Place{File: "main.tf", Line: 3}, Path: []string{"a > b"}, Fix: "Close it."}
	accepted := f
	accepted.Resource, accepted.Verdict, accepted.Suppressed = "Vpc", finding.Undecided, &finding.Suppression{Source: finding.Inline, Reason: "r", Until: "2027-01-31"}
	got := events(t, finding.Report{Findings: []finding.Finding{f, accepted, {Recommendation: "imds", Verdict: finding.NotApplicable}, {Recommendation: "imds", Resource: "y", Verdict: finding.Follows, Severity: finding.High}}},
		Options{Time: 1767225600000, Version: "v1.2.3", Page: func(slug string) string { return "https://x/" + slug }})
	if len(got) != 3 {
		t.Fatalf("%d events", len(got))
	}
	want := map[string]any{
		"activity_id": 1.0, "activity_name": "Create", "category_uid": 2.0, "category_name": "Findings", "class_uid": 2003.0, "class_name": "Compliance Finding",
		"type_uid": 200301.0, "type_name": "Compliance Finding: Create", "time": 1767225600000.0, "severity_id": 5.0, "severity": "Critical", "status_id": 1.0, "status": "New",
		"message":      "tasks reach <metadata>",
		"metadata":     map[string]any{"version": "1.3.0", "product": map[string]any{"name": "Muralla", "vendor_name": "Muralla", "version": "v1.2.3"}},
		"finding_info": map[string]any{"uid": f.Fingerprint(), "title": "tasks reach <metadata>", "desc": "Bad.", "types": []any{"network"}, "src_url": "https://x/imds"},
		"compliance":   map[string]any{"control": "imds", "standards": []any{standard}, "status_id": 3.0, "status": "Fail", "status_detail": "it is open"},
		"resources":    []any{map[string]any{"uid": "module.a.aws_ecs_service.x[0]", "name": "aws_ecs_service.x[0]", "type": "aws_ecs_service"}},
		"remediation":  map[string]any{"desc": "Close it."},
		"unmapped": map[string]any{"verdict": "violates", "place": "main.tf:3", "lines": []any{
			map[string]any{"label": "severity", "text": "critical: it is open"}, map[string]any{"label": "path", "text": "a > b"}}},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	if c := got[1]["compliance"].(map[string]any); c["status_id"] != 2.0 || got[1]["status"] != "Suppressed" || got[1]["status_detail"] != "inline: r (until 2027-01-31)" {
		t.Errorf("%v", got[1])
	}
	if c := got[2]["compliance"].(map[string]any); c["status_id"] != 1.0 || got[2]["status_id"] != 4.0 || got[2]["severity_id"] != 1.0 {
		t.Errorf("%v", got[2])
	}
}

// Whatever a report holds, every event has what the schema requires.
func TestRequiredAttributes(t *testing.T) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\xff", "\n", "\"", "\u2028"}))
		var r finding.Report
		for range rapid.IntRange(0, 4).Draw(rt, "findings") {
			r.Findings = append(r.Findings, finding.Finding{Recommendation: text.Draw(rt, "slug"), Resource: ref.ID(text.Draw(rt, "id")), Title: text.Draw(rt, "title"), Message: text.Draw(rt, "message"),
				Verdict: finding.Verdict(rapid.IntRange(0, 3).Draw(rt, "verdict")), Severity: finding.Severity(rapid.IntRange(0, 4).Draw(rt, "severity"))})
		}
		for _, e := range events(rt, r, Options{}) {
			n++
			if list := lacks(e); len(list) > 0 {
				rt.Fatalf("%v in %v", list, e)
			}
		}
	})
	if n == 0 {
		t.Error("no draw had an event")
	}
}
