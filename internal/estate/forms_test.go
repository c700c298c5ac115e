package estate

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// judged is what a recommendation is about.
type judged struct {
	recommendation string
	resource       ref.ID
}

// verdictsOf are the verdicts of a design, each as often as it is given: a
// recommendation may be judged several times on one resource.
func verdictsOf(t *testing.T, path string, o Options) map[judged]string {
	t.Helper()
	e, diags, err := Open([]string{path}, o)
	if err != nil {
		t.Fatal(err, diags)
	}
	all := map[judged][]string{}
	for _, f := range check.Run(e.Snapshot, intent.Intent{}, check.Options{}).Findings {
		on := judged{f.Recommendation, f.Resource}
		all[on] = append(all[on], f.Verdict.String())
	}
	out := map[judged]string{}
	for on, list := range all {
		slices.Sort(list)
		out[on] = strings.Join(list, ",")
	}
	return out
}

// decides reports whether a plan only says what the directory left open.
func decides(dir, plan string) bool {
	if dir == "" || plan == "" || strings.Count(dir, ",") != strings.Count(plan, ",") {
		return false
	}
	open := finding.Undecided.String()
	left := strings.Split(plan, ",")
	for _, v := range strings.Split(dir, ",") {
		if v == open {
			continue
		}
		i := slices.Index(left, v)
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// formPair is a design in two forms; difference is a row that explains one.
type (
	formPair struct {
		plan, dir string
		vars      map[string]string
		files     []string
	}
	difference struct {
		plan string
		judged
		inDir, inPlan, why string
	}
)

func formsTable(t *testing.T) (pairs []formPair, rows []difference) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "forms.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		cols := strings.Split(line, "\t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case len(cols) >= 3 && cols[0] == "pair":
			p := formPair{plan: cols[1], dir: cols[2], vars: map[string]string{}}
			for _, v := range cols[3:] {
				if name, value, ok := strings.Cut(v, "="); ok {
					p.vars[name] = value
				} else {
					p.files = append(p.files, v)
				}
			}
			pairs = append(pairs, p)
		case len(cols) == 7 && cols[0] == "differs" && len(cols[6]) > 20:
			rows = append(rows, difference{cols[1], judged{cols[2], ref.ID(cols[3])}, cols[4], cols[5], cols[6]})
		default:
			t.Fatalf("testdata/forms.tsv: a line is not understood: %q", line)
		}
	}
	return pairs, rows
}

// withUnknownSets is the plan as a provider writes it that leaves a set with one
// unknown element unknown as a whole, as most resources of AWS do.
func withUnknownSets(t *testing.T, plan string, n *int) string {
	t.Helper()
	text, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		t.Fatal(err)
	}
	planned := map[any]any{}
	var module func(m map[string]any)
	module = func(m map[string]any) {
		list, _ := m["resources"].([]any)
		for _, r := range list {
			planned[r.(map[string]any)["address"]] = r.(map[string]any)["values"]
		}
		list, _ = m["child_modules"].([]any)
		for _, c := range list {
			module(c.(map[string]any))
		}
	}
	module(root["planned_values"].(map[string]any)["root_module"].(map[string]any))
	for _, c := range root["resource_changes"].([]any) {
		c := c.(map[string]any)
		change := c["change"].(map[string]any)
		// What is planned is there twice.
		for _, after := range []any{change["after"], planned[c["address"]]} {
			forgetSets(change["after_unknown"], after, nil)
		}
		forgetSets(change["after_unknown"], nil, n)
	}
	out := filepath.Join(t.TempDir(), "plan.json")
	if text, err = json.Marshal(root); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(out, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

// forgetSets removes sets with unknown elements from what is planned or, if n is
// given, marks them as unknown and counts them.
func forgetSets(unknown, after any, n *int) {
	switch u := unknown.(type) {
	case map[string]any:
		a, _ := after.(map[string]any)
		for k, v := range u {
			list, ok := v.([]any)
			if !ok || !slices.Contains(list, any(true)) {
				forgetSets(v, a[k], n)
				continue
			}
			delete(a, k)
			if n != nil {
				u[k] = true
				*n++
			}
		}
	case []any:
		a, _ := after.([]any)
		for i, v := range u {
			if i < len(a) {
				forgetSets(v, a[i], n)
			} else {
				forgetSets(v, nil, n)
			}
		}
	}
}

// A design gets the same verdicts as a directory and as the plan that Terraform
// makes of it. The plan may decide more; every other difference has a row with
// its reason in testdata/forms.tsv, and every row of that file must be needed.
func TestCorpusFormsAgree(t *testing.T) {
	dir := corpus(t)
	if dir == "" {
		return
	}
	pairs, rows := formsTable(t)
	used := make([]bool, len(rows))
	total, decided, sets := 0, 0, 0
	for _, p := range pairs {
		iac := filepath.Join(dir, "iac")
		o := Options{Root: iac, Vars: p.vars}
		for _, f := range p.files {
			o.VarFiles = append(o.VarFiles, filepath.Join(iac, "terraform-plan", p.plan, f))
		}
		inDir := verdictsOf(t, filepath.Join(iac, "terraform", filepath.FromSlash(p.dir)), o)
		plan := filepath.Join(iac, "terraform-plan", p.plan, "plan.json")
		inPlan := verdictsOf(t, plan, Options{})
		if diff := cmp.Diff(inPlan, verdictsOf(t, withUnknownSets(t, plan, &sets), Options{})); diff != "" {
			t.Errorf("%s with sets that are unknown as a whole, by element -, as a whole +:\n%s", p.plan, diff)
		}
		both := map[judged]bool{}
		for on, v := range inDir {
			both[on] = true
			if v != finding.Undecided.String() {
				decided++
			}
		}
		for on := range inPlan {
			both[on] = true
		}
		total += len(both)
		for on := range both {
			d, q := inDir[on], inPlan[on]
			if d == q || decides(d, q) {
				continue
			}
			i := slices.IndexFunc(rows, func(r difference) bool {
				return r.plan == p.plan && r.judged == on && r.inDir == d && r.inPlan == q
			})
			if i < 0 {
				t.Errorf("%s: %s on %s: %q in the directory, %q in the plan", p.plan, on.recommendation, on.resource, d, q)
				continue
			}
			used[i] = true
		}
	}
	for i, r := range rows {
		if !used[i] {
			t.Errorf("testdata/forms.tsv explains a difference that is not there: %+v", r)
		}
	}
	t.Logf("%d pairs, %d verdicts, %d decided by the directory, %d differences explained, %d sets", len(pairs), total, decided, len(rows), sets)
	if sets < 20 || len(pairs) < 7 || total < 100 || decided*2 < total || len(rows)*20 > total {
		t.Error("the comparison says too little")
	}
}

// A design gets the same verdicts before it is applied, as a directory, and
// after, as the state that Terraform keeps of it, with ids and ARNs and all that
// the provider fills in. What is accepted of the one is accepted of the other.
func TestStateAgrees(t *testing.T) {
	prints := func(path string, o Options) map[string]string {
		e, diags, err := Open([]string{path}, o)
		if err != nil {
			t.Fatal(err, diags)
		}
		out := map[string]string{}
		for _, f := range check.Run(e.Snapshot, intent.Intent{}, check.Options{}).Findings {
			out[f.Recommendation+" "+string(f.Resource)+" "+f.Fingerprint()] = f.Verdict.String()
		}
		return out
	}
	dir := prints(filepath.Join("..", "..", "examples", "orders"), Options{})
	state := prints(filepath.Join("testdata", "orders-state.json"), Options{})
	if diff := cmp.Diff(dir, state); diff != "" {
		t.Errorf("directory -, state +:\n%s", diff)
	}
	count := map[string]int{}
	for _, v := range dir {
		count[v]++
	}
	if count["violates"] < 8 || count["follows"] < 8 {
		t.Errorf("the design says too little: %v", count)
	}
}

// Rules that a dynamic block may make are not taken as none: the group may have
// more, and so may the table have more routes.
func TestHiddenRulesAreOpen(t *testing.T) {
	const plan = `{"format_version":"1.2","terraform_version":"1.9.5","planned_values":{"root_module":{"resources":[
{"address":"aws_security_group.g","mode":"managed","type":"aws_security_group","name":"g","values":{}},
{"address":"aws_route_table.t","mode":"managed","type":"aws_route_table","name":"t","values":{}},
{"address":"aws_lb.l","mode":"managed","type":"aws_lb","name":"l","values":{}}]}},
"resource_changes":[
{"address":"aws_security_group.g","mode":"managed","type":"aws_security_group","name":"g","change":{"actions":["create"],"after":{},"after_unknown":{"ingress":true,"egress":true}}},
{"address":"aws_route_table.t","mode":"managed","type":"aws_route_table","name":"t","change":{"actions":["create"],"after":{},"after_unknown":{"route":true}}},
{"address":"aws_lb.l","mode":"managed","type":"aws_lb","name":"l","change":{"actions":["create"],"after":{},"after_unknown":{"subnet_mapping":true}}}],
"configuration":{"root_module":{"resources":[{"address":"aws_security_group.g","expressions":{}},{"address":"aws_route_table.t","expressions":{}},{"address":"aws_lb.l","expressions":{}}]}}USES}`
	for uses, open := range map[string]bool{"": false, `,"relevant_attributes":[{"resource":"aws_lb.l","attribute":["subnet_mapping"]}]`: true} {
		file := filepath.Join(t.TempDir(), "plan.json")
		if err := os.WriteFile(file, []byte(strings.Replace(plan, "USES", uses, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		e, diags, err := Open([]string{file}, Options{})
		if err != nil {
			t.Fatal(err, diags)
		}
		g, r := e.Snapshot.SecurityGroup("aws_security_group.g"), e.Snapshot.RouteTable("aws_route_table.t")
		if g == nil || r == nil {
			t.Fatal("the group or the table is not there")
		}
		for what, more := range map[string]string{"ingress": g.IngressMore, "egress": g.EgressMore, "routes": r.More} {
			if (more != "") != open {
				t.Errorf("%s: more %q, want some: %v", what, more, open)
			}
		}
	}
}
