package redact

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// verdicts are what check says of sets, without what it calls the things: how
// often each recommendation gives a verdict of a severity on a resource.
func verdicts(sets []resource.Set, called func(ref.ID) ref.ID) map[string]int {
	s, _ := assemble.Snapshot(assemble.Options{}, sets...)
	out := map[string]int{}
	for _, f := range check.Run(s, intent.Intent{}, check.Options{}).Findings {
		out[fmt.Sprintf("%s %s %s of %s", f.Recommendation, f.Verdict, f.Severity, called(f.Resource))]++
	}
	return out
}

// stay is the resource as it is.
func stay(id ref.ID) ref.ID { return id }

// different are the lines that two maps do not share.
func different(want, got map[string]int) []string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if want[k] != got[k] {
			out = append(out, fmt.Sprintf("- %d %s", want[k]-got[k], k))
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if want[k] == 0 {
			out = append(out, fmt.Sprintf("+ %d %s", got[k], k))
		}
	}
	return out
}

// sameVerdicts redacts sets and compares, finding by finding.
func sameVerdicts(t *testing.T, name string, sets []resource.Set) (findings int) {
	t.Helper()
	key := []byte("key of a test")
	out, _, err := Sets(key, sets)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return 0
	}
	h := newHider(key)
	for _, s := range sets {
		for _, r := range s.Resources {
			h.see(r)
		}
	}
	want, got := verdicts(sets, h.id), verdicts(out, stay)
	if d := different(want, got); len(d) > 0 {
		t.Errorf("%s: input -, redacted +:\n%s", name, strings.Join(d[:min(len(d), 12)], "\n"))
	}
	return len(want)
}

// designs are the inputs of the tests of others, by name.
func designs(t *testing.T) map[string][]resource.Set {
	t.Helper()
	out := map[string][]resource.Set{}
	read := func(name string, o estate.Options, path string) {
		sets, _, err := estate.Read([]string{path}, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = sets
	}
	for _, pattern := range []string{"../../examples/*", "../../testdata/questions/*/terraform", "../../testdata/questions/*/cloudformation"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("nothing at %s: %v", pattern, err)
		}
		for _, p := range paths {
			read(p, estate.Options{}, p)
		}
	}
	files, err := filepath.Glob("../check/testdata/designs/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no designs: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir, o := filepath.Join(t.TempDir(), "design"), estate.Options{Region: "eu-west-1"}
		for _, f := range archive.Files {
			if f.Name == "want" || f.Name == "muralla.yaml" {
				continue
			}
			p := filepath.Join(dir, filepath.FromSlash(f.Name))
			if f.Name == "parameters.json" {
				p = filepath.Join(filepath.Dir(dir), f.Name)
				o.ParameterFiles = append(o.ParameterFiles, p)
			}
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		read(filepath.Base(file), o, dir)
	}
	return out
}

// Every verdict on every design is the same of the redacted one, on the same
// resource.
func TestSameVerdicts(t *testing.T) {
	all, findings := designs(t), 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		findings += sameVerdicts(t, name, all[name])
	}
	if len(all) < 100 || findings < 3000 {
		t.Errorf("only %d designs with %d findings", len(all), findings)
	}
}

// byOrder are stacks whose verdicts depend on which ID comes first, and why, so
// that names change them: check says so when it is asked about the redacted one.
var byOrder = map[string]string{
	"aws-snapshot/batfish__batfish/networks/hybrid-cloud-aws/aws_configs": "the subnets of a data store are in two VPCs, and the first is taken",
}

// The same of other people's designs.
func TestSameVerdictsOfCorpus(t *testing.T) {
	dir := os.Getenv("MURALLA_CORPUS")
	if dir == "" {
		fmt.Println("not run: TestSameVerdictsOfCorpus needs the corpus of other people's designs (set MURALLA_CORPUS)")
		return
	}
	index, err := os.ReadFile(filepath.Join(dir, "iac", "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	stacks, findings := 0, 0
	for line := range strings.Lines(string(index)) {
		first, _, _ := strings.Cut(line, "\t")
		first, _, _ = strings.Cut(first, " ")
		first, _, _ = strings.Cut(first, "*")
		first, _, _ = strings.Cut(first, "{")
		path := filepath.Join(dir, "iac", filepath.FromSlash(first))
		if _, err := os.Stat(path); err != nil {
			continue
		}
		sets, _, err := estate.Read([]string{path}, estate.Options{})
		if err != nil {
			continue
		}
		if twoDefaults(sets) {
			continue // which of them is the default group is told by the order of their ids
		}
		stacks++
		nothingSurvives(t, first, sets)
		if byOrder[first] != "" {
			continue
		}
		findings += sameVerdicts(t, first, sets)
	}
	if stacks < 60 || findings < 2000 {
		t.Errorf("only %d stacks with %d findings", stacks, findings)
	}
}

// twoDefaults reports whether a VPC has two groups of the name default, which AWS
// does not let happen: the answers were edited by hand.
func twoDefaults(sets []resource.Set) bool {
	seen := map[string]bool{}
	for _, set := range sets {
		for _, r := range set.Resources {
			if r.Type != "ec2:SecurityGroup" || r.Body.Map["GroupName"].Text != "default" {
				continue
			}
			vpc := r.Body.Map["VpcId"].Text
			if seen[vpc] {
				return true
			}
			seen[vpc] = true
		}
	}
	return false
}
