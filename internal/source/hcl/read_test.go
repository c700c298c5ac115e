package hcl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
)

// design makes an in-memory boundary of files that are written one after the
// other, each behind a line "-- NAME --"; without one, it is main.tf.
func design(text string) fstest.MapFS {
	out := fstest.MapFS{}
	name := "main.tf"
	for line := range strings.Lines(text) {
		if inner, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(inner, " --") {
			name = strings.TrimSuffix(inner, " --")
			continue
		}
		if out[name] == nil {
			out[name] = &fstest.MapFile{}
		}
		out[name].Data = append(out[name].Data, line...)
	}
	return out
}

// brief writes a value in one line: references as <id#attr>, unknown as
// ?reason, what may be absent with a ~ behind.
func brief(v resource.Value) string {
	var out string
	switch v.Kind {
	case resource.Null:
		return "null"
	case resource.Unknown:
		out = "?(" + v.Why + ")"
		for _, r := range v.Candidates {
			out += "<" + string(r.ID) + "#" + r.Attr + ">"
		}
		return out
	case resource.Bool:
		out = fmt.Sprint(v.Bool)
	case resource.Number:
		out = fmt.Sprint(v.Number)
	case resource.String:
		out = v.Text
	case resource.Ref:
		out = "<" + string(v.Ref.ID) + "#" + v.Ref.Attr + ">"
	case resource.Text:
		for _, p := range v.List {
			out += brief(p)
		}
	case resource.List:
		var items []string
		for _, e := range v.List {
			items = append(items, brief(e))
		}
		out = "[" + strings.Join(items, " ") + "]"
	case resource.Map:
		var items []string
		for _, k := range slices.Sorted(maps.Keys(v.Map)) {
			items = append(items, k+"="+brief(v.Map[k]))
		}
		out = "{" + strings.Join(items, " ") + "}"
	}
	if v.Maybe {
		out += "~"
	}
	if v.Sensitive {
		out += "!"
	}
	return out
}

// briefs writes all attributes of all resources, one a line, each as
// "id attribute = value"; a resource that may not exist has a ~ behind its id,
// with the reason.
func briefs(set resource.Set) string {
	var out strings.Builder
	for _, r := range set.Resources {
		id := string(r.ID)
		if r.Exists != fact.Yes {
			id += "~(" + r.Why + ")"
		}
		if len(r.Body.Map) == 0 {
			fmt.Fprintf(&out, "%s\n", id)
		}
		for _, k := range slices.Sorted(maps.Keys(r.Body.Map)) {
			fmt.Fprintf(&out, "%s %s = %s\n", id, k, brief(r.Body.Map[k]))
		}
	}
	return out.String()
}

func said(diags diag.List) string {
	var out strings.Builder
	for _, d := range diags {
		fmt.Fprintf(&out, "%s %v: %s\n", d.Level, d.Place, d.Summary)
	}
	return out.String()
}

func TestDesigns(t *testing.T) {
	for _, tc := range designs {
		t.Run(tc.name, func(t *testing.T) {
			set, diags := Read(design(tc.files), tc.opts)
			if diff := cmp.Diff(strings.TrimSpace(tc.want), strings.TrimSpace(briefs(set))); diff != "" {
				t.Errorf("resources, want -, got +:\n%s", diff)
			}
			if diff := cmp.Diff(strings.TrimSpace(tc.said), strings.TrimSpace(said(diags))); diff != "" {
				t.Errorf("diagnostics, want -, got +:\n%s", diff)
				for _, d := range diags {
					t.Logf("%v: %s", d.Place, d.Detail)
				}
			}
		})
	}
}
