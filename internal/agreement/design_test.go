package agreement

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	product "github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// judged is a design of the corpus, and what we say of it.
type judged struct {
	*topo.Snapshot
	report    finding.Report
	resources []resource.Resource // as they are written
}

// judge reads and judges the design that a file is, or is a part of.
func judge(t *testing.T, dir, file string) judged {
	t.Helper()
	path := filepath.Join(dir, file)
	if strings.HasSuffix(file, ".tf") {
		path = module(t, dir, file)
	}
	sets, _, err := estate.Read([]string{path}, estate.Options{Root: filepath.Dir(path)})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	e, _, err := estate.Open([]string{path}, estate.Options{Root: filepath.Dir(path)})
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	d := judged{Snapshot: e.Snapshot, report: product.Run(e.Snapshot, intent.Intent{}, product.Options{})}
	for _, s := range sets {
		d.resources = append(d.resources, s.Resources...)
	}
	return d
}

// module lays the files of a Terraform module out as they were: in the corpus
// the name of a folder stands before the name of the file. One tool has whole
// modules, the others single files.
func module(t *testing.T, dir, file string) string {
	t.Helper()
	files := []string{file}
	if strings.HasPrefix(file, "checkov-") {
		found, err := filepath.Glob(filepath.Join(dir, filepath.Dir(file), "*.tf"))
		if err != nil {
			t.Fatal(err)
		}
		files = nil
		for _, f := range found {
			files = append(files, filepath.Join(filepath.Dir(file), filepath.Base(f)))
		}
	}
	out := t.TempDir()
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(out, strings.ReplaceAll(filepath.Base(f), "__", string(filepath.Separator)))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	folder, _, nested := strings.Cut(filepath.Base(file), "__")
	if nested {
		return filepath.Join(out, folder)
	}
	return out
}

// is reports whether a resource of ours is the one that a tool names: a full
// address, one without the keys of instances, a logical name, or a logical name
// behind its type.
func is(id ref.ID, named string) bool {
	if strings.Contains(named, "::") {
		named = named[strings.LastIndex(named, ".")+1:]
	}
	return string(id) == named || string(id.Short()) == named || string(id.Base()) == named || strings.HasSuffix(string(id), "/"+named)
}

// about are the resources on which a verdict counts for one that a tool names:
// tools name a load balancer where we judge its listeners, or a group where we
// judge what holds it.
func (d judged) about(named string) []ref.ID {
	var out []ref.ID
	for _, r := range d.resources {
		if is(r.ID, named) {
			out = append(out, r.ID)
		}
	}
	for i := range d.LoadBalancers {
		if b := &d.LoadBalancers[i]; is(b.ID, named) {
			for _, l := range d.ListenersOf(b.ID) {
				out = append(out, l.ID)
			}
		}
	}
	for _, g := range d.groups(named) {
		out = append(out, g.ID)
		for _, h := range d.Holders(g.ID) {
			out = append(out, h.ID, h.Owner)
		}
	}
	return out
}

// groups are the groups that a tool names, or of which it names a rule.
func (d judged) groups(named string) []*topo.SecurityGroup {
	var out []*topo.SecurityGroup
	for i := range d.SecurityGroups {
		g := &d.SecurityGroups[i]
		if named == "" || is(g.ID, named) || slices.ContainsFunc(slices.Concat(g.Ingress, g.Egress), func(r topo.Rule) bool { return is(r.ID, named) }) {
			out = append(out, g)
		}
	}
	return out
}

// verdicts are our verdicts of some recommendations about a resource, the worst
// first.
func (d judged) verdicts(l label, asks []ask) []finding.Verdict {
	about := d.about(l.resource)
	var out []finding.Verdict
	for _, f := range d.report.Findings {
		if l.resource != "" && !slices.Contains(about, f.Resource) {
			continue
		}
		for _, a := range asks {
			if f.Recommendation == a.slug && (a.words == nil || a.words.MatchString(f.Title)) && !slices.Contains(out, f.Verdict) {
				out = append(out, f.Verdict)
			}
		}
	}
	slices.SortFunc(out, func(a, b finding.Verdict) int { return rank(b) - rank(a) })
	return out
}

func rank(v finding.Verdict) int {
	return map[finding.Verdict]int{finding.Violates: 3, finding.Undecided: 2, finding.Follows: 1}[v]
}
