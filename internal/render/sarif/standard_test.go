package sarif

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// standard is what SARIF 2.1.0 says of the objects that we write: for each
// property its form, with "!" if it is required. Forms are "string", "uri" (an
// absolute one), "relative", "bool", "bag" (anything), "int N" (at least N),
// "enum A B", the name of an object, "[N] FORM" (at least N), and "map FORM".
// Properties that are not listed are no properties of the object, or none that we
// have a use for.
var standard = map[string]map[string]string{
	"log": {"$schema": "uri", "version!": "enum 2.1.0", "runs!": "[1] run"},
	"run": {"tool!": "tool", "invocations": "[0] invocation", "originalUriBaseIds": "map artifactLocation", "results": "[0] result",
		"columnKind": "enum utf16CodeUnits unicodeCodePoints", "properties": "bag"},
	"tool":          {"driver!": "toolComponent"},
	"toolComponent": {"name!": "string", "version": "string", "semanticVersion": "string", "informationUri": "uri", "rules": "[0] reportingDescriptor"},
	"reportingDescriptor": {"id!": "string", "shortDescription": "message", "fullDescription": "message", "help": "message", "helpUri": "uri",
		"defaultConfiguration": "reportingConfiguration", "properties": "bag"},
	"reportingConfiguration": {"level": "enum none note warning error"},
	"message":                {"text!": "string", "markdown": "string"},
	"invocation":             {"executionSuccessful!": "bool", "toolExecutionNotifications": "[0] notification"},
	"notification":           {"message!": "message", "level": "enum none note warning error", "locations": "[0] location"},
	"result": {"ruleId": "string", "ruleIndex": "int 0", "kind": "enum notApplicable pass fail review open informational",
		"level": "enum none note warning error", "message!": "message", "locations": "[0] location", "partialFingerprints": "map string",
		"baselineState": "enum new unchanged updated absent",
		"codeFlows":     "[0] codeFlow", "relatedLocations": "[0] location", "suppressions": "[0] suppression", "fixes": "[0] fix", "properties": "bag"},
	"fix":                {"description": "message", "artifactChanges!": "[1] artifactChange"},
	"artifactChange":     {"artifactLocation!": "artifactLocation", "replacements!": "[1] replacement"},
	"replacement":        {"deletedRegion!": "region", "insertedContent": "artifactContent"},
	"artifactContent":    {"text": "string"},
	"location":           {"id": "int 0", "physicalLocation": "physicalLocation", "logicalLocations": "[0] logicalLocation", "message": "message"},
	"physicalLocation":   {"artifactLocation!": "artifactLocation", "region": "region"},
	"artifactLocation":   {"uri": "relative", "uriBaseId": "string", "description": "message"},
	"region":             {"startLine!": "int 1", "startColumn": "int 1", "endLine": "int 1", "endColumn": "int 1"},
	"logicalLocation":    {"fullyQualifiedName": "string", "kind": "string"},
	"codeFlow":           {"threadFlows!": "[1] threadFlow"},
	"threadFlow":         {"locations!": "[1] threadFlowLocation"},
	"threadFlowLocation": {"location": "location", "nestingLevel": "int 0"},
	"suppression":        {"kind!": "enum inSource external", "status": "enum accepted underReview rejected", "justification": "string", "location": "location", "properties": "bag"},
}

// invalid says what of a log is not as the standard has it.
func invalid(data []byte) []string {
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.UseNumber()
	var log map[string]any
	if err := dec.Decode(&log); err != nil {
		return []string{err.Error()}
	}
	v := &validator{}
	v.value("log", log, "log")
	if len(v.problems) == 0 {
		for _, run := range log["runs"].([]any) {
			v.run(run.(map[string]any))
		}
	}
	return v.problems
}

type validator struct{ problems []string }

func (v *validator) wrong(at, format string, args ...any) {
	v.problems = append(v.problems, at+": "+fmt.Sprintf(format, args...))
}

func (v *validator) value(at string, x any, form string) {
	kind, rest, _ := strings.Cut(form, " ")
	text, isText := x.(string)
	ok := true
	switch {
	case kind == "bag":
		_, ok = x.(map[string]any)
	case kind == "bool":
		_, ok = x.(bool)
	case kind == "string":
		ok = isText
	case kind == "enum":
		ok = isText && slices.Contains(strings.Fields(rest), text)
	case kind == "uri":
		u, err := url.Parse(text)
		ok = isText && err == nil && u.IsAbs() && u.Host != ""
	case kind == "relative":
		// A path below the root, with nothing that is not allowed in one.
		u, err := url.Parse(text)
		ok = isText && err == nil && !u.IsAbs() && u.Host == "" && u.RawQuery == "" && u.Fragment == "" && u.Path != "" && u.Path[0] != '/' &&
			!slices.Contains(strings.Split(text, "/"), "..") && !strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}[]", r) })
	case kind == "int":
		number, isNumber := x.(json.Number)
		n, err := strconv.Atoi(string(number))
		least, _ := strconv.Atoi(rest)
		ok = isNumber && err == nil && n >= least
	case kind == "map":
		var m map[string]any
		if m, ok = x.(map[string]any); ok {
			for k, e := range m {
				v.value(at+"."+k, e, rest)
			}
		}
	case strings.HasPrefix(kind, "["):
		var list []any
		least, _ := strconv.Atoi(strings.Trim(kind, "[]"))
		if list, ok = x.([]any); ok && len(list) >= least {
			for i, e := range list {
				v.value(fmt.Sprintf("%s[%d]", at, i), e, rest)
			}
		} else {
			ok = false
		}
	default:
		m, isObject := x.(map[string]any)
		if properties, known := standard[kind]; isObject && known {
			v.object(at, m, properties)
		} else {
			ok = false
		}
	}
	if !ok {
		v.wrong(at, "%v is no %s", x, form)
	}
}

func (v *validator) object(at string, m map[string]any, properties map[string]string) {
	for name, form := range properties {
		bare, required := strings.CutSuffix(name, "!")
		if x, has := m[bare]; has {
			v.value(at+"."+bare, x, form)
		} else if required {
			v.wrong(at, "%s is missing", bare)
		}
	}
	for name := range m {
		if properties[name] == "" && properties[name+"!"] == "" {
			v.wrong(at, "there is no property %s", name)
		}
	}
}

// run holds what the standard says in words: levels of kinds (3.27.10), indices
// of rules (3.27.6), destinations of links (3.11.6), suppressions of all results
// or none (3.27.23), base ids (3.14.14).
func (v *validator) run(run map[string]any) {
	rules := run["tool"].(map[string]any)["driver"].(map[string]any)["rules"].([]any)
	seen := map[string]bool{}
	for _, r := range rules {
		id := r.(map[string]any)["id"].(string)
		if seen[id] {
			v.wrong("rules", "%s is there twice", id)
		}
		seen[id] = true
	}
	results := run["results"].([]any)
	for i, x := range results {
		at, r := fmt.Sprintf("results[%d]", i), x.(map[string]any)
		if (r["kind"] != "fail") != (r["level"] == "none") {
			v.wrong(at, "kind %v has level %v", r["kind"], r["level"])
		}
		index, _ := strconv.Atoi(string(r["ruleIndex"].(json.Number)))
		if index >= len(rules) || rules[index].(map[string]any)["id"] != r["ruleId"] {
			v.wrong(at, "its rule is not the one at its index")
		}
		if (r["baselineState"] == nil) != (results[0].(map[string]any)["baselineState"] == nil) {
			v.wrong(at, "some results have a state and some have not")
		}
		if (r["suppressions"] == nil) != (results[0].(map[string]any)["suppressions"] == nil) {
			v.wrong(at, "some results have suppressions and some have not")
		}
		ids := map[string]bool{}
		related, _ := r["relatedLocations"].([]any)
		for _, l := range related {
			id := string(l.(map[string]any)["id"].(json.Number))
			if ids[id] {
				v.wrong(at, "the location %s is there twice", id)
			}
			ids[id] = true
		}
		for _, to := range destinations(r["message"].(map[string]any)["text"].(string)) {
			if !ids[to] {
				v.wrong(at, "a link leads to %q", to)
			}
		}
		if placeholder.MatchString(strings.NewReplacer("{{", "", "}}", "").Replace(r["message"].(map[string]any)["text"].(string))) {
			v.wrong(at, "the message has a placeholder")
		}
	}
	bases, _ := run["originalUriBaseIds"].(map[string]any)
	v.bases(run["results"], bases)
	v.bases(run["invocations"], bases)
}

// bases looks for base ids at any depth.
func (v *validator) bases(x any, known map[string]any) {
	switch x := x.(type) {
	case []any:
		for _, e := range x {
			v.bases(e, known)
		}
	case map[string]any:
		if id, ok := x["uriBaseId"].(string); ok && known[id] == nil {
			v.wrong("uriBaseId", "%s is not known", id)
		}
		for _, e := range x {
			v.bases(e, known)
		}
	}
}

// destinations of the embedded links of a plain text message (3.11.6).
func destinations(text string) []string {
	var out []string
	for {
		_, after, ok := strings.Cut(text, "](")
		if !ok {
			return out
		}
		to, rest, _ := strings.Cut(after, ")")
		out, text = append(out, to), rest
	}
}
