package eval_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// resources writes what a template makes, one resource or output a line.
func resources(t tester, text string, o eval.Options) string {
	t.Helper()
	list, outputs, diags := eval.Template(parse(t, text), o)
	for _, d := range diags {
		t.Errorf("%s\n%v: %s: %s", text, d.Place, d.Summary, d.Detail)
	}
	var b strings.Builder
	for _, r := range list {
		fmt.Fprintf(&b, "%s %s %s\n", r.ID, r.Exists, show(r.Body))
	}
	for _, o := range outputs {
		fmt.Fprintf(&b, "output %s %s %s %s\n", o.Name, o.Exists, show(o.Value), show(o.Export))
	}
	return b.String()
}

// TestLoopsAgreeWithTextualExpansion writes the same template with loops and
// without.
func TestLoopsAgreeWithTextualExpansion(t *testing.T) {
	body := func(x, y string) string { // in the style of the inside of a loop
		return "{Type: T, Condition: 'C" + x + "', Properties: {Sub: !Sub 'a-" + x + "-${AWS::Region}-" + y + "', Get: !GetAtt ['R" + x + y + "', Arn], Text: '" + x + "', List: [" + "%s" + "]}}"
	}
	seen := map[int]int{}
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"One", "Two", "3", "10.0"}), 0, 3, rapid.ID).Draw(rt, "outer")
		inner := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B"}), 0, 2, rapid.ID).Draw(rt, "inner")
		plain := func(s string) string { return strings.ReplaceAll(s, ".", "") }
		var loops, by strings.Builder
		loops.WriteString("Parameters: {L: {Type: CommaDelimitedList, Default: '" + strings.Join(words, ",") + "'}}\n")
		loops.WriteString("Conditions: {Fn::ForEach::C: [X, !Ref L, {'C${X}': !Equals [!Ref X, One]}]}\nResources:\n  Other: {Type: O}\n")
		loops.WriteString("  Fn::ForEach::Outer:\n  - X\n  - !Ref L\n  - Fn::ForEach::Inner:\n    - Y\n    - ['" + strings.Join(inner, "', '") + "']\n")
		loops.WriteString("    - 'R&{X}${Y}': " + fmt.Sprintf(strings.ReplaceAll(body("${X}", "${Y}"), "R${X}", "R&{X}"), "!Ref X, !Ref Y") + "\n")
		loops.WriteString("Outputs: {Fn::ForEach::O: [X, !Ref L, {'O&{X}': {Value: '${X}', Export: {Name: '${X}-&{X}'}}}]}\n")
		by.WriteString("Conditions:\n")
		for _, x := range words {
			fmt.Fprintf(&by, "  'C%s': !Equals ['%s', One]\n", x, x)
		}
		by.WriteString("Resources:\n  Other: {Type: O}\n")
		if len(inner) == 0 {
			inner = []string{""} // the list holds one empty text
		}
		for _, x := range words {
			for _, y := range inner {
				text := strings.ReplaceAll(body(x, y), "['R"+x+y, "['R"+plain(x)+y)
				fmt.Fprintf(&by, "  'R%s%s': %s\n", plain(x), y, fmt.Sprintf(text, "'"+x+"', '"+y+"'"))
			}
		}
		by.WriteString("Outputs:\n")
		for _, x := range words {
			fmt.Fprintf(&by, "  'O%s': {Value: '%s', Export: {Name: '%s-%s'}}\n", plain(x), x, x, plain(x))
		}
		want := resources(rt, by.String(), eval.Options{})
		if diff := cmp.Diff(want, resources(rt, loops.String(), eval.Options{})); diff != "" {
			rt.Fatalf("%s\nwant -, got +:\n%s", loops.String(), diff)
		}
		seen[strings.Count(want, "\n")]++
	})
	if len(seen) < 3 {
		t.Errorf("the draw is too narrow: %v", seen)
	}
}

func TestLoops(t *testing.T) {
	got := resources(t, `
Resources:
  Group:
    Type: G
    Properties:
      Fixed: 1
      Fn::ForEach::Ports: [P, [80, 443], {'Port${P}': !Ref P}]
`, eval.Options{})
	if want := "Group yes {Fixed:1 Port443:\"443\" Port80:\"80\"}\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestLoopOverWhatIsNotKnown(t *testing.T) {
	s := eval.New(parse(t, `
Parameters: {L: {Type: CommaDelimitedList}}
Resources:
  Fn::ForEach::Subnets: [X, !Ref L, {'S${X}': {Type: T}}]
  Other: {Type: T, Properties: {V: !Ref Sa, M: {a: 1, Fn::ForEach::In: [X, !Ref L, {'${X}': 1}]}}}
`), eval.Options{Path: "app"})
	r, ok := s.Resource("Other")
	if want := "{M:? V:$app/Sa.Ref}"; !ok || show(r.Body) != want {
		t.Errorf("got %s, want %s", show(r.Body), want)
	}
	if diff := cmp.Diff([]string{"4 loop over an unknown collection", "5 loop over an unknown collection"}, said(s.Diagnostics())); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
	missing := s.Missing()
	if len(missing) != 1 || missing[0].ID != "app/Fn::ForEach::Subnets" || missing[0].Why != "parameter app/L has no value" ||
		len(missing[0].Inputs) != 1 || missing[0].Inputs[0].ID != "app/L" || missing[0].Place.Line != 4 {
		t.Errorf("missing is %+v", missing)
	}
}

// TestLoopsAreBounded has loops within loops that would make 10^12 resources.
func TestLoopsAreBounded(t *testing.T) {
	list := "[a, b, c, d, e, f, g, h, i, j]"
	text := "'${A}${B}${C}${D}${E}${F}${G}${H}${I}${J}${K}${L}': {Type: T}"
	for _, id := range strings.Split("ABCDEFGHIJKL", "") {
		text = "Fn::ForEach::" + id + ": [" + id + ", " + list + ", {" + text + "}]"
	}
	tmpl, diags := tree.Parse("t.yaml", []byte("Resources: {"+text+"}\n"))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	made, _, said := eval.Template(tmpl, eval.Options{})
	if len(said) == 0 || said[0].Summary != "template too large to evaluate" || len(made) > eval.MaxValues {
		t.Errorf("%d resources, %v", len(made), said)
	}
}
