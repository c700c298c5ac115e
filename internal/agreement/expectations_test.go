package agreement

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	product "github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// expectation is a reviewer's verdict on one resource.
type expectation struct {
	resource, recommendation, verdict, why string
}

var expectationLine = regexp.MustCompile(`^- \{resource: ("(?:[^"\\]|\\.)*"|[^,]+), recommendation: ([a-z0-9-]+), verdict: ([a-z-]+), why: "(.*)"\}$`)

// difference is a row of testdata/expectations.tsv: what we say of a resource, and
// why that is right although the reviewer says otherwise. The kind is "absent" if
// what decides is in a module that the corpus lacks.
type difference struct{ kind, file, resource, recommendation, verdict, why string }

// reviewed is what an expectation file says, compared with what we say.
type reviewed struct {
	stack         string
	total, agreed int
	differ        []difference // each is explained
}

// review judges every stack that people have reviewed, in order of the stacks.
// Expectations of recommendations that do not exist do not count.
func review(t *testing.T, dir string) []reviewed {
	t.Helper()
	slugs := map[string]bool{}
	for _, rec := range product.Recommendations() {
		slugs[rec.Slug] = true
	}
	roots, rows := expectationTables(t)
	used := map[difference]bool{}
	var out []reviewed
	for _, file := range slices.Sorted(maps.Keys(roots)) {
		in := roots[file]
		text, err := os.ReadFile(filepath.Join(dir, "iac", "expectations", file))
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, p := range in.paths {
			paths = append(paths, filepath.Join(dir, "iac", filepath.FromSlash(p)))
		}
		e, _, err := estate.Open(paths, estate.Options{Root: stackRoot(paths[0], dir), Vars: in.vars, Parameters: in.vars})
		if err != nil {
			t.Fatal(err)
		}
		report := product.Run(e.Snapshot, intent.Intent{}, product.Options{})
		one := reviewed{stack: strings.TrimSuffix(file, ".yaml")}
		for _, line := range strings.Split(string(text), "\n") {
			m := expectationLine.FindStringSubmatch(strings.TrimSpace(line))
			if m == nil {
				if strings.HasPrefix(line, "- ") {
					t.Errorf("%s: a line is not understood: %s", file, line)
				}
				continue
			}
			x := expectation{strings.ReplaceAll(strings.Trim(m[1], `"`), `\"`, `"`), strings.Replace(m[2], "sg-nlb-cidr", "sg-from-nlb", 1), m[3], m[4]}
			if !slugs[x.recommendation] {
				continue
			}
			one.total++
			got := verdictsOn(e.Snapshot, report, x)
			for _, s := range in.same {
				if s[0] == x.resource {
					got = verdictsOn(e.Snapshot, report, expectation{s[1], x.recommendation, x.verdict, x.why})
				}
			}
			if meets(got, x) {
				one.agreed++
				continue
			}
			i := slices.IndexFunc(rows, func(r difference) bool {
				return r.file == file && r.resource == x.resource && r.recommendation == x.recommendation && r.verdict == strings.Join(got, ",")
			})
			if i < 0 {
				t.Errorf("%s: %s on %s: we say %q, the reviewer %s: %s", file, x.recommendation, x.resource, strings.Join(got, ","), x.verdict, x.why)
				continue
			}
			used[rows[i]] = true
			one.differ = append(one.differ, rows[i])
		}
		out = append(out, one)
	}
	for _, r := range rows {
		if !used[r] {
			t.Errorf("testdata/expectations.tsv explains a difference that is not there: %+v", r)
		}
	}
	return out
}

// stackRoot is the repository of a stack: nothing outside of it is read.
func stackRoot(input, dir string) string {
	rel, err := filepath.Rel(filepath.Join(dir, "iac"), input)
	if err != nil {
		return ""
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	return filepath.Join(dir, "iac", parts[0], parts[1])
}

// The reviewers' verdicts about stacks and the recommendations that exist are
// met, or testdata/expectations.tsv says why not. Every row of that file must be
// needed. Of what the corpus lets decide, 9 of 10 must be met.
func TestExpectations(t *testing.T) {
	dir := corpus(t, "iac")
	if dir == "" {
		return
	}
	total, agreed, absent := 0, 0, 0
	for _, r := range review(t, dir) {
		total, agreed = total+r.total, agreed+r.agreed
		for _, d := range r.differ {
			if d.kind == "absent" {
				absent++
			}
		}
	}
	t.Logf("%d expectations, %d agreed outright, %d for want of a module", total, agreed, absent)
	if total < 80 || agreed*10 < (total-absent)*9 {
		t.Errorf("%d of %d expectations are agreed outright; at least 9 of 10 must be", agreed, total-absent)
	}
}

func expectationsSection(t *testing.T) (string, bool) {
	dir := corpus(t, "iac")
	if dir == "" {
		return "", false
	}
	var b, list strings.Builder
	b.WriteString(`People have read stacks of others and said which recommendation which resource follows or violates. *Absent* is explained
too: what decides is in a module that is not here.

| stack | expectations | agreed | explained | absent | open |
| --- | ---: | ---: | ---: | ---: | ---: |
`)
	var sum struct{ total, agreed, differs, absent int }
	for _, r := range review(t, dir) {
		differs, absent := 0, 0
		for _, d := range r.differ {
			if d.kind == "absent" {
				absent++
			} else {
				differs++
			}
			fmt.Fprintf(&list, "| %s | `%s` | %s | %s | %s |\n", r.stack, d.resource, d.recommendation, cmp.Or(strings.ReplaceAll(d.verdict, ",", ", "), "nothing"), d.why)
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", r.stack, r.total, r.agreed, differs, absent, r.total-r.agreed-differs-absent)
		sum.total, sum.agreed, sum.differs, sum.absent = sum.total+r.total, sum.agreed+r.agreed, sum.differs+differs, sum.absent+absent
	}
	fmt.Fprintf(&b, "| all | %d | %d | %d | %d | %d |\n", sum.total, sum.agreed, sum.differs, sum.absent, sum.total-sum.agreed-sum.differs-sum.absent)
	b.WriteString("\n### Explained expectations\n\n| stack | resource | recommendation | we say | why |\n| --- | --- | --- | --- | --- |\n" + list.String())
	return b.String(), true
}

// stack is the inputs of an expectation file, and what its reading assumes.
type stack struct {
	paths []string
	vars  map[string]string
	same  [][2]string // what the reviewer names, and what we judge for it
}

// expectationTables reads which inputs make the stack of an expectation file,
// and the explained differences.
func expectationTables(t *testing.T) (roots map[string]stack, rows []difference) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "expectations.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	roots = map[string]stack{}
	for _, line := range strings.Split(string(text), "\n") {
		cols := strings.Split(line, "\t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case len(cols) >= 3 && cols[0] == "stack":
			in := roots[cols[1]]
			if in.vars == nil {
				in.vars = map[string]string{}
			}
			in.paths = append(in.paths, cols[2])
			for _, v := range cols[3:] {
				name, value, _ := strings.Cut(v, "=")
				in.vars[name] = value
			}
			roots[cols[1]] = in
		case len(cols) == 4 && cols[0] == "same":
			in := roots[cols[1]]
			in.same = append(in.same, [2]string{cols[2], cols[3]})
			roots[cols[1]] = in
		case len(cols) == 6 && (cols[0] == "differs" || cols[0] == "absent") && len(cols[5]) > 20:
			rows = append(rows, difference{cols[0], cols[1], cols[2], cols[3], cols[4], cols[5]})
		default:
			t.Fatalf("testdata/expectations.tsv: a line is not understood: %q", line)
		}
	}
	return roots, rows
}

// meets is whether our verdicts agree with the reviewer's. "Follows" is also met
// by "not applicable", as the reviewer says in so many words; "cannot tell" by
// anything but an alarm.
func meets(got []string, x expectation) bool {
	has := func(v string) bool { return slices.Contains(got, v) }
	switch x.verdict {
	case "violates":
		return has("violates")
	case "follows":
		return !has("violates") && !has("undecided") && (has("follows") || has("not-applicable"))
	default:
		return !has("violates")
	}
}

// verdictsOn are our verdicts, without repetition, on the resource that the
// reviewer named, or on what it belongs to: reviewers name a group where we
// judge the workload that holds it, or a cluster where we judge its services.
func verdictsOn(s *topo.Snapshot, report finding.Report, x expectation) []string {
	var out []string
	// The reviewers' flow-logs asks for coverage and for fields.
	format := x.recommendation == "flow-logs" && x.verdict == "violates"
	on := func(match func(finding.Finding) bool) {
		for _, f := range report.Findings {
			if (f.Recommendation == x.recommendation || format && f.Recommendation == "flow-logs-format") && match(f) && !slices.Contains(out, f.Verdict.String()) {
				out = append(out, f.Verdict.String())
			}
		}
	}
	// Reviewers write "folder/address", where the folder is part of the path of
	// the root, of the module, or of the template, and leave modules and nested
	// stacks out of addresses.
	folder, address := "", x.resource
	if i := strings.LastIndex(address, "/"); i >= 0 {
		folder, address = address[:i], address[i+1:]
	}
	at := placesOf(s)
	named := func(id ref.ID, def ref.Place) bool {
		if p, ok := at[id]; ok {
			def = p
		}
		file := strings.TrimSuffix(def.File, path.Ext(def.File))
		if folder != "" && !strings.Contains("/"+string(id), "/"+folder+"/") && !strings.Contains("/"+file+"/", "/"+folder+"/") {
			return false
		}
		short := id.Short()
		return string(short) == address || string(short.Base()) == address || strings.HasSuffix("."+string(id), "."+address) || strings.HasSuffix("/"+string(id), "/"+address)
	}
	on(func(f finding.Finding) bool { return named(f.Resource, f.Place) })
	if len(out) == 0 {
		on(func(f finding.Finding) bool {
			for _, id := range belongings(s, f.Resource) {
				if named(id, f.Place) {
					return true
				}
			}
			return false
		})
	}
	slices.Sort(out)
	return out
}

// placesOf is where the things are written that belongings are of.
func placesOf(s *topo.Snapshot) map[ref.ID]ref.Place {
	out := map[ref.ID]ref.Place{}
	for _, g := range s.SecurityGroups {
		out[g.ID] = g.Place
		for _, r := range append(slices.Clone(g.Ingress), g.Egress...) {
			out[r.ID] = r.Place
		}
	}
	for _, t := range s.FlowLogs {
		out[t.ID] = t.Place
	}
	for _, t := range s.Clusters {
		out[t.ID] = t.Place
	}
	for _, t := range s.VPCs {
		out[t.ID] = t.Place
	}
	for _, t := range s.VPCEndpoints {
		out[t.ID] = t.Place
	}
	for _, t := range s.TaskDefinitions {
		out[t.ID] = t.Place
	}
	for _, t := range s.Hosts {
		out[t.ID] = t.Place
	}
	for _, t := range s.Workloads {
		out[t.ID] = t.Place
	}
	return out
}

// belongings are the things that a judged resource belongs to or is made of.
func belongings(s *topo.Snapshot, id ref.ID) []ref.ID {
	var out []ref.ID
	if e := s.Endpoint(id); e != nil {
		for _, g := range e.Groups.List {
			out = append(out, g.ID)
			if sg := s.SecurityGroup(g.ID); sg != nil {
				for _, r := range append(slices.Clone(sg.Ingress), sg.Egress...) {
					out = append(out, r.ID)
				}
			}
		}
	}
	if s.VPC(id) != nil {
		for _, l := range s.FlowLogs {
			if l.Of == id {
				out = append(out, l.ID)
			}
		}
	}
	if c := s.Cluster(id); c != nil {
		for i := range s.Workloads {
			if e := s.Endpoint(s.Workloads[i].Endpoint); e != nil && s.Workloads[i].Cluster == id {
				out = append(out, e.VPC)
			}
		}
	}
	if w := s.Workload(id); w != nil {
		out = append(out, w.Cluster, w.Definition)
		for _, v := range s.VPCEndpoints {
			if e := s.Endpoint(w.Endpoint); e != nil && v.VPC != "" && v.VPC == e.VPC {
				out = append(out, v.ID)
			}
		}
		for _, h := range w.Hosts.List {
			out = append(out, belongings(s, h.ID)...)
		}
	}
	if h := s.Host(id); h != nil {
		out = append(out, h.Template, h.Cluster)
		for i := range s.Workloads {
			w := &s.Workloads[i]
			if slices.ContainsFunc(w.Hosts.List, func(l topo.Link) bool { return l.ID == id }) {
				out = append(out, w.ID, w.Definition, w.Cluster)
			}
		}
	}
	return out
}
