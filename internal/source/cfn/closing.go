package cfn

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
)

// closing says what is to be said once all is read.
func (r *reader) closing() {
	r.undeclared()
	for key, j := range r.joined {
		r.diags.Add(diag.Note, j.at, "stacks joined by exports", fmt.Sprintf(
			"%s of %s %s taken from %s, whose export %s can have that name. Give only the templates that are deployed together if another is meant.",
			listed(j.names), shownStack(string(key.to)), are(j.names), shownStack(string(key.from)), j.first.name))
	}
	for _, a := range r.unfound {
		r.diags.Add(diag.Warning, a.at, "imported value not here", fmt.Sprintf(
			"No template of the estate exports %s, so that the value is known by its name only. Give the template that exports it too.", listed(a.names)))
	}
	for _, of := range r.unclear {
		for exports, a := range of {
			r.diags.Add(diag.Warning, a.at, "several exports of one name", fmt.Sprintf(
				"Which export is meant by %s is not known: each of the stacks %s has one that can have the name. Give only the templates that are deployed together.", listed(a.names), exports))
		}
	}
	r.handWired()
}

func shownStack(path string) string { return cmp.Or(path, "the stack") }

// listed are names, each once and sorted, and not more than a line of them.
func listed(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + fmt.Sprintf(" and %d more", len(names)-5)
	}
	return strings.Join(names, ", ")
}

func are(names []string) string {
	if len(slices.Compact(slices.Sorted(slices.Values(names)))) == 1 {
		return "is"
	}
	return "are"
}

// handWired names parameters without value that go by the name of an output of
// exactly one other template: people pass such values by hand. They are not
// joined, since another stack may be meant.
func (r *reader) handWired() {
	outputs := map[string][]*stack{}
	for _, s := range r.roots {
		for _, n := range s.eval.OutputNames() {
			outputs[n] = append(outputs[n], s)
		}
	}
	for _, s := range r.roots {
		from := map[*stack][]string{}
		for _, e := range s.t.Parameters {
			if _, ok := r.given[e.Key]; ok || e.Value.Get("Default") != nil {
				continue
			}
			if list := outputs[e.Key]; len(list) == 1 && list[0] != s {
				from[list[0]] = append(from[list[0]], e.Key)
			}
		}
		var all, wires []string
		for o, names := range from {
			wires = append(wires, fmt.Sprintf("%s of %s", listed(names), r.shown(o.t.path)))
			all = append(all, names...)
		}
		if len(wires) > 0 {
			slices.Sort(wires)
			r.diags.Add(diag.Note, s.t.Place(1), "parameters like outputs of another template", fmt.Sprintf(
				"%s no value, and other templates have outputs of that name: %s. They are not taken for the same, since nothing says so. To join them give a parent template that nests both and passes them on.",
				map[bool]string{true: "A parameter has", false: "Parameters have"}[len(all) == 1], strings.Join(wires, "; ")))
		}
	}
}
