package ocsf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// schema is what version 1.3.0 says of a compliance finding and its objects: for
// each attribute its type, with "!" if it is required, and for the number of a
// thing with a name the names by number. Attributes that are not listed are none
// of the schema, or none that we have a use for.
var schema = map[string]map[string]string{
	"compliance_finding": {"activity_id!": "1 Create,2 Update,3 Close", "activity_name": "string", "category_uid!": "2 Findings", "category_name": "string",
		"class_uid!": "2003 Compliance Finding", "class_name": "string", "type_uid!": "200301 Compliance Finding: Create", "type_name": "string", "time!": "number",
		"severity_id!": "1 Informational,2 Low,3 Medium,4 High,5 Critical", "severity": "string", "status_id": "1 New,2 In Progress,3 Suppressed,4 Resolved",
		"status": "string", "status_detail": "string", "message": "string", "metadata!": "metadata", "finding_info!": "finding_info", "compliance!": "compliance",
		"resources": "[]resource_details", "remediation": "remediation", "unmapped": "anything"},
	"metadata":         {"version!": "string", "product!": "product"},
	"product":          {"vendor_name!": "string", "name!": "string", "version": "string"},
	"finding_info":     {"uid!": "string", "title!": "string", "desc": "string", "types": "[]string", "src_url": "string"},
	"compliance":       {"standards!": "[]string", "control": "string", "status_id": "1 Pass,2 Warning,3 Fail", "status": "string", "status_detail": "string"},
	"resource_details": {"uid!": "string", "name": "string", "type": "string"}, // one of uid and name
	"remediation":      {"desc!": "string"},
}

// names are the attributes that say in words what a number says.
var names = map[string]string{"activity_id": "activity_name", "category_uid": "category_name", "class_uid": "class_name", "type_uid": "type_name",
	"severity_id": "severity", "status_id": "status"}

// lacks says what of an object is not as the schema has it.
func lacks(x any, kind string) []string {
	m, ok := x.(map[string]any)
	if !ok {
		return []string{fmt.Sprintf("%v is no %s", x, kind)}
	}
	var out []string
	for name, form := range schema[kind] {
		bare, required := strings.CutSuffix(name, "!")
		v, has := m[bare]
		if !has {
			if required {
				out = append(out, kind+" has no "+bare)
			}
			continue
		}
		ok := true
		switch element, list := strings.CutPrefix(form, "[]"); {
		case form == "anything":
		case form == "string":
			_, ok = v.(string)
		case form == "number":
			_, ok = v.(float64)
		case list:
			all, isList := v.([]any)
			ok = isList && (len(all) > 0 || !required)
			for _, e := range all {
				if _, text := e.(string); element == "string" {
					ok = ok && text
				} else {
					out = append(out, lacks(e, element)...)
				}
			}
		case schema[form] != nil:
			out = append(out, lacks(v, form)...)
		default: // a number with a name
			ok = slices.Contains(strings.Split(form, ","), fmt.Sprint(v, " ", m[names[bare]]))
		}
		if !ok {
			out = append(out, fmt.Sprintf("%s of %s is %v, not %s", bare, kind, v, form))
		}
	}
	for name := range m {
		if schema[kind][name] == "" && schema[kind][name+"!"] == "" {
			out = append(out, kind+" has a "+name)
		}
	}
	return out
}

// The class is within its category, and the type of an event within its class.
func TestNumbers(t *testing.T) {
	e := eventOf(finding.Finding{}, Options{})
	if e.ClassUID != e.CategoryUID*1000+3 || e.TypeUID != e.ClassUID*100+e.ActivityID {
		t.Errorf("%+v", e)
	}
}

// What the schema does not have is noticed.
func TestSchemaNotices(t *testing.T) {
	f := finding.Finding{Recommendation: "imds", Resource: "aws_lb.x", Title: "t", Fix: "Close it.", Verdict: finding.Violates}
	var b bytes.Buffer
	if err := Write(&b, finding.Report{Findings: []finding.Finding{f}}, Options{}); err != nil {
		t.Fatal(err)
	}
	for old, wrong := range map[string]string{
		`"class_uid":2003`: `"class_uid":2004`, `"type_uid":200301`: `"type_uid":200302`, `"severity_id":1`: `"severity_id":2`,
		`"status_id":3,"status":"Fail"`: `"status_id":1,"status":"Fail"`, `"status":"New"`: `"status":"new"`, `,"vendor_name":"Muralla"`: ``, `"title":"t",`: ``,
		`"standards":["` + standard + `"]`: `"standards":[]`, `"uid":"aws_lb.x",`: ``, `"remediation":{"desc":`: `"remediation":{"text":`, `"time":0,`: `"time":"0",`,
		`"message":`: `"messages":`,
	} {
		if !strings.Contains(b.String(), old) {
			t.Errorf("%s is not written in %s", old, b.String())
		}
		var list []any
		if err := json.Unmarshal([]byte(strings.Replace(b.String(), old, wrong, 1)), &list); err != nil {
			t.Fatal(err)
		}
		if len(lacks(list[0], "compliance_finding")) == 0 {
			t.Errorf("%s passes", wrong)
		}
	}
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

// Whatever a report holds, every event is as the schema has it.
func TestAnyReportIsValid(t *testing.T) {
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
			if list := lacks(e, "compliance_finding"); len(list) > 0 {
				rt.Fatalf("%v in %v", list, e)
			}
		}
	})
	if n == 0 {
		t.Error("no draw had an event")
	}
}
