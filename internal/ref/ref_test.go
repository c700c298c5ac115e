package ref

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestARNParts(t *testing.T) {
	for _, tc := range []struct {
		in         string
		want       ARN
		kind, name string
	}{
		{"arn:aws:ecs:eu-west-1:111122223333:service/web/orders",
			ARN{"aws", "ecs", "eu-west-1", "111122223333", "service/web/orders"}, "service", "web/orders"},
		// The resource may hold colons: only the first five count.
		{"arn:aws:ecs:eu-west-1:111122223333:task-definition/orders:7",
			ARN{"aws", "ecs", "eu-west-1", "111122223333", "task-definition/orders:7"}, "task-definition", "orders:7"},
		{"arn:aws:rds:eu-west-1:111122223333:db:main",
			ARN{"aws", "rds", "eu-west-1", "111122223333", "db:main"}, "db", "main"},
		// Global services have neither region nor account, or only an account.
		{"arn:aws:s3:::images", ARN{"aws", "s3", "", "", "images"}, "", "images"},
		{"arn:aws-us-gov:iam::111122223333:role/task",
			ARN{"aws-us-gov", "iam", "", "111122223333", "role/task"}, "role", "task"},
		{"arn:aws:iam::aws:policy/ReadOnlyAccess",
			ARN{"aws", "iam", "", "aws", "policy/ReadOnlyAccess"}, "policy", "ReadOnlyAccess"},
	} {
		got, err := ParseARN(tc.in)
		if err != nil || got != tc.want {
			t.Errorf("ParseARN(%q) = %+v, %v; want %+v", tc.in, got, err, tc.want)
		}
		if got.String() != tc.in || got.ID() != ID(tc.in) {
			t.Errorf("%q prints as %q, its ID is %q", tc.in, got, got.ID())
		}
		if kind, name := got.Split(); kind != tc.kind || name != tc.name {
			t.Errorf("Split of %q = %q, %q; want %q, %q", tc.in, kind, name, tc.kind, tc.name)
		}
	}
}

func TestARNRefusals(t *testing.T) {
	for in, says := range map[string]string{
		"":                             "form",
		"orders":                       "form",
		"arn":                          "form",
		"arn:aws:s3::images":           "form",
		"ARN:aws:s3:::images":          "form",
		"xarn:aws:s3:::images":         "form",
		"arn::s3:::images":             "the partition is empty",
		"arn:aws::::images":            "the service is empty",
		"arn:aws:s3:::":                "the resource is empty",
		"arn:${AWS::Partition}:s3:::b": "the service is empty",
		"arn:aws:s3:::${name}":         "not evaluated",
		"arn:aws:ecs:${r}:1:cluster/a": "not evaluated",
	} {
		got, err := ParseARN(in)
		if err == nil || !got.IsZero() || !strings.Contains(err.Error(), says) {
			t.Errorf("ParseARN(%q) = %+v, %v; want an error with %q", in, got, err, says)
		}
	}
	if got := (ARN{}).String(); got != "" {
		t.Errorf("the zero ARN prints %q", got)
	}
}

func FuzzParseARN(f *testing.F) {
	for _, s := range []string{"", "arn:aws:s3:::b", "arn:aws:ecs:r:1:task/x:2", "arn::::::", "arn:aws:s3:::${x}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseARN(s)
		if (err == nil) == a.IsZero() {
			t.Fatalf("ParseARN(%q) gives %+v and %v: a value or an error, never both", s, a, err)
		}
		if err == nil && a.String() != s {
			t.Fatalf("ParseARN(%q) prints %q", s, a)
		}
	})
}

func TestAddressParts(t *testing.T) {
	for _, tc := range []struct{ id, module, short, base ID }{
		// The root module of the only root has no name.
		{"aws_lb.this", "", "aws_lb.this", "aws_lb.this"},
		{"aws_lb.this[0]", "", "aws_lb.this[0]", "aws_lb.this"},
		{"data.aws_vpc.main[0]", "", "data.aws_vpc.main[0]", "data.aws_vpc.main"},
		// Modules, nested and with instances of their own.
		{"module.web.aws_lb.this[0]", "module.web", "aws_lb.this[0]", "module.web.aws_lb.this"},
		{"module.a.module.b[1].aws_lb.this", "module.a.module.b[1]", "aws_lb.this", "module.a.module.b[1].aws_lb.this"},
		{"module.web.data.aws_vpc.main", "module.web", "data.aws_vpc.main", "module.web.data.aws_vpc.main"},
		// A module is held by its parent.
		{"module.web", "", "module.web", "module.web"},
		{"module.a.module.b[0]", "module.a", "module.b[0]", "module.a.module.b"},
		// Several roots: their names come first and may hold dots and slashes.
		{"prod/aws_lb.this", "prod", "aws_lb.this", "prod/aws_lb.this"},
		{"env/v1.2/module.web.aws_lb.this", "env/v1.2/module.web", "aws_lb.this", "env/v1.2/module.web.aws_lb.this"},
		// Keys of for_each may hold everything that cuts elsewhere.
		{`module.m["a.b/c"].aws_subnet.s["10.0.0.0/24"]`, `module.m["a.b/c"]`, `aws_subnet.s["10.0.0.0/24"]`,
			`module.m["a.b/c"].aws_subnet.s`},
		{`aws_subnet.s["x\"].y[/"]`, "", `aws_subnet.s["x\"].y[/"]`, "aws_subnet.s"},
		// CloudFormation.
		{"Vpc", "", "Vpc", "Vpc"},
		{"Network/Vpc", "Network", "Vpc", "Network/Vpc"},
		{"App/Network/Vpc", "App/Network", "Vpc", "App/Network/Vpc"},
		// ARNs have no module and no index.
		{"arn:aws:ecs:r:1:service/web/orders", "", "service/web/orders", "arn:aws:ecs:r:1:service/web/orders"},
		// Malformed names come back whole.
		{"", "", "", ""},
		{"[0]", "", "[0]", "[0]"},
		{`a.b["`, "", `a.b["`, `a.b["`},
		{"a.b]", "", "a.b]", "a.b]"},
	} {
		if got := tc.id.Module(); got != tc.module {
			t.Errorf("%q.Module() = %q, want %q", tc.id, got, tc.module)
		}
		if got := tc.id.Short(); got != tc.short {
			t.Errorf("%q.Short() = %q, want %q", tc.id, got, tc.short)
		}
		if got := tc.id.Base(); got != tc.base {
			t.Errorf("%q.Base() = %q, want %q", tc.id, got, tc.base)
		}
	}
}

// Whatever the name is, its parts put together are the name again.
func FuzzAddressParts(f *testing.F) {
	for _, s := range []string{"module.a.aws_lb.x[0]", `p/module.m["a/b"].a.b`, "Network/Vpc", `a["\`, "module..", "/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id := ID(s)
		if id.isARN() {
			return
		}
		module, short := id.Module(), id.Short()
		if len(module)+len(short) == len(id) {
			if module+short != id || module != "" {
				t.Fatalf("%q is cut into %q and %q", id, module, short)
			}
		} else if sep := id[len(module) : len(id)-len(short)]; sep != "." && sep != "/" {
			t.Fatalf("%q is cut into %q, %q and %q", id, module, sep, short)
		}
		if base := id.Base(); !strings.HasPrefix(s, string(base)) || (base == "") != (s == "") {
			t.Fatalf("the base of %q is %q", id, base)
		}
	})
}

func TestPlaceString(t *testing.T) {
	for _, tc := range []struct {
		place Place
		want  string
	}{
		{Place{}, ""},
		{Place{File: "plan.json"}, "plan.json"},
		{Place{File: "net/vpc.tf", Line: 41}, "net/vpc.tf:41"},
	} {
		if got := tc.place.String(); got != tc.want || tc.place.IsZero() != (tc.want == "") {
			t.Errorf("%+v prints %q, zero is %v; want %q", tc.place, got, tc.place.IsZero(), tc.want)
		}
	}
}

func TestPlaceOrder(t *testing.T) {
	// The zero place is first; lines are numbers, not text.
	sorted := []Place{{}, {File: "a.tf"}, {File: "a.tf", Line: 9}, {File: "a.tf", Line: 10}, {File: "b.tf", Line: 1}}
	rapid.Check(t, func(rt *rapid.T) {
		got := rapid.Permutation(sorted).Draw(rt, "places")
		slices.SortFunc(got, Place.Compare)
		if !slices.Equal(got, sorted) {
			rt.Fatalf("got %v, want %v", got, sorted)
		}
	})
	for i, p := range sorted {
		for j, q := range sorted {
			if got := p.Compare(q); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%v.Compare(%v) = %d", p, q, got)
			}
		}
	}
}

func TestRoot(t *testing.T) {
	for id, want := range map[ID]ID{
		"aws_lb.this":                             "",
		"module.web.aws_lb.this":                  "",
		"env/prod/module.web.aws_lb.this":         "env/prod",
		`prod/aws_subnet.s["10.0.0.0/24"]`:        "prod",
		`aws_subnet.s["10.0.0.0/24"]`:             "",
		"arn:aws:ecs:r:1:service/web/orders":      "",
		"prod/data.aws_vpc.main":                  "prod",
		`prod/module.m["a/b"].aws_lb.this["c/d"]`: "prod",
	} {
		if got := id.Root(); got != want {
			t.Errorf("%q.Root() = %q, want %q", id, got, want)
		}
	}
}
