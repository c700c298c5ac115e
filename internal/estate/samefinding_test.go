package estate

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/source/archive"
)

// tree is files by their slash paths.
type tree map[string]string

// treeAt reads the files below a directory that a name is wanted of.
func treeAt(t *testing.T, dir string, want func(name string) bool) tree {
	t.Helper()
	out := tree{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !want(name) {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		out[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type fataler interface{ Fatal(args ...any) }

func (f tree) save(t fataler, dir string) {
	for name, text := range f {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// prints are the findings of a design by fingerprint, with what a baseline holds
// of each.
func prints(t fataler, in string, o Options) map[string]string {
	e, diags, err := Open([]string{in}, o)
	if err != nil {
		t.Fatal(err, diags)
	}
	out := map[string]string{}
	for _, f := range check.Run(e.Snapshot, intent.Intent{}, check.Options{}).Findings {
		out[f.Fingerprint()] = fmt.Sprintf("%s %s %v %v", f.Recommendation, f.Resource, f.Verdict, f.Severity)
	}
	return out
}

// archived is the archive of a design, as a file.
func archived(t fataler, in, dir string, o Options) string {
	sets, diags, err := Read([]string{in}, o)
	if err != nil {
		t.Fatal(err, diags)
	}
	var b bytes.Buffer
	if err := archive.Write(&b, sets, diags); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "kept.json")
	if err := os.WriteFile(at, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return at
}

var (
	heredoc  = regexp.MustCompile(`<<[-~]?\s*"?([A-Za-z_][A-Za-z0-9_]*)"?\s*$`)
	unsorted = regexp.MustCompile(`^resource "(aws_security_group|aws_network_acl|aws_route_table)" `)
)

// pieces are the parts of a text that begin with a block that is indented so
// far, each with what is written above it; what is above the first may not move.
// The text is not taken apart if it is not formatted as Terraform formats it.
func pieces(text, indent string) (out []string, whole bool) {
	var at strings.Builder
	opens, until, comment := false, "", false
	for line := range strings.Lines(text) {
		at.WriteString(line)
		bare := strings.TrimRight(line, " \t\r\n")
		switch {
		case until != "":
			if strings.TrimSpace(bare) == until {
				until = ""
			}
			continue
		case comment:
			comment = !strings.HasSuffix(bare, "*/")
			continue
		case strings.HasPrefix(strings.TrimSpace(bare), "/*"):
			comment = !strings.HasSuffix(bare, "*/")
			continue
		}
		if m := heredoc.FindStringSubmatch(bare); m != nil {
			until = m[1]
		}
		inside := strings.TrimPrefix(bare, indent)
		if !strings.HasPrefix(bare, indent) || inside == "" || inside[0] == ' ' || inside[0] == '#' || strings.HasPrefix(inside, "//") {
			continue
		}
		switch ends := strings.HasPrefix(inside, "}") || strings.HasPrefix(inside, "]") || strings.HasPrefix(inside, ")"); {
		case opens && ends && !strings.ContainsAny(inside[1:], "{[("):
			opens = false
		case opens || ends || until != "" && indent == "":
			return []string{text}, false
		case strings.HasSuffix(inside, "{") || strings.HasSuffix(inside, "[") || strings.HasSuffix(inside, "("):
			opens = true
			continue
		case until != "":
			return []string{text}, false
		}
		out = append(out, at.String())
		at.Reset()
	}
	if opens || until != "" || comment {
		return []string{text}, false
	}
	if rest := at.String(); rest != "" {
		out = append(out, rest)
	}
	return out, true
}

// moved is the files of Terraform of a design as another hand might have written
// them: in files with other names, their blocks in another order, rules of groups
// too, and with comments.
func (f tree) moved(t *rapid.T) (out tree, blocks int) {
	out = tree{}
	dirs := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		if !strings.HasSuffix(name, ".tf") || strings.HasSuffix(name, "override.tf") {
			out[name] = f[name]
			continue
		}
		list, _ := pieces(f[name], "")
		dirs[path.Dir(name)] = append(dirs[path.Dir(name)], list...)
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		list := rapid.Permutation(dirs[dir]).Draw(t, "blocks of "+dir)
		files := rapid.IntRange(1, 4).Draw(t, "files")
		for i, piece := range list {
			if first, rest, ok := strings.Cut(piece, "\n"); ok && unsorted.MatchString(first) {
				body, end, _ := strings.Cut(rest, "\n}")
				if inner, whole := pieces(body+"\n", "  "); whole {
					piece = first + "\n" + strings.Join(rapid.Permutation(inner).Draw(t, "inside"), "") + "}" + end
				}
			}
			name := path.Join(dir, fmt.Sprintf("moved_%d.tf", rapid.IntRange(1, files).Draw(t, "file")))
			above := strings.Repeat("\n", rapid.IntRange(0, 3).Draw(t, "lines"))
			if rapid.Bool().Draw(t, "comment") {
				above += fmt.Sprintf("# Block %d: resource \"aws_vpc\" \"x\" {\n", i)
			}
			out[name] += above + strings.TrimRight(piece, "\n") + "\n"
			blocks++
		}
	}
	return out, blocks
}

// movedTemplate is a template with its resources in another order, and comments.
func movedTemplate(t *rapid.T, text string) (out string, blocks int) {
	head, rest, ok := strings.Cut(text, "\nResources:\n")
	if !ok {
		return text, 0
	}
	var list []string
	tail := ""
	for line := range strings.Lines(rest) {
		switch {
		case tail != "" || line[0] != ' ' && line[0] != '\n' && line[0] != '#':
			tail += line
		case len(list) == 0 || strings.HasPrefix(line, "  ") && line[2] != ' ' && line[2] != '#' && line[2] != '\n':
			list = append(list, line)
		default:
			list[len(list)-1] += line
		}
	}
	var b strings.Builder
	b.WriteString("# As it was moved.\n" + head + "\nResources:\n")
	for _, piece := range rapid.Permutation(list).Draw(t, "resources") {
		b.WriteString("  # Another one.\n" + strings.TrimRight(piece, "\n") + "\n")
	}
	b.WriteString(tail)
	return b.String(), len(list)
}

// moving is a design to move: files, the directory of them that is read, how, and
// whether it is a template.
type moving struct {
	files    tree
	at       string
	o        Options
	template bool
}

// movings are the designs of the project, by name: each variant is one.
func movings(t *testing.T) map[string]moving {
	t.Helper()
	out := map[string]moving{}
	forms := map[string]string{"terraform": ".tf", "cloudformation": ".yaml"}
	for form, end := range forms {
		isOf := func(name string) bool { return strings.HasSuffix(name, end) && path.Base(name) != "muralla.yaml" }
		for _, dir := range append(glob(t, "../../examples/orders*"), glob(t, "testdata/same/*/"+form)...) {
			if files := treeAt(t, dir, isOf); len(files) > 0 {
				out[dir+" "+form] = moving{files, ".", Options{Vars: map[string]string{"certificate_arn": certificate}}, end == ".yaml"}
			}
		}
		for _, dir := range glob(t, filepath.Join(questions, "*", form)) {
			at := path.Base(filepath.Dir(dir)) + "/" + form
			files := treeAt(t, questions, func(name string) bool {
				return isOf(name) && (path.Dir(name) == at || !strings.Contains(path.Dir(name), "/"))
			})
			for _, v := range variantsOf(t, filepath.Join(filepath.Dir(dir), "terraform")) {
				o := Options{Vars: map[string]string{"variant": v}}
				if end == ".yaml" {
					o = Options{Region: "eu-west-1", Parameters: map[string]string{"Variant": v}}
				}
				out[at+" "+v] = moving{files, at, o, end == ".yaml"}
			}
		}
	}
	return out
}

// saved is the design below a directory, and how it is read there.
func (m moving) saved(t fataler, dir string) (in string, o Options) {
	m.files.save(t, dir)
	o = m.o
	o.Root = dir
	return filepath.Join(dir, filepath.FromSlash(m.at)), o
}

// A finding keeps its fingerprint, verdict and severity if files are renamed,
// blocks and the rules in them change places, comments and lines come in between,
// if the whole is in another directory or given by another path, and in the
// archive of it.
func TestFindingsKeepTheirFingerprints(t *testing.T) {
	designs := movings(t)
	names := slices.Sorted(maps.Keys(designs))
	before := map[string]map[string]string{}
	home := t.TempDir()
	t.Chdir(home)
	findings, blocks, templates := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "design")
		dir, err := os.MkdirTemp(home, "design")
		if err != nil {
			rt.Fatal(err)
		}
		design := designs[name]
		if before[name] == nil {
			in, o := design.saved(rt, filepath.Join(dir, "was"))
			before[name] = prints(rt, in, o)
		}
		moved, n := design, 0
		if design.template {
			file := path.Join(design.at, "template.yaml")
			text := design.files[file]
			moved.files = maps.Clone(design.files)
			delete(moved.files, file)
			to := path.Join(design.at, rapid.SampledFrom([]string{"a.yaml", "other.template", "x.yml"}).Draw(rt, "name"))
			moved.files[to], n = movedTemplate(rt, text)
			templates++
		} else {
			moved.files, n = design.files.moved(rt)
		}
		in, o := moved.saved(rt, filepath.Join(dir, rapid.SampledFrom([]string{"now", "deep/down/here", "with space"}).Draw(rt, "directory")))
		switch rapid.IntRange(0, 3).Draw(rt, "given as") {
		case 1: // from within
			defer os.Chdir(home)
			if err := os.Chdir(in); err != nil {
				rt.Fatal(err)
			}
			in = "."
		case 2: // from somewhere above
			if in, err = filepath.Rel(home, in); err != nil {
				rt.Fatal(err)
			}
		case 3:
			in, o = archived(rt, in, dir, o), Options{}
		}
		got := prints(rt, in, o)
		if diff := cmp.Diff(before[name], got); diff != "" {
			rt.Fatalf("%s: as it was -, moved +:\n%s", name, diff)
		}
		findings += len(got)
		blocks += n
	})
	if len(designs) < 150 || findings < 1000 || blocks < 1000 || templates < 20 {
		t.Errorf("%d designs, %d findings, %d blocks and %d templates are too few", len(designs), findings, blocks, templates)
	}
}

// The same of designs of other people.
func TestCorpusFindingsKeepTheirFingerprints(t *testing.T) {
	dir := corpus(t)
	if dir == "" {
		return
	}
	stacks, findings, blocks := 0, 0, 0
	for i, r := range index(t, dir, "terraform") {
		if i%corpusStep != 0 {
			continue
		}
		root := rootOf(r.estates[0][0], dir)
		rel, err := filepath.Rel(root, r.estates[0][0])
		if err != nil {
			t.Fatal(err)
		}
		design := treeAt(t, root, func(string) bool { return true })
		home := t.TempDir()
		design.save(t, filepath.Join(home, "was"))
		out := tree{}
		rapid.Custom(func(rt *rapid.T) int {
			moved, n := design.moved(rt)
			out, blocks = moved, blocks+n
			return n
		}).Example(i)
		out.save(t, filepath.Join(home, "now", "it", "is"))
		at := func(dir string) (string, Options) {
			return filepath.Join(home, dir, rel), Options{Root: filepath.Join(home, dir)}
		}
		in, o := at("was")
		want := prints(t, in, o)
		if diff := cmp.Diff(want, prints(t, archived(t, in, home, o), Options{})); diff != "" {
			t.Errorf("%s: directory -, archive +:\n%s", r.path, diff)
		}
		in, o = at("now/it/is")
		if diff := cmp.Diff(want, prints(t, in, o)); diff != "" {
			t.Errorf("%s: as it was -, moved +:\n%s", r.path, diff)
		}
		stacks, findings = stacks+1, findings+len(want)
	}
	if stacks < 8 || findings < 300 || blocks < 300 {
		t.Errorf("%d stacks, %d findings and %d blocks are too few", stacks, findings, blocks)
	}
	t.Logf("%d stacks, %d findings, %d blocks", stacks, findings, blocks)
}

// corpusStep takes every fourth design, since each is read three times.
const corpusStep = 4
