package check

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/source/cfn"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// A templateDesign is a template with all that it nests, as trees of maps,
// lists and scalars.
type templateDesign struct {
	name  string
	root  string            // the template that is deployed
	files map[string]any    // trees by path
	given map[string]string // values of parameters
	in    intent.Intent
}

// templateDesigns are the templates of testdata, of the examples and of the
// questions, these in each of their variants.
func templateDesigns(t testing.TB) []templateDesign {
	t.Helper()
	var out []templateDesign
	repository := os.DirFS("../..")
	roots, err := fs.Glob(repository, "testdata/questions/*/cloudformation/template.yaml")
	examples, more := fs.Glob(repository, "examples/*/template.yaml")
	if err != nil || more != nil || len(roots) < 20 || len(examples) == 0 {
		t.Fatalf("no templates: %v, %v", err, more)
	}
	for _, root := range slices.Concat(examples, roots) {
		d := templateDesign{name: strings.TrimSuffix(root, "/template.yaml"), root: root, files: map[string]any{}}
		d.load(t, repository, root)
		if data, err := fs.ReadFile(repository, path.Join(path.Dir(path.Dir(root)), "muralla.yaml")); err == nil {
			d.in, _ = intent.Parse("muralla.yaml", data)
		}
		params, _ := d.files[root].(map[string]any)["Parameters"].(map[string]any)
		variant, _ := params["Variant"].(map[string]any)
		values, _ := variant["AllowedValues"].([]any)
		for _, v := range values {
			one := d
			one.name, one.given = d.name+" "+scalarText(v), map[string]string{"Variant": scalarText(v)}
			out = append(out, one)
		}
		if len(values) == 0 {
			out = append(out, d)
		}
	}
	archives, err := filepath.Glob("testdata/designs/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		w := readDesign(t, archive)
		if w.language != cloudFormation {
			continue
		}
		roots, _ := cfn.Find(w.files, ".", cfn.Options{})
		root := roots[0]
		if slices.Contains(roots, "root.yaml") {
			root = "root.yaml" // it nests the others
		} else if len(roots) != 1 || len(w.parameters) > 0 {
			t.Fatalf("%s is not one template with what it nests: %v", name, roots)
		}
		d := templateDesign{name: name, root: root, files: map[string]any{}, in: w.intent}
		d.load(t, w.files, d.root)
		out = append(out, d)
	}
	return out
}

// load reads a template and those that it nests.
func (d *templateDesign) load(t testing.TB, files fs.FS, name string) {
	t.Helper()
	if d.files[name] != nil {
		return
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	template, _ := tree.Parse(name, data)
	d.files[name] = plainTree(template.Root)
	resources, _ := d.files[name].(map[string]any)["Resources"].(map[string]any)
	for _, r := range resources {
		if r := r.(map[string]any); r["Type"] == "AWS::CloudFormation::Stack" {
			d.load(t, files, nestedPath(name, r["Properties"].(map[string]any)["TemplateURL"]))
		}
	}
}

func nestedPath(from string, url any) string { return path.Join(path.Dir(from), scalarText(url)) }
