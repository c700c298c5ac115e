package intent

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

const whole = `version: 1
organization: o-a1b2c3d4e5
accounts: [111122223333, 012345678901, "444455556666"]
services:
  - match: aws_ecs_service.orders
    sensitivity: restricted
    tls: required
    isolation: payments
  - match: "*web*"
    sensitivity: public
isolation:
  - name: payments
    clusters: [aws_ecs_cluster.payments, "pay-*"]
  - name: office
    services: backoffice
flows:
  - from: aws_instance.bastion
    to: aws_ecs_service.orders
    ports: [tcp/22, tcp/8080-8081]
    reason: operators come in here
  - {from: internet, to: "*web*", ports: tcp/443}
  - {from: 10.0.0.0/8, to: Network/Store}
exceptions:
  - recommendation: sg-from-alb
    resource: aws_ecs_service.legacy*
    reason: moves to the new cluster
    until: 2027-01-31
  - recommendation: imds
    resource: "*"
severity:
  tls-backend: note
  exposure: critical
prefix_lists:
  com.amazonaws.eu-west-1.s3: [52.218.0.0/17, 2001:db8::/32]
`

func at(line int) ref.Place { return ref.Place{File: "muralla.yaml", Line: line} }

func TestParseWhole(t *testing.T) {
	got, diags := Parse("muralla.yaml", []byte(whole))
	if len(diags) > 0 {
		t.Fatalf("diagnostics: %+v", diags)
	}
	want := Intent{
		Organization: "o-a1b2c3d4e5",
		// A number with a leading zero keeps it.
		Accounts: []string{"111122223333", "012345678901", "444455556666"},
		Services: []Service{
			{NewGlob("aws_ecs_service.orders"), Restricted, TLSRequired, "payments", at(5)},
			{NewGlob("*web*"), Public, TLSUndeclared, "", at(9)},
		},
		Isolation: []Group{
			{"payments", []Glob{NewGlob("aws_ecs_cluster.payments"), NewGlob("pay-*")}, nil, at(12)},
			{"office", nil, []Glob{NewGlob("backoffice")}, at(14)},
		},
		Flows: []Flow{
			{Side{Glob: NewGlob("aws_instance.bastion")}, Side{Glob: NewGlob("aws_ecs_service.orders")},
				netset.TCP(22, 22).Union(netset.TCP(8080, 8081)), "operators come in here", at(17)},
			{Side{Internet: true}, Side{Glob: NewGlob("*web*")}, netset.TCP(443, 443), "", at(21)},
			{Side{CIDR: netip.MustParsePrefix("10.0.0.0/8")}, Side{Glob: NewGlob("Network/Store")}, netset.AllPorts(), "", at(22)},
		},
		Exceptions: []Exception{
			{"sg-from-alb", NewGlob("aws_ecs_service.legacy*"), "moves to the new cluster", Date{2027, 1, 31}, at(24)},
			{"imds", NewGlob("*"), "", Date{}, at(28)},
		},
		Severities: []SeverityRule{
			{"tls-backend", Glob{}, finding.Note, "", at(31)},
			{"exposure", Glob{}, finding.Critical, "", at(32)},
		},
		PrefixLists: []PrefixList{{"com.amazonaws.eu-west-1.s3",
			netset.Prefix(netip.MustParsePrefix("52.218.0.0/17"), netip.MustParsePrefix("2001:db8::/32")), at(34)}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(netset.Ports.Equal), cmp.Comparer(netset.Addrs.Equal),
		cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmp.AllowUnexported(Glob{})); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestParseSeverityList(t *testing.T) {
	got, diags := Parse("muralla.yaml", []byte("version: 1\nseverity:\n  - {recommendation: tls-data, severity: low, reason: r, resource: a.b}\n"))
	want := []SeverityRule{{"tls-data", NewGlob("a.b"), finding.Low, "r", at(3)}}
	if diff := cmp.Diff(want, got.Severities, cmp.AllowUnexported(Glob{})); diff != "" || len(diags) > 0 {
		t.Errorf("want -, got +:\n%s%+v", diff, diags)
	}
}

// Each of these files has one thing wrong on a known line, and a sentence says
// what it probably was.
func TestProblems(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		line       int
		summary    string
		says       string
	}{
		{"no version", "accounts: []", 1, "missing key", `no "version"`},
		{"another version", "version: 2", 1, "unknown version", `version "2"`},
		{"a key that is almost one", "version: 1\nflow: []", 2, "unknown key", `did you mean "flows"?`},
		{"a key that is nothing like one", "version: 1\nbananas: []", 2, "unknown key", "Known are: version, organization"},
		{"disabling is not offered", "version: 1\nrecommendations: {disable: [imds]}", 2, "unknown key", "recommendations"},
		{"a misspelt key in an entry", "version: 1\nexceptions:\n- recommendation: a\n  resource: b\n  untill: 2027-01-01", 5, "unknown key", `did you mean "until"?`},
		{"a key twice", "version: 1\nversion: 1", 2, "duplicate key", "already given on line 1"},
		{"a key twice in an entry", "version: 1\nflows:\n- from: a\n  to: b\n  to: c", 5, "duplicate key", `"to" of flows`},
		{"a merge key", "version: 1\nflows:\n- &a {from: a, to: b}\n- <<: *a\n  from: c\n  to: d", 4, "merge key", "write the keys out"},
		{"a mapping for a list", "version: 1\nflows: {from: a}", 2, "wrong type", "Flows is a mapping, where a list"},
		{"a list for a mapping", "version: 1\nprefix_lists: [a]", 2, "wrong type", "where a mapping"},
		{"a list for a word", "version: 1\nservices: [{match: [a]}]", 2, "wrong type", "Match is a list"},
		{"nothing for a list", "version: 1\nflows:", 2, "wrong type", "Flows is empty"},
		{"a file that is a list", "- version: 1", 1, "wrong type", "Muralla.yaml is a list"},
		{"an empty value", "version: 1\nservices: [{match: }]", 2, "empty value", `value of "match" is empty`},
		{"a bad organization", "version: 1\norganization: o-ABC", 2, "wrong form", `"o-ABC" is not the id of an organization`},
		{"a short account", "version: 1\naccounts: [12345]", 2, "wrong form", "twelve digits"},
		{"a bad word", "version: 1\nservices: [{match: a, sensitivity: secret}]", 2, "unknown word", "public, internal, confidential, restricted"},
		{"a word that is almost one", "version: 1\nservices: [{match: a, tls: require}]", 2, "unknown word", `did you mean "required"?`},
		{"a bad severity", "version: 1\nseverity: {imds: never}", 2, "unknown word", `severity "never"`},
		{"a severity without a reason", "version: 1\nseverity: [{recommendation: a, severity: low}]", 2, "missing key", `no "reason"`},
		{"a bad port", "version: 1\nflows: [{from: a, to: b, ports: [tcp/99999]}]", 2, "wrong form", "such as tcp/8080"},
		{"no port at all", "version: 1\nflows: [{from: a, to: b, ports: none}]", 2, "empty value", "would allow nothing"},
		{"an empty list of ports", "version: 1\nflows: [{from: a, to: b, ports: []}]", 2, "empty value", "Remove the key"},
		{"a long prefix", "version: 1\nflows: [{from: 10.0.0.0/33, to: b}]", 2, "wrong form", "neither an IP address nor a CIDR"},
		{"host bits", "version: 1\nflows: [{from: 10.0.0.1/8, to: b}]", 2, "host bits", "Write 10.0.0.0/8"},
		{"a bad prefix list", "version: 1\nprefix_lists: {pl-1: [x]}", 2, "wrong form", `"x" is neither`},
		{"a day that is none", "version: 1\nexceptions: [{recommendation: a, resource: b, until: 2027-02-30}]", 2, "wrong form", "there is no such day"},
		{"a date of another form", "version: 1\nexceptions: [{recommendation: a, resource: b, until: 31.1.2027}]", 2, "wrong form", "YYYY-MM-DD"},
		{"a group that is not there", "version: 1\nisolation: [{name: payments, services: a}]\nservices: [{match: a, isolation: payment}]", 3, "unknown group", `did you mean "payments"?`},
		{"a group twice", "version: 1\nisolation:\n- {name: a, services: x}\n- {name: a, services: y}", 4, "duplicate group", "already declared on line 3"},
		{"a group of nothing", "version: 1\nisolation: [{name: a}]", 2, "empty group", "isolates nothing"},
		{"two documents", "version: 1\n---\nversion: 1", 2, "second document", "only the first counts"},
		{"no YAML", "version: 1\nflows: [", 2, "not YAML", "did not find expected node content"},
		{"a tab", "version: 1\nflows:\n\t- from: a", 3, "not YAML", "a tab"},
		{"an unknown alias", "version: 1\nflows: *x", 0, "not YAML", "unknown anchor"},
	} {
		_, diags := Parse("muralla.yaml", []byte(tc.text))
		if len(diags) != 1 {
			t.Errorf("%s: %d diagnostics: %+v", tc.name, len(diags), diags)
			continue
		}
		d := diags[0]
		if d.Level != diag.Error || d.Summary != tc.summary || d.Place != at(tc.line) || !strings.Contains(d.Detail, tc.says) {
			t.Errorf("%s:\ngot  %v %v %q: %s\nwant error on line %d, %q: … %s …", tc.name, d.Level, d.Place, d.Summary, d.Detail, tc.line, tc.summary, tc.says)
		}
	}
}

// What could not be read must not mean more than was meant.
func TestBrokenEntriesHaveNoEffect(t *testing.T) {
	in, diags := Parse("muralla.yaml", []byte(`version: 1
services:
  - {match: a, sensitivty: public}
  - {match: good}
flows:
  - {from: a, to: b, ports: [tcp/x]}
  - {from: a, to: b, port: tcp/80}
  - {from: a}
  - {from: good, to: b}
exceptions:
  - {recommendation: a, resource: b, reason: r, until: soon}
  - {recommendation: a, resource: b, reason: r, til: 2020-01-01}
  - {recommendation: a, reason: r}
  - {recommendation: good, resource: b, reason: r}
severity:
  - {recommendation: a, resource: [b], severity: note, reason: r}
  - {recommendation: good, severity: note, reason: r}
prefix_lists:
  a: [10.0.0.0/8, x]
  good: [10.0.0.0/8]
`))
	if len(in.Services) != 1 || len(in.Flows) != 1 || len(in.Exceptions) != 1 || len(in.Severities) != 1 || len(in.PrefixLists) != 1 {
		t.Errorf("got %+v", in)
	}
	if len(diags) != 9 { // the entry with port: reports a missing nothing, each of the others one thing
		t.Errorf("%d diagnostics: %+v", len(diags), diags)
	}
}

func TestEmptyFilesDeclareNothing(t *testing.T) {
	for _, text := range []string{"", "\n", "# only a comment\n", "---\n", "~"} {
		in, diags := Parse("muralla.yaml", []byte(text))
		if len(diags) > 0 || in.Services != nil || in.Exceptions != nil {
			t.Errorf("%q: %+v, %+v", text, in, diags)
		}
	}
}

// bomb is nine aliases to nine aliases and so on: more entries than memory.
func bomb() string {
	var b strings.Builder
	b.WriteString("version: 1\nx0: &x0 [{from: a, to: b}]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&b, "x%d: &x%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d, ", i-1), 9), ", "))
	}
	return b.String() + "flows: *x11\n"
}

// wide is one large list that many keys take by alias.
func wide() string {
	var b strings.Builder
	b.WriteString("version: 1\nprefix_lists:\n  p: &p [" + strings.Repeat("10.0.0.1, ", 2000) + "10.0.0.1]\n")
	for i := range 500 {
		fmt.Fprintf(&b, "  p%d: *p\n", i)
	}
	return b.String() + "exceptions: [{recommendation: late, resource: a, reason: r, until: 2020-01-01}]\n"
}

func TestHugeInputsAreBounded(t *testing.T) {
	in, diags := Parse("muralla.yaml", []byte(wide()))
	if !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Summary == "file too large" }) {
		t.Errorf("diagnostics: %+v", diags)
	}
	if len(in.PrefixLists) > maxNodes/2000 {
		t.Errorf("%d prefix lists were read", len(in.PrefixLists))
	}
	if len(in.Exceptions) > 0 {
		t.Errorf("an exception was read in part: %+v", in.Exceptions)
	}
	for name, text := range map[string]string{
		"nested aliases": bomb(),
		"too long":       "version: 1\n#" + strings.Repeat("x", maxBytes),
		"deep":           strings.Repeat("[", 20_000),
		"many problems":  "version: 1\n" + strings.Repeat("- x\n", 10),
		"unknown keys":   "version: 1\n" + manyKeys(5000),
		"a long value":   "version: 1\norganization: " + strings.Repeat("é", 400_000),
	} {
		_, diags := Parse("muralla.yaml", []byte(text))
		size := 0
		for _, d := range diags {
			size += len(d.Summary) + len(d.Detail)
		}
		if len(diags) == 0 || len(diags) > maxProblems || size > 100_000 {
			t.Errorf("%s: %d diagnostics with %d bytes", name, len(diags), size)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "key%d: x\n", i)
	}
	return b.String()
}

type schema struct {
	Properties map[string]json.RawMessage `json:"properties"`
	Required   []string                   `json:"required"`
	Additional *bool                      `json:"additionalProperties"`
	Enum       []string                   `json:"enum"`
	Defs       map[string]schema          `json:"$defs"`
}

func keysOf[T any](fields []field[T]) (keys, required []string) {
	for _, f := range fields {
		keys = append(keys, f.key)
		if f.required {
			required = append(required, f.key)
		}
	}
	return keys, required
}

func TestSchemaAgreesWithReader(t *testing.T) {
	text, err := os.ReadFile("../../docs/schema/muralla.yaml.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	check := func(name string, s schema, keys, required []string) {
		t.Helper()
		got := make([]string, 0, len(s.Properties))
		for k := range s.Properties {
			got = append(got, k)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(keys)), slices.Sorted(slices.Values(got))); diff != "" {
			t.Errorf("keys of %s, reader -, schema +:\n%s", name, diff)
		}
		if diff := cmp.Diff(slices.Sorted(slices.Values(required)), slices.Sorted(slices.Values(s.Required))); diff != "" {
			t.Errorf("required keys of %s, reader -, schema +:\n%s", name, diff)
		}
		if s.Additional == nil || *s.Additional {
			t.Errorf("the schema takes unknown keys in %s", name)
		}
	}
	keys, required := keysOf(topFields)
	check("the file", s, keys, required)
	keys, required = keysOf(serviceFields)
	check("services", s.Defs["service"], keys, required)
	keys, required = keysOf(groupFields)
	check("isolation", s.Defs["group"], keys, required)
	keys, required = keysOf(flowFields)
	check("flows", s.Defs["flow"], keys, required)
	keys, required = keysOf(exceptionFields)
	check("exceptions", s.Defs["exception"], keys, required)
	keys, required = keysOf(severityFields)
	check("severity", s.Defs["severityRule"], keys, required)

	enum := func(property string) []string {
		var inner schema
		if err := json.Unmarshal(s.Defs["service"].Properties[property], &inner); err != nil {
			t.Fatal(err)
		}
		return inner.Enum
	}
	for name, words := range map[string][2][]string{
		"severity":    {severityWords[1:], s.Defs["severity"].Enum},
		"sensitivity": {sensitivities[1:], enum("sensitivity")},
		"tls":         {tlsWords[1:], enum("tls")},
	} {
		if diff := cmp.Diff(words[0], words[1]); diff != "" {
			t.Errorf("words of %s, reader -, schema +:\n%s", name, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{whole, "", "version: 1", "a: &a [*a]", "? [x]\n: y", "version: !!binary aGk=", "\xff\xfe", "%YAML 1.1\n---\n", bomb()} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		in, diags := Parse("muralla.yaml", data)
		if len(diags) > maxProblems {
			t.Errorf("%d diagnostics", len(diags))
		}
		for _, d := range diags {
			if d.Summary == "" || d.Detail == "" || d.Place.File == "" {
				t.Errorf("a diagnostic that does not help: %+v", d)
			}
		}
		for _, e := range in.Exceptions {
			if e.Recommendation == "" || e.Resource.IsZero() {
				t.Errorf("an exception that says too little: %+v", e)
			}
		}
		for _, fl := range in.Flows {
			if fl.Ports.IsEmpty() || fl.From.String() == "" || fl.To.String() == "" {
				t.Errorf("a flow that says too little: %+v", fl)
			}
		}
	})
}
