package estate

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/ref"
)

// on is a recommendation and what it is about, by a name that is the same in all
// forms.
type on struct{ recommendation, thing string }

// certificate is what the designs want to know.
const certificate = "arn:aws:acm:eu-west-1:111122223333:certificate/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"

// verdictsBy are the verdicts of a form, with severities. Several things of one
// form may be one of another: instances are one group.
func verdictsBy(t *testing.T, path string, o Options, name func(e Estate, id ref.ID) string) map[on][]string {
	t.Helper()
	e, diags, err := Open([]string{path}, o)
	if err != nil {
		t.Fatal(err, diags)
	}
	out := map[on][]string{}
	for _, f := range check.Run(e.Snapshot, intent.Intent{}, check.Options{}).Findings {
		key := on{f.Recommendation, name(e, f.Resource)}
		v := f.Verdict.String() + "/" + f.Severity.String()
		if os.Getenv("SAMEDEBUG") != "" && strings.Contains(f.Recommendation, os.Getenv("SAMEDEBUG")) {
			t.Logf("%s: %s %s %s %q %+v %q %+v", filepath.Base(path), key.recommendation, key.thing, v, f.Title, f.Gaps, f.Facts, f.Evidence)
		}
		if !slices.Contains(out[key], v) {
			out[key] = append(out[key], v)
			slices.Sort(out[key])
		}
	}
	return out
}

// label is the name of a thing in forms that have names.
func label(e Estate, id ref.ID) string { return e.Snapshot.Label(id) }

// logical are the names of what Terraform's files call otherwise, by logical id.
var logical = map[string]string{
	"Cluster": "shop", "OrdersTask": "orders", "HttpListener": "http", "HttpsListener": "https", "FlowLog": "main",
	"ShopCluster": "shop", "WebTask": "web", "WorkerTask": "worker", "TlsListener": "tls", "ShopFlowLog": "shop", "Assets": "assets", "AssetsA": "assets", "AssetsB": "assets",
	"AppCluster": "app", "ApiTask": "api", "ReportTask": "report", "ApiListener": "https", "AppFlowLog": "app", "AppVpc": "app", "DataVpc": "data",
}

// labelOfTemplate is the name of a thing of a template.
func labelOfTemplate(e Estate, id ref.ID) string {
	words := strings.Fields(label(e, id))
	last := &words[len(words)-1]
	*last = or(logical[*last], *last)
	return strings.Join(words, " ")
}

// write saves documents below a new directory.
func write(t *testing.T, docs map[string]object) string {
	t.Helper()
	dir := t.TempDir()
	for name, doc := range docs {
		data, err := json.MarshalIndent(doc, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, name+".json")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// sameRow is a line of differences.tsv: what a form says in place of what
// Terraform's files say, and why that is right.
type sameRow struct{ form, design, recommendation, thing, verdict, why string }

func sameRows(t *testing.T) []sameRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "same", "differences.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var out []sameRow
	for line := range strings.Lines(string(text)) {
		cols := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		switch {
		case strings.HasPrefix(line, "#"):
		case len(cols) == 6 && len(cols[5]) > 20:
			out = append(out, sameRow{cols[0], cols[1], cols[2], cols[3], cols[4], cols[5]})
		default:
			t.Fatalf("testdata/same/differences.tsv: a line is not understood: %q", line)
		}
	}
	return out
}

// The same design gets the same verdicts and severities as files of Terraform,
// as the plan of them, as a template of CloudFormation, and as what AWS answers
// about it once it is deployed. Every difference has a line with its reason in
// testdata/same/differences.tsv, and every line of that file must be needed.
func TestFormsOfOneDesignAgree(t *testing.T) {
	rows := sameRows(t)
	used, count := make([]bool, len(rows)), map[string]int{}
	examples, same := filepath.Join("..", "..", "examples"), filepath.Join("testdata", "same")
	for _, d := range []struct{ name, terraform, cloudformation string }{
		{"orders", filepath.Join(examples, "orders"), filepath.Join(examples, "orders-cloudformation")},
		{"orders-fixed", filepath.Join(examples, "orders-fixed"), filepath.Join(examples, "orders-cloudformation-fixed")},
		{"hosts", filepath.Join(same, "hosts", "terraform"), filepath.Join(same, "hosts", "cloudformation")},
		{"net", filepath.Join(same, "net", "terraform"), filepath.Join(same, "net", "cloudformation")},
	} {
		o := Options{Vars: map[string]string{"certificate_arn": certificate}}
		sets, diags, err := Read([]string{d.terraform}, o)
		if err != nil || len(sets) != 1 {
			t.Fatal(d.name, err, diags)
		}
		want := verdictsBy(t, d.terraform, o, label)
		for _, list := range want {
			for _, v := range list {
				count[v[:strings.IndexByte(v, '/')]]++
			}
		}
		compare := func(form string, got map[on][]string) {
			all := maps.Clone(want)
			maps.Copy(all, got)
			for _, k := range slices.SortedFunc(maps.Keys(all), func(a, b on) int {
				return strings.Compare(a.recommendation+" "+a.thing, b.recommendation+" "+b.thing)
			}) {
				w, g := strings.Join(want[k], ","), strings.Join(got[k], ",")
				if w == g {
					continue
				}
				i := slices.IndexFunc(rows, func(r sameRow) bool {
					return r.form == form && r.design == d.name && r.recommendation == k.recommendation && r.thing == k.thing && r.verdict == or(g, "none")
				})
				if i < 0 {
					t.Errorf("%s: %s on %s: %q in Terraform, %q in %s", d.name, k.recommendation, k.thing, w, g, form)
					continue
				}
				used[i] = true
			}
		}
		compare("plan-sets", verdictsBy(t, filepath.Join(write(t, map[string]object{"plan": planOf(t, sets[0], true)}), "plan.json"), Options{}, label))
		compare("plan", verdictsBy(t, filepath.Join(write(t, map[string]object{"plan": planOf(t, sets[0], false)}), "plan.json"), Options{}, label))

		given := Options{Region: cloudRegion, Account: cloudAccount, Parameters: map[string]string{"CertificateArn": certificate}}
		compare("cloudformation", verdictsBy(t, d.cloudformation, given, labelOfTemplate))
		named, _, err := Open([]string{d.terraform}, o)
		if err != nil {
			t.Fatal(err)
		}
		aws := cloudOf(t, sets[0])
		compare("describe", verdictsBy(t, write(t, aws.answers), Options{}, func(e Estate, id ref.ID) string {
			if from := aws.origin[string(id)]; from != "" {
				return label(named, from)
			}
			return label(e, id)
		}))
	}
	t.Logf("of Terraform: %v", count)
	if count["follows"] < 80 || count["violates"] < 25 || count["undecided"]*10 > count["follows"] {
		t.Error("the designs say too little")
	}
	for i, r := range rows {
		if !used[i] {
			t.Errorf("testdata/same/differences.tsv explains a difference that is not there: %+v", r)
		}
	}
}
