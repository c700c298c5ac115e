package estate

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
)

// corpus is the directory of other people's designs, or "" if it is not here;
// then the suites that need it say so in one line and end.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("MURALLA_CORPUS")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "corpus")
	}
	if _, err := os.Stat(filepath.Join(dir, "iac", "index.tsv")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("the corpus is not at %s; set MURALLA_CORPUS", dir)
		}
		fmt.Printf("not run: %s needs the corpus of other people's designs (set MURALLA_CORPUS)\n", t.Name())
		return ""
	}
	return dir
}

// row is a line of the index: a stack, or several of one kind.
type row struct {
	path, kind, repo string     // as the index has them
	estates          [][]string // the inputs of each stack, on this machine
}

// index reads which stacks there are. What stands behind the first path of a line
// is read by the few forms in which the index writes it: "a.yaml + b.yaml",
// "(+ folder/*)", "(+ a, b)", "{a,b}", and "*" for every folder or file.
func index(t *testing.T, dir string, kinds ...string) []row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "iac", "index.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []row
	for _, line := range strings.Split(string(text), "\n")[1:] {
		cols := strings.Split(line, "\t")
		if len(cols) < 3 || !slices.Contains(kinds, cols[1]) {
			continue
		}
		r := row{path: cols[0], kind: cols[1], repo: cols[2]}
		first, rest, _ := strings.Cut(r.path, " ")
		at := filepath.Join(dir, "iac", filepath.FromSlash(first))
		switch {
		case r.kind == "terraform":
			first, _, _ = strings.Cut(first, "{")
			r.estates = [][]string{{filepath.Join(dir, "iac", strings.TrimRight(strings.TrimSuffix(first, "*"), "/."))}}
		case r.kind == "terraform-plan":
			for _, in := range inputsAt(t, strings.TrimSuffix(at, "/*")) {
				r.estates = append(r.estates, []string{in})
			}
		case strings.Contains(first, "**"):
			r.estates = [][]string{{strings.TrimSuffix(at[:strings.Index(at, "**")], "/")}}
		case strings.HasSuffix(first, "/*") && rest != "":
			for _, d := range glob(t, at) {
				r.estates = append(r.estates, []string{d})
			}
		default:
			estate := glob(t, at)
			inside := strings.NewReplacer("(", "", ")", "", "+", "", ",", " ", " .../", "/*/").Replace(rest)
			for _, more := range strings.Fields(inside) {
				if strings.Contains(more, "/*/") {
					continue // a record of another service
				}
				found := glob(t, filepath.Join(filepath.Dir(at), more))
				if len(found) == 0 {
					found = glob(t, filepath.Join(filepath.Dir(at), more+".*"))
				}
				for _, from := range []string{"..", filepath.Join("..", ".."), filepath.Join("..", "..", "..")} {
					if len(found) == 0 {
						found = glob(t, filepath.Join(filepath.Dir(at), from, more))
					}
				}
				estate = append(estate, found...)
			}
			slices.Sort(estate)
			r.estates = [][]string{slices.Compact(estate)}
		}
		out = append(out, r)
	}
	return out
}

// glob is what a pattern means; braces give alternatives.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	var out []string
	if before, rest, ok := strings.Cut(pattern, "{"); ok {
		inside, after, _ := strings.Cut(rest, "}")
		for _, one := range strings.Split(inside, ",") {
			out = append(out, glob(t, before+one+after)...)
		}
		return out
	}
	out, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(out, func(p string) bool {
		return strings.HasPrefix(filepath.Base(p), "LICENSE") || strings.HasPrefix(filepath.Base(p), "README")
	})
}

// corpusKinds are the kinds of stacks that are read.
var corpusKinds = []string{"terraform", "terraform-plan", "cloudformation", "copilot", "cdk-synth", "aws-snapshot"}

// refused are inputs of which nothing can be read, and why that is right.
var refused = map[string]string{
	"copilot/aws__copilot-cli/e2e": "manifests alone: the templates are what Copilot makes of them",
	"aws-snapshot/cloud-custodian__cloud-custodian/tests/data/placebo/test_ecs_service_config":  "answers of AWS Config, not of Amazon ECS",
	"aws-snapshot/cloud-custodian__cloud-custodian/tests/data/placebo/test_ecs_task_def_config": "answers of AWS Config, not of Amazon ECS",
}

// Every stack is read and judged: no panic, no hang, and something is said.
func TestCorpusStacks(t *testing.T) {
	dir := corpus(t)
	if dir == "" {
		return
	}
	list := index(t, dir, corpusKinds...)
	if len(list) < 95 {
		t.Fatalf("only %d stacks in the index", len(list))
	}
	judged := 0
	for _, r := range list {
		if len(r.estates) == 0 || len(r.estates[0]) == 0 {
			t.Errorf("there is nothing at %s", r.path)
		}
		for _, paths := range r.estates {
			input := paths[0]
			started := time.Now()
			e, _, err := Open(paths, Options{Root: rootOf(input, dir)})
			if why := refused[filepath.ToSlash(input[len(filepath.Join(dir, "iac"))+1:])]; (err != nil) != (why != "") {
				t.Errorf("%s: error %v, but known is %q", input, err, why)
			}
			if err != nil {
				continue
			}
			report := check.Run(e.Snapshot, intent.Intent{}, check.Options{Input: input})
			twin, _, err := Open(paths, Options{Root: rootOf(input, dir)})
			if err != nil {
				t.Errorf("%s: %v", input, err)
				continue
			}
			again := check.Run(twin.Snapshot, intent.Intent{}, check.Options{Input: input})
			if d := time.Since(started); d > 30*time.Second {
				t.Errorf("%s took %v", input, d)
			}
			if !reflect.DeepEqual(report, again) {
				t.Errorf("%s: two runs gave different reports", input)
			}
			seen := map[string]finding.Finding{}
			for _, f := range report.Findings {
				if old, ok := seen[f.Fingerprint()]; ok {
					t.Errorf("%s: two findings share the fingerprint %s:\n  %s %s\n  %s %s", input, f.Fingerprint(), old.Recommendation, old.Title, f.Recommendation, f.Title)
				}
				seen[f.Fingerprint()] = f
				if f.Verdict == finding.Undecided && len(f.Gaps) == 0 {
					t.Errorf("%s: %s on %s is undecided without a missing fact", input, f.Recommendation, f.Resource)
				}
				if f.Verdict == finding.Violates && (len(f.Evidence) == 0 || f.Fix == "") {
					t.Errorf("%s: %s on %s has no evidence or no fix", input, f.Recommendation, f.Resource)
				}
			}
			judged += len(report.Findings)
		}
	}
	if judged < 1000 {
		t.Errorf("only %d verdicts on the whole corpus", judged)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d stacks, %d verdicts, %d MB from the system", len(list), judged, m.Sys>>20)
}

// inputsAt are the inputs of a stack: a directory of Terraform files, or the
// plans and states in a directory.
func inputsAt(t *testing.T, p string) []string {
	t.Helper()
	if !strings.Contains(filepath.ToSlash(p), "/terraform-plan/") {
		return []string{p}
	}
	info, err := os.Stat(p)
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	if !info.IsDir() {
		return []string{p}
	}
	var out []string
	err = filepath.WalkDir(p, func(name string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, ".json") {
			if in, _, err := recognise(name, "", ""); err == nil && len(in) == 1 {
				out = append(out, name)
			}
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return out
}

// rootOf is the folder of the repository that a stack is from: its modules may
// lie anywhere in it.
func rootOf(input, dir string) string {
	rel, err := filepath.Rel(filepath.Join(dir, "iac"), input)
	if err != nil {
		return ""
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	return filepath.Join(dir, "iac", parts[0], parts[1])
}
