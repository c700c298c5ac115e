package check

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/hcl"
)

// The languages in which designs are written.
const (
	terraform      = "Terraform"
	cloudFormation = "CloudFormation"
)

// Designs are small Terraform configurations or templates of CloudFormation in
// testdata/designs, one file each: the configuration or the templates, for these
// perhaps a parameters.json, perhaps a muralla.yaml, and a file "want" with a
// line for each verdict that the test is about:
//
//	VERDICT SLUG RESOURCE "words" "more words"
//
// Each quoted text must be in the finding. Of the recommendations that a want
// file names, every violation and every undecided verdict must be wanted.
// Templates are deployed in eu-west-1, to an account that is not told.
func TestDesigns(t *testing.T) {
	files, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no designs: %v", err)
	}
	shown := map[string]bool{} // "LANGUAGE SLUG VERDICT" that some design shows
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			d := readDesign(t, archive)
			report := d.run(t)
			for _, w := range d.wants {
				shown[d.language+" "+w.slug+" "+w.verdict.String()] = true
			}
			compare(t, report, d.wants)
			if d.language == cloudFormation {
				speaksOfTemplates(t, d, report)
			}
		})
	}
	for _, language := range []string{terraform, cloudFormation} {
		for _, rec := range Recommendations() {
			for _, v := range []finding.Verdict{finding.Follows, finding.Violates, finding.Undecided, finding.NotApplicable} {
				name := rec.Slug + " " + v.String()
				switch is := shown[language+" "+name]; {
				case is && impossible[name] != "":
					t.Errorf("a design in %s shows %s, which is said to be impossible", language, name)
				case !is && impossible[name] == "":
					t.Errorf("no design in %s shows %s", language, name)
				}
			}
		}
	}
}

// impossible are verdicts that a recommendation never gives, with the reason.
var impossible = map[string]string{
	"tls-policy not-applicable":         "a listener without TLS is no subject of it",
	"flow-logs-format not-applicable":   "it is about flow logs only",
	"flow-logs-delivery not-applicable": "it is about flow logs only",
	"sg-data not-applicable":            "it is about data stores only",
}

type want struct {
	verdict  finding.Verdict
	slug     string
	resource string
	words    []string
	line     string
}

// written is a design as its file has it.
type written struct {
	language   string
	files      fstest.MapFS
	parameters []cfn.ParameterFile
	intent     intent.Intent
	wants      []want
}

func readDesign(t testing.TB, archive *txtar.Archive) written {
	t.Helper()
	d := written{language: terraform, files: fstest.MapFS{}}
	for _, f := range archive.Files {
		switch f.Name {
		case "want":
			d.wants = parseWants(t, string(f.Data))
		case "muralla.yaml":
			var diags diag.List
			if d.intent, diags = intent.Parse(f.Name, f.Data); len(diags) > 0 {
				t.Fatalf("muralla.yaml: %+v", diags)
			}
		case "parameters.json":
			d.parameters = append(d.parameters, cfn.ParameterFile{Name: f.Name, Data: f.Data})
		default:
			if cfn.Recognise(f.Data) {
				d.language = cloudFormation
			}
			d.files[f.Name] = &fstest.MapFile{Data: f.Data, Mode: fs.ModePerm}
		}
	}
	return d
}

// run reads a design and judges it.
func (d written) run(t *testing.T) finding.Report {
	t.Helper()
	var set resource.Set
	var diags diag.List
	if d.language == cloudFormation {
		o := cfn.Options{ParameterFiles: d.parameters, Region: "eu-west-1"}
		paths, found := cfn.Find(d.files, ".", o)
		set, diags = cfn.Read(d.files, paths, o)
		diags = append(found, diags...)
	} else {
		set, diags = hcl.Read(d.files, hcl.Options{})
	}
	for _, g := range diags {
		if g.Level == diag.Error && !strings.Contains(g.Summary, "not here") {
			t.Errorf("%s: %s: %s", g.Place, g.Summary, g.Detail)
		}
	}
	s, _ := assemble.Snapshot(assemble.Options{Intent: d.intent}, set)
	return Run(s, d.intent, Options{})
}

func parseWants(t testing.TB, text string) []want {
	t.Helper()
	var out []want
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, rest, _ := strings.Cut(line, ` "`)
		parts := strings.SplitN(strings.TrimSpace(head), " ", 3)
		if len(parts) < 3 {
			t.Fatalf("want line %q does not have the form VERDICT SLUG RESOURCE \"words\"", line)
		}
		w := want{slug: parts[1], resource: parts[2], line: line}
		found := false
		for v := finding.Undecided; v <= finding.Violates; v++ {
			if v.String() == parts[0] {
				w.verdict, found = v, true
			}
		}
		if !found {
			t.Fatalf("want line %q: there is no verdict %q", line, parts[0])
		}
		if rest != "" {
			w.words = strings.Split(strings.TrimSuffix(rest, `"`), `" "`)
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		t.Fatal("nothing is wanted")
	}
	return out
}

func compare(t *testing.T, report finding.Report, wants []want) {
	t.Helper()
	used := make([]bool, len(report.Findings))
	slugs := map[string]bool{}
	for _, w := range wants {
		slugs[w.slug] = true
		hit := false
		var near []string
		for i, f := range report.Findings {
			if f.Recommendation != w.slug || string(f.Resource) != w.resource || used[i] {
				continue
			}
			text := describe(f)
			if f.Verdict == w.verdict && !slices.ContainsFunc(w.words, func(s string) bool { return !strings.Contains(text, s) }) {
				used[i], hit = true, true
				break
			}
			near = append(near, text)
		}
		if !hit {
			t.Errorf("wanted: %s\n  but there is: %s", w.line, strings.Join(near, "\n  and: "))
		}
	}
	for i, f := range report.Findings {
		if !used[i] && slugs[f.Recommendation] && (f.Verdict == finding.Violates || f.Verdict == finding.Undecided) {
			t.Errorf("not wanted: %s", describe(f))
		}
	}
}

// describe is a finding as one text in which words are looked for.
func describe(f finding.Finding) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s (%s) [%s: %s] %s. %s", f.Verdict, f.Recommendation, f.Resource, f.Place, f.Severity, f.SeverityWhy, f.Title, f.Message)
	for _, p := range f.Path {
		fmt.Fprintf(&b, "\n    path %s", p)
	}
	for _, e := range f.Evidence {
		fmt.Fprintf(&b, "\n    because %s (%s)", e.Text, e.Place)
	}
	for _, e := range f.Gaps {
		fmt.Fprintf(&b, "\n    missing %s (%s)", e.Text, e.Place)
	}
	fmt.Fprintf(&b, "\n    fix %s\n    ask %s", f.Fix, f.Ask)
	return b.String()
}
