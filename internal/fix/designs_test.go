package fix_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/fix"
	"github.com/muralla-net/muralla/internal/intent"
)

// fixing is what becomes of a design on disk.
type fixing struct {
	before, located finding.Report
	patch           fix.Patch
	judge           fix.Judge
}

func fixDesign(t *testing.T, paths []string, o estate.Options) fixing {
	t.Helper()
	judge := func(texts map[string][]byte) (finding.Report, error) {
		o := o
		o.Texts = texts
		e, diags, err := estate.Open(paths, o)
		if err != nil {
			return finding.Report{}, err
		}
		r := check.Run(e.Snapshot, o.Intent, check.Options{})
		r.Diagnostics = diags
		return r, nil
	}
	f := fixing{judge: judge}
	var err error
	if f.before, err = judge(nil); err != nil {
		t.Fatal(err)
	}
	sets, _, err := estate.Read(paths, o)
	if err != nil {
		t.Fatal(err)
	}
	bounds, err := estate.Boundaries(paths, o.Root)
	if err != nil {
		t.Fatal(err)
	}
	plan := fix.New(fix.Design{Sets: sets, Home: estate.Home(paths), Boundaries: bounds})
	f.located = plan.Locate(f.before)
	if f.patch, err = plan.Patch(f.located, f.before, judge); err != nil {
		t.Fatal(err)
	}
	return f
}

// write puts a design into a directory of its own.
func write(t *testing.T, files []txtar.File) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Designs that show each verdict of each recommendation are fixed as far as they
// can be, on disk, and judged anew: what is counted as mended is gone, nothing
// new came, and a second run has nothing to do.
func TestDesignsOfRecommendations(t *testing.T) {
	files, err := filepath.Glob("../check/testdata/designs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no designs: %v", err)
	}
	own, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(own) == 0 {
		t.Fatalf("no designs: %v", err)
	}
	mended := map[string]bool{} // "FORM SLUG"
	for _, file := range append(files, own...) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			o := estate.Options{Region: "eu-west-1"}
			var design []txtar.File
			want := ""
			form := "Terraform"
			for _, f := range archive.Files {
				switch {
				case f.Name == "want":
					continue
				case f.Name == "patch":
					want = string(f.Data)
					continue
				case f.Name == "muralla.yaml":
					in, diags := intent.Parse(f.Name, f.Data)
					if len(diags) > 0 {
						t.Fatal(diags)
					}
					o.Intent = in
					continue
				case strings.HasSuffix(f.Name, ".yaml") || strings.HasSuffix(f.Name, ".yml"):
					form = "YAML"
				case strings.HasSuffix(f.Name, ".json") && f.Name != "parameters.json":
					form = "JSON"
				}
				design = append(design, f)
			}
			dir := write(t, design)
			o.Root = dir
			if i := slices.IndexFunc(design, func(f txtar.File) bool { return f.Name == "parameters.json" }); i >= 0 {
				o.ParameterFiles = []string{filepath.Join(dir, "parameters.json")}
			}
			f := fixDesign(t, []string{dir}, o)
			for _, m := range f.patch.Mended {
				mended[form+" "+m.Recommendation] = true
			}
			if want != "" {
				got, err := f.patch.Unified(dir)
				if diff := cmp.Diff(want, got); err != nil || diff != "" {
					t.Errorf("%v, patch, want -, got +:\n%s", err, diff)
				}
			}
			verify(t, f)
		})
	}
	for _, form := range []string{"Terraform", "YAML", "JSON"} {
		for _, slug := range fixable {
			if !mended[form+" "+slug] {
				t.Errorf("no design in %s shows a fix of %s", form, slug)
			}
		}
	}
}

// fixable are the recommendations of which some violations are fixed.
var fixable = []string{"tls-client", "tls-redirect", "tls-policy", "tls-data", "public-ip", "endpoint-reach",
	"endpoint-policy-same", "imds-v2", "flow-logs", "flow-logs-format", "flow-logs-delivery", "sg-from-alb"}

// verify writes a patch and judges what is then on disk.
func verify(t *testing.T, f fixing) {
	t.Helper()
	for _, d := range f.patch.Dropped {
		if strings.Contains(d.Why, "would not leave") || strings.Contains(d.Why, "the edit fails") || strings.Contains(d.Why, "would change other resources") || strings.Contains(d.Why, "less readable") {
			t.Errorf("%s %s: %s", d.Finding.Recommendation, d.Finding.Resource, d.Why)
		}
	}
	if len(f.patch.Files) == 0 {
		if len(f.patch.Mended) > 0 {
			t.Errorf("%d findings are mended without an edit", len(f.patch.Mended))
		}
		return
	}
	modes := map[string]os.FileMode{}
	for _, file := range f.patch.Files {
		info, err := os.Stat(file.Path)
		if err != nil {
			t.Fatal(err)
		}
		modes[file.Path] = info.Mode()
	}
	if err := f.patch.Write(); err != nil {
		t.Fatal(err)
	}
	for _, file := range f.patch.Files {
		info, err := os.Stat(file.Path)
		if err != nil || info.Mode() != modes[file.Path] {
			t.Errorf("%s has mode %v, %v", file.Path, info.Mode(), err)
		}
		if !removes(f.patch) && bytes.Count(file.Old, []byte("#")) > bytes.Count(file.New, []byte("#")) {
			t.Errorf("%s has lost a comment", file.Path)
		}
	}
	after, err := f.judge(nil)
	if err != nil {
		t.Fatal(err)
	}
	was, is := open(f.before), open(after)
	for key := range is {
		if !was[key] && !was[strings.Join(strings.Fields(key)[:2], " ")] {
			t.Errorf("new: %s", key)
		}
	}
	for _, m := range f.patch.Mended {
		if is[name(m)] {
			t.Errorf("still there: %s", name(m))
		}
	}
	if err := f.patch.Write(); err == nil {
		t.Error("files that changed since they were read are written over")
	}
}

// removes is whether a patch takes something away, of which the comments go too.
func removes(p fix.Patch) bool {
	return slices.ContainsFunc(p.Mended, func(f finding.Finding) bool {
		return slices.ContainsFunc(f.Changes, func(c finding.Change) bool { return c.Operation == finding.Remove })
	})
}

// open are the violations and undecided findings.
func open(r finding.Report) map[string]bool {
	out := map[string]bool{}
	for _, f := range r.Findings {
		if f.Verdict == finding.Violates || f.Verdict == finding.Undecided {
			out[name(f)] = true
			out[f.Recommendation+" "+string(f.Resource)] = true
		}
	}
	return out
}

func name(f finding.Finding) string {
	return fmt.Sprintf("%s %s %s", f.Recommendation, f.Resource, f.Fingerprint())
}
