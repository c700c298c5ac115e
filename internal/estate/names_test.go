package estate

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
)

// Names and places are relative to what all paths have in common, whether they
// are given as absolute paths or not, and whatever may be read around them.
func TestNamesAreTheSameFromAnywhere(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"net/main.tf":     "resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n",
		"app/main.tf":     "resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.1.0.0/16\"\n}\nmodule \"m\" {\n  source = \"../mod\"\n}\n",
		"mod/vpc.tf":      "resource \"aws_vpc\" \"m\" {\n  cidr_block = \"10.2.0.0/16\"\n}\n",
		"other/plan.json": `{"format_version":"1.2","planned_values":{"root_module":{"resources":[{"address":"aws_vpc.p","mode":"managed","type":"aws_vpc","name":"p","values":{"cidr_block":"10.3.0.0/16"}}]}}}`,
	} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	want := map[ref.ID]string{
		"net/aws_vpc.v": "net/main.tf:1", "app/aws_vpc.v": "app/main.tf:1",
		"app/module.m.aws_vpc.m": "mod/vpc.tf:1", "other/plan/aws_vpc.p": "other/plan.json",
	}
	for _, tc := range []struct {
		paths []string
		root  string
		want  map[ref.ID]string
	}{
		{[]string{"net", "app", "other/plan.json"}, ".", want},
		{[]string{filepath.Join(dir, "app"), "./net/", "other/plan.json"}, dir, want},
		// Without a root each path is its own boundary, below what names are relative to.
		{[]string{"net", "other/plan.json"}, "", map[ref.ID]string{"net/aws_vpc.v": "net/main.tf:1", "other/plan/aws_vpc.p": "other/plan.json"}},
		// One path alone needs no name.
		{[]string{"net"}, "", map[ref.ID]string{"aws_vpc.v": "main.tf:1"}},
		{[]string{filepath.Join(dir, "other", "plan.json")}, "", map[ref.ID]string{"aws_vpc.p": "plan.json"}},
	} {
		e, diags, err := Open(tc.paths, Options{Root: tc.root})
		if err != nil || len(diags) > 0 {
			t.Errorf("%v: %v %v", tc.paths, err, diags)
			continue
		}
		got := map[ref.ID]string{}
		for _, v := range e.Snapshot.VPCs {
			got[v.ID] = v.Place.String()
		}
		for id, place := range tc.want {
			if got[id] != place {
				t.Errorf("%v: %s is at %q, want %q; all: %v", tc.paths, id, got[id], place, got)
			}
		}
		if len(got) != len(tc.want) {
			t.Errorf("%v: VPCs %v, want %v", tc.paths, got, tc.want)
		}
	}
}
