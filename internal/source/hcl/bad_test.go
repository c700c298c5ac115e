package hcl

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/resource"
)

// Whatever is wrong is said once with its place, and the rest is there.
func TestBadInput(t *testing.T) {
	const fine = "\nresource \"fine\" \"x\" { a = 1 }\n"
	for _, tc := range []struct {
		name, files, said string
		has               string // a line that must be among the resources
	}{
		{"broken file", "resource \"aws_lb\" \"a\" {\n  name = \n}\n-- b.tf --" + fine,
			"error main.tf:2: syntax error", "fine.x a = 1"},
		{"unclosed block", "resource \"aws_lb\" \"a\" {\n  name = \"x\"\n-- b.tf --" + fine,
			"error main.tf:1: syntax error", "aws_lb.a name = x"},
		{"broken values", "variable \"v\" { type = string }\n" + fine + "-- terraform.tfvars --\nv = [\n",
			"error terraform.tfvars:2: syntax error", "fine.x a = 1"},
		{"locals in a circle", "locals {\n  a = local.b\n  b = local.c\n  c = \"${local.a}x\"\n}\nresource \"x\" \"y\" { v = local.b }\n" + fine,
			"error main.tf:3: reference to itself", "x.y v = ?(local.b depends on itself)x"},
		{"count of itself", "resource \"x\" \"y\" { count = length(x.y) }\n" + fine,
			"error main.tf:1: reference to itself", "x.y~(x.y depends on itself)"},
		{"module that calls itself", "module \"m\" { source = \"./m\" }\n" + fine + "-- m/main.tf --\nmodule \"again\" { source = \"../m\" }\nmodule \"root\" { source = \"./../\" }\nresource \"x\" \"y\" {}\n",
			"error m/main.tf:1: module calls itself\nerror m/main.tf:2: module calls itself", "module.m.x.y"},
		{"huge count", "resource \"x\" \"y\" { count = 1000000000 }\n" + fine,
			"error main.tf:1: count out of bounds", "x.y~(its count is out of bounds)"},
		{"negative count", "resource \"x\" \"y\" { count = 0 - 1 }\n" + fine,
			"error main.tf:1: count out of bounds", "x.y~(its count is out of bounds)"},
		{"count is no number", "resource \"x\" \"y\" { count = [] }\n" + fine,
			"error main.tf:1: count is no number", "x.y~(its count is not known)"},
		{"for_each over numbers", "resource \"x\" \"y\" { for_each = 3 }\n" + fine,
			"error main.tf:1: for_each is no collection", "x.y~(its for_each is no collection)"},
		{"instances of instances", "module \"a\" {\n source = \"./a\"\n count = 9000\n}\n" + fine + "-- a/main.tf --\nresource \"x\" \"y\" { count = 9000 }\n",
			"error a/main.tf:1: too many instances", "fine.x a = 1"},
		{"nothing is declared", "resource \"x\" \"y\" {\n  a = var.no\n  b = [local.no, aws_lb.no.arn, module.no.x, data.aws_vpc.no.id]\n  c = nofunction()\n}\n" + fine,
			"error main.tf:2: name not declared\nerror main.tf:3: name not declared\nerror main.tf:3: name not declared\nerror main.tf:3: name not declared\nerror main.tf:3: name not declared\nerror main.tf:4: expression not evaluated",
			"x.y b = [<local.no#> <aws_lb.no#arn> <module.no#x> <data.aws_vpc.no#id>]"},
		{"wrong types", "variable \"v\" {\n  type = map(number)\n  default = [\"a\"]\n}\nlocals { n = null }\nresource \"x\" \"y\" {\n  a = var.v\n  b = 1 + \"x\"\n  c = local.n.z\n  d = \"${local.n}\"\n  e = [for a in 3 : a]\n  f = { (null) = 1 }\n  g = !\"x\"\n  h = null[0]\n  i = [][1]\n}\n" + fine,
			"error main.tf:3: value of the wrong type\nerror main.tf:8: expression not evaluated\nerror main.tf:9: expression not evaluated\nerror main.tf:11: expression not evaluated\nerror main.tf:12: expression not evaluated\nerror main.tf:13: expression not evaluated\nerror main.tf:14: expression not evaluated\nerror main.tf:15: expression not evaluated",
			"x.y a = [a]"},
		{"declared twice", "resource \"x\" \"y\" {}\nresource \"x\" \"y\" {}\nlocals { a = 1 }\nlocals { a = 2 }\n" + fine,
			"error main.tf:2: declared twice\nerror main.tf:4: declared twice", "x.y"},
		{"private characters", "resource \"x\" \"y\" { v = \"\U0010FE00\" }\n-- b.tf --" + fine,
			"error main.tf: file not read", "fine.x a = 1"},
		{"nested too deep", "locals { a = " + strings.Repeat("[", 100000) + " }\n-- b.tf --" + fine,
			"error main.tf:1: file not read", "fine.x a = 1"},
		{"signs too deep", "locals { a = " + strings.Repeat("!", 100000) + "true }\n-- b.tf --" + fine,
			"error main.tf:1: file not read", "fine.x a = 1"},
		{"conditions too deep", "locals { a = (" + strings.Repeat("true ? 1 :\n", 100000) + "2) }\n-- b.tf --" + fine,
			"error main.tf:399: file not read", "fine.x a = 1"},
		{"JSON too deep", "-- a.tf.json --\n{\"locals\": {\"a\": " + strings.Repeat("[", 100000) + "\n-- b.tf --" + fine,
			"error a.tf.json: file not read", "fine.x a = 1"},
		{"indexes too deep", "locals { a = 1 }\nresource \"x\" \"y\" { v = local.a" + strings.Repeat("[local.a]", 10000) + " }\n" + fine,
			"error main.tf:2: expression not evaluated", "fine.x a = 1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			set, diags := Read(design(tc.files), Options{})
			if diff := cmp.Diff(tc.said, strings.TrimSpace(said(diags))); diff != "" {
				t.Errorf("diagnostics, want -, got +:\n%s", diff)
				for _, d := range diags {
					t.Logf("%v: %s", d.Place, d.Detail)
				}
			}
			if got := briefs(set); !strings.Contains("\n"+got, "\n"+tc.has+"\n") {
				t.Errorf("no line %q in\n%.2000s", tc.has, got)
			}
		})
	}
}

// Small files that mean enormous values end soon, with a diagnostic.
func TestBombs(t *testing.T) {
	double := func(format string, n int) string {
		var out strings.Builder
		out.WriteString("locals {\n  a0 = \"0123456789\"\n")
		for i := range n {
			fmt.Fprintf(&out, "  a%d = "+format+"\n", i+1, i, i)
		}
		fmt.Fprintf(&out, "}\nresource \"x\" \"y\" { v = local.a%d }\nresource \"fine\" \"x\" { a = 1 }\n", n)
		return out.String()
	}
	for name, text := range map[string]string{
		"text":    double(`"${local.a%d}${local.a%d}"`, 60),
		"lists":   double(`[local.a%d, local.a%d]`, 60),
		"concat":  double(`concat(try(tolist(local.a%d), ["x"]), try(tolist(local.a%d), ["x"]))`, 60),
		"JSON":    double(`jsonencode([local.a%d, local.a%d])`, 60),
		"format":  double(`format("%%s%%s", local.a%d, local.a%d)`, 60),
		"loops":   "locals {\n  l = range(1000)\n  m = [for a in local.l : [for b in local.l : [for c in local.l : a]]]\n}\nresource \"fine\" \"x\" { a = 1 }\n",
		"dynamic": "locals { l = range(1000) }\nresource \"fine\" \"x\" {\n a = 1\n dynamic \"x\" {\n for_each = local.l\n content {\n dynamic \"b\" {\n for_each = local.l\n content {\n dynamic \"c\" {\n for_each = local.l\n content { v = 1 }\n}\n}\n}\n}\n}\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			set, diags := Read(design(text), Options{})
			runtime.ReadMemStats(&after)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("took %v", took)
			}
			if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 8000 {
				t.Errorf("took %d MiB", mib)
			}
			said := len(diags) > 0
			for _, r := range set.Resources {
				v := r.Get("v")
				said = said || v.Kind == resource.Unknown && strings.Contains(v.Why, "too large")
			}
			if !said {
				t.Error("nothing is said")
			}
			if last := set.Resources[0]; last.ID != "fine.x" || last.Get("a").Number != 1 {
				t.Errorf("the rest is lost: %v", last.ID)
			}
		})
	}
}

// Links, pipes and large files of a directory of the machine.
func TestBoundaryOfTheMachine(t *testing.T) {
	outside := t.TempDir()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret.tf"), `resource "secret" "x" {}`)
	write(filepath.Join(dir, "main.tf"), `
resource "x" "y" {
  a = file("out.txt")
  b = file("in.txt")
}
module "out" { source = "./out" }
module "loop" { source = "./loop" }
`)
	write(filepath.Join(dir, "real.txt"), "inside")
	link(filepath.Join(outside, "secret.tf"), "secret.tf")
	link(filepath.Join(outside, "secret.tf"), "out.txt")
	link("real.txt", "in.txt")
	link(outside, "out")
	link("loop", "loop")
	link("itself.tf", "itself.tf")
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.tf"), 0o644); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "large.tf"), "")
	if err := os.Truncate(filepath.Join(dir, "large.tf"), 17<<20); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(dir, "sub/main.tf"), `module "up" { source = "../lib" }`)
	write(filepath.Join(dir, "lib/main.tf"), `resource "x" "z" {}`)
	link("..", "sub/up")

	b, err := OpenBoundary(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	set, diags := Read(b, Options{})
	const want = `
error itself.tf: file not read
error large.tf: file not read
error main.tf:6: module not here
error main.tf:7: module not here
error pipe.tf: file not read
error secret.tf: file not read`
	if diff := cmp.Diff(strings.TrimSpace(want), strings.TrimSpace(said(diags))); diff != "" {
		t.Errorf("diagnostics, want -, got +:\n%s", diff)
	}
	if got := briefs(set); strings.Contains(got, "secret") || !strings.Contains(got, "x.y b = inside\n") {
		t.Errorf("resources:\n%s", got)
	}
	roots, diags := Roots(b, ".")
	if diff := cmp.Diff([]string{".", "sub"}, roots); diff != "" || len(diags) > 0 {
		t.Errorf("roots, want -, got +:\n%s%v", diff, diags)
	}
	if _, err := OpenBoundary(filepath.Join(dir, "none")); err == nil {
		t.Error("a directory that does not exist is opened")
	}
	if set, diags := Read(b, Options{Dir: "none"}); len(diags) != 1 || len(set.Resources) != 0 {
		t.Errorf("a directory that does not exist gives %v", diags)
	}
}

func FuzzRead(f *testing.F) {
	for _, tc := range designs {
		if len(tc.files) < 700 {
			f.Add(tc.files)
		}
	}
	f.Add("locals { a = local.a }")
	f.Add("-- a.tf.json --\n{\"resource\": [{\"a\": {\"b\": [{\"c\": \"${each.key}\"}]}}]}")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4000 {
			return
		}
		set, diags := Read(design(text), Options{})
		again, more := Read(design(text), Options{})
		if briefs(set) != briefs(again) || said(diags) != said(more) {
			t.Fatal("two readings differ")
		}
		for _, d := range diags {
			if d.Summary == "" || d.Detail == "" {
				t.Fatalf("a diagnostic says nothing: %+v", d)
			}
			if d.Summary == "fault in this program" {
				t.Fatalf("a fault: %+v", d)
			}
		}
	})
}

// A file that is no text of the language at all is told in a few lines.
func TestSyntaxErrorsAreFew(t *testing.T) {
	text := strings.Repeat("}{ = ] \x01\n", 500)
	_, diags := Read(fstest.MapFS{
		"noise.tf": {Data: []byte(text)},
		"main.tf":  {Data: []byte("resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n")},
	}, Options{})
	if len(diags) < 2 || len(diags) > 6 {
		t.Errorf("%d diagnostics for one broken file", len(diags))
	}
	if !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Summary == "more syntax errors" && d.Place.File == "noise.tf" }) {
		t.Errorf("what is left out is not said: %v", diags)
	}
}
