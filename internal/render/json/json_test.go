package json_test

import (
	"bytes"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/diff/judged"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/render/json"
)

func at(file string, line int) ref.Place { return ref.Place{File: file, Line: line} }

// full has something in every key of the schema.
func full() finding.Report {
	return finding.Report{
		Findings: []finding.Finding{
			{Recommendation: "tls-client", Resource: "aws_lb.web", Verdict: finding.Follows, Title: "clients use TLS"},
			{Recommendation: "imds", Resource: "aws_ecs_service.orders", Verdict: finding.Undecided, Severity: finding.Medium,
				Message: "The launch template is in another design.", Gaps: []finding.Evidence{{Text: "aws_launch_template.host", Place: at("hosts.tf", 3)}}},
			{Recommendation: "sg-from-alb", Resource: "aws_ecs_service.orders", Verdict: finding.Violates, Severity: finding.High, SeverityWhy: "reachable from the internet",
				Title: "orders can be reached by more than <its> load balancer", Message: "A & B.", Place: at("services.tf", 41),
				Path: []string{"internet > bastion tcp/22", "bastion > orders tcp/8080"}, Evidence: []finding.Evidence{{Text: "sg-orders allows sg-bastion", Place: at("sg.tf", 12)}},
				Changes: []finding.Change{{Resource: "aws_ecs_service.orders", Operation: finding.Set, Path: []finding.Step{{Name: "volume", Key: "name", Is: "data"}, {Name: "x"}}, Note: "It is replaced.",
					Replacements: []finding.Replacement{{File: "services.tf", StartLine: 41, StartColumn: 3, EndLine: 42, EndColumn: 1, Text: "x = 1"}}}},
				Fix: "remove the rule", Ask: "muralla ask 'instance/bastion -> svc/orders' ."},
			{Recommendation: "imds", Resource: "aws_ecs_service.old", Verdict: finding.Violates, Severity: finding.Low,
				Suppressed: &finding.Suppression{Reason: "goes away", Until: "2027-01-31", Place: at("muralla.yaml", 9)}},
			{Recommendation: "imds", Resource: "aws_ecs_service.older", Verdict: finding.Undecided, Suppressed: &finding.Suppression{Reason: "goes away"}},
			{Recommendation: "imds-v2", Resource: "aws_ecs_service.web", Verdict: finding.NotApplicable},
		},
		NotModelled: []finding.NotModelled{{Type: "aws_dx_connection", Count: 2, Why: "it may carry traffic", First: at("dx.tf", 1)}},
		Diagnostics: diag.List{{Level: diag.Warning, Summary: "module not here", Detail: "Run terraform init.", Place: at("main.tf", 7)}},
		Counts:      finding.Counts{Resources: 214, Services: 38, Pairs: 1406},
	}
}

func write(t interface{ Fatal(...any) }, r finding.Report) []byte {
	var out bytes.Buffer
	if err := json.Write(&out, r, json.Options{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decode(t *testing.T, data []byte) any {
	t.Helper()
	var v any
	if err := stdjson.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	return v
}

// schema checks values against the part of JSON Schema that our schemas use. It
// refuses keywords that it does not know, so that none is passed over.
type schema struct {
	root map[string]any
	used map[string]bool // properties that some value had
}

func (s schema) check(at string, rule map[string]any, v any) error {
	var problems []error
	for _, word := range slices.Sorted(maps.Keys(rule)) {
		arg := rule[word]
		var err error
		switch word {
		case "$schema", "$id", "$defs", "title", "description":
		case "$ref":
			name := strings.TrimPrefix(arg.(string), "#/$defs/")
			err = s.check(at, s.root["$defs"].(map[string]any)[name].(map[string]any), v)
		case "type":
			if !isType(arg.(string), v) {
				err = fmt.Errorf("%s is %v, no %v", at, v, arg)
			}
		case "const":
			if v != arg {
				err = fmt.Errorf("%s is %v, not %v", at, v, arg)
			}
		case "enum":
			if !slices.Contains(arg.([]any), v) {
				err = fmt.Errorf("%s is %v, none of %v", at, v, arg)
			}
		case "pattern":
			if text, ok := v.(string); ok && !regexp.MustCompile(arg.(string)).MatchString(text) {
				err = fmt.Errorf("%s is %q, not of the form %v", at, v, arg)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < arg.(float64) {
				err = fmt.Errorf("%s is %v, less than %v", at, v, arg)
			}
		case "oneOf":
			fits := 0
			for _, r := range arg.([]any) {
				if s.check(at, r.(map[string]any), v) == nil {
					fits++
				}
			}
			if fits != 1 {
				err = fmt.Errorf("%s fits %d of oneOf", at, fits)
			}
		case "required":
			for _, key := range arg.([]any) {
				if m, ok := v.(map[string]any); ok && m[key.(string)] == nil && !has(m, key.(string)) {
					err = errors.Join(err, fmt.Errorf("%s has no %v", at, key))
				}
			}
		case "items":
			list, _ := v.([]any)
			for i, e := range list {
				err = errors.Join(err, s.check(fmt.Sprintf("%s[%d]", at, i), arg.(map[string]any), e))
			}
		case "properties":
			err = s.properties(at, arg.(map[string]any), v)
		default:
			err = fmt.Errorf("the schema has %q, which this test does not know", word)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func has(m map[string]any, key string) bool { _, ok := m[key]; return ok }

func (s schema) properties(at string, rules map[string]any, v any) (err error) {
	m, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%s is no object", at)
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		rule, known := rules[key].(map[string]any)
		if !known {
			err = errors.Join(err, fmt.Errorf("the schema does not know %s.%s", at, key))
			continue
		}
		s.used[key] = true
		err = errors.Join(err, s.check(at+"."+key, rule, m[key]))
	}
	return err
}

func isType(name string, v any) bool {
	switch v := v.(type) {
	case nil:
		return name == "null"
	case string:
		return name == "string"
	case bool:
		return name == "boolean"
	case []any:
		return name == "array"
	case map[string]any:
		return name == "object"
	case float64:
		return name == "integer" && v == float64(int(v))
	}
	return false
}

func readSchema(t *testing.T) schema {
	t.Helper()
	text, err := os.ReadFile("../../../docs/schema/check-v1.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema{decode(t, text).(map[string]any), map[string]bool{}}
}

// properties names every property that a schema speaks of, wherever it is, and
// checks that all of them are required.
func properties(t *testing.T, rule any, into map[string]bool) {
	switch rule := rule.(type) {
	case []any:
		for _, r := range rule {
			properties(t, r, into)
		}
	case map[string]any:
		if props, ok := rule["properties"].(map[string]any); ok {
			var required []string
			for _, r := range rule["required"].([]any) {
				required = append(required, r.(string))
			}
			keys := slices.Sorted(maps.Keys(props))
			if diff := cmp.Diff(keys, slices.Sorted(slices.Values(required))); diff != "" {
				t.Errorf("keys are never left out; properties -, required +:\n%s", diff)
			}
			for _, k := range keys {
				into[k] = true
			}
		}
		for _, r := range rule {
			properties(t, r, into)
		}
	}
}

func TestOutputAndSchemaAgree(t *testing.T) {
	s := readSchema(t)
	for name, r := range map[string]finding.Report{"full": full(), "empty": {}} {
		if err := s.check(name, s.root, decode(t, write(t, r))); err != nil {
			t.Error(err)
		}
	}
	compared := judged.Compare([]judged.Known{{Recommendation: "imds", Resource: "gone", Fingerprint: "0123456789abcdef", Verdict: finding.Violates}}, full())
	var out bytes.Buffer
	if err := json.Write(&out, full(), json.Options{Against: &compared, Name: "main"}); err != nil {
		t.Fatal(err)
	}
	if err := s.check("compared", s.root, decode(t, out.Bytes())); err != nil {
		t.Error(err)
	}
	known := map[string]bool{}
	properties(t, s.root, known)
	if diff := cmp.Diff(known, s.used); diff != "" {
		t.Errorf("properties of the schema -, of the output +:\n%s", diff)
	}
}

// The checker of this test notices what is wrong.
func TestSchemaNotices(t *testing.T) {
	for name, change := range map[string]func(d map[string]any){
		"a missing key":       func(d map[string]any) { delete(d, "summary") },
		"an unknown key":      func(d map[string]any) { d["time"] = "now" },
		"a null list":         func(d map[string]any) { d["results"] = nil },
		"another schema":      func(d map[string]any) { d["schema"] = "muralla.check/v2" },
		"an unknown verdict":  func(d map[string]any) { d["results"].([]any)[0].(map[string]any)["verdict"] = "passed" },
		"a short fingerprint": func(d map[string]any) { d["results"].([]any)[0].(map[string]any)["fingerprint"] = "9c41e0d2" },
		"a negative count":    func(d map[string]any) { d["counts"].(map[string]any)["pairs"] = -1.0 },
		"a bad suppression":   func(d map[string]any) { d["results"].([]any)[0].(map[string]any)["suppressed"] = "yes" },
	} {
		s := readSchema(t)
		d := decode(t, write(t, full())).(map[string]any)
		change(d)
		if s.check(name, s.root, d) == nil {
			t.Errorf("%s is not noticed", name)
		}
	}
}

func TestForm(t *testing.T) {
	out := string(write(t, full()))
	for _, want := range []string{
		"{\n  \"schema\": \"muralla.check/v1\",\n  \"results\": [\n    {\n      \"recommendation\": \"sg-from-alb\",",
		`"orders can be reached by more than <its> load balancer"`, `"A & B."`, // no escapes for HTML
		"\"place\": {\n        \"file\": \"services.tf\",\n        \"line\": 41\n      }",
		`"suppressed": null`, `"verdict": "not-applicable"`, `"pairs": 1406`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	if !strings.HasSuffix(out, "}\n") || strings.HasSuffix(out, "\n\n") {
		t.Errorf("it ends with %q", out[len(out)-3:])
	}
	// A suppressed question is not asked again.
	var d struct {
		Undecided []struct{ Resource, Reason string }
	}
	if err := stdjson.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Undecided) != 1 || d.Undecided[0].Reason != "The launch template is in another design." {
		t.Errorf("undecided: %+v", d.Undecided)
	}
}

func TestSameBytesInAnyOrder(t *testing.T) {
	want := write(t, full())
	rapid.Check(t, func(rt *rapid.T) {
		r := full()
		r.Findings = rapid.Permutation(r.Findings).Draw(rt, "findings")
		given := slices.Clone(r.Findings)
		if got := write(rt, r); !bytes.Equal(got, want) {
			rt.Fatalf("want -, got +:\n%s", cmp.Diff(string(want), string(got)))
		}
		if diff := cmp.Diff(given, r.Findings); diff != "" {
			rt.Fatalf("the report that was given changed:\n%s", diff)
		}
	})
}

func TestHostileTextIsStillJSON(t *testing.T) {
	r := finding.Report{Findings: []finding.Finding{{Resource: "a\"\\\x00\x1b[31m\u202e\xff\n", Title: "</script>"}}}
	d := decode(t, write(t, r)).(map[string]any)
	got := d["results"].([]any)[0].(map[string]any)["resource"]
	if got != "a\"\\\x00\x1b[31m\u202e\ufffd\n" {
		t.Errorf("the resource is %q", got)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrors(t *testing.T) {
	if err := json.Write(broken{}, full(), json.Options{}); err == nil || err.Error() != "write JSON: disk full" {
		t.Errorf("got %v", err)
	}
}
