package check

import (
	"io"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

// Whatever the text of a design is, it ends in a report that can be printed, and
// every verdict in it has what its kind needs.
func FuzzDesign(f *testing.F) {
	files, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no designs: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		all := ""
		for _, part := range archive.Files {
			if filepath.Ext(part.Name) == ".tf" {
				all += string(part.Data)
			}
		}
		f.Add(all)
	}
	f.Fuzz(func(t *testing.T, design string) {
		if len(design) > 20_000 {
			return
		}
		set, diags := hcl.Read(fstest.MapFS{"main.tf": {Data: []byte(design)}}, hcl.Options{})
		s, more := assemble.Snapshot(assemble.Options{}, set)
		report := Run(s, intent.Intent{}, Options{})
		report.Diagnostics = append(diags, more...).Sorted()
		for _, r := range report.Findings {
			switch {
			case r.Title == "" || r.Recommendation == "" || r.Resource == "":
				t.Errorf("a finding says nothing: %s", describe(r))
			case r.Verdict == finding.Undecided && len(r.Gaps) == 0:
				t.Errorf("undecided without a missing fact: %s", describe(r))
			case r.Verdict == finding.Violates && (len(r.Evidence) == 0 || r.Fix == ""):
				t.Errorf("a violation without evidence or fix: %s", describe(r))
			}
		}
		if err := text.Write(io.Discard, report, text.Options{All: true}); err != nil {
			t.Error(err)
		}
	})
}
