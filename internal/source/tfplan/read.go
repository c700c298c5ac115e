package tfplan

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/tfplan/identity"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// MaxBytes is the length of the longest file that is read.
const MaxBytes = tree.MaxBytes

// MaxResources is how many resource instances of one file are read.
const MaxResources = 100_000

// maxAddress is how long an address may be, in bytes.
const maxAddress = 4096

// maxDiags is how many diagnostics one file may give: a hostile file could
// give one for each of its values.
const maxDiags = 100

// Options of [Read].
type Options struct {
	// Prefix is the name of the root when several roots form an estate: it and
	// a slash precede every ID. It may be empty.
	Prefix string
}

// item is one resource instance of the file.
type item struct {
	addr      string // "module.a.aws_lb.x[0]", "module.a.data.aws_vpc.y"
	module    string // "module.a"
	base      string // addr without its index
	key       string // index as it is written in addr: `[0]`, `["k"]`, or ""
	typ, name string
	data      bool
	node      tree.Node // the object that describes it, for the place
	values    tree.Node
	unknown   tree.Node // after_unknown; absent if all is known
	sensitive tree.Node
	sensAttrs map[string]bool // of terraform.tfstate: attributes that are sensitive
	deferred  string          // why it may not exist
}

type reader struct {
	name  string
	opts  Options
	doc   *tree.Doc
	diags diag.List

	items    []*item
	byAddr   map[string]*item
	byBase   map[string][]*item
	keys     map[string][]string    // of keysOf
	config   *config                // nil for states
	work     int                    // steps spent on following references
	relevant map[string][]tree.Node // of attributes
	hiding   map[string]bool        // of hides, by path of the module
	beside   map[attachment]bool    // of attached
	wholes   int                    // lists that are taken to have all that is referred to
}

// Read reads a plan or a state. The name is how places call the file. Data must
// not be changed while Read runs and may be dropped afterwards. The set's Kind
// is "plan" or "state"; it is the zero set, with an error among the
// diagnostics, if the file is neither or is refused.
func Read(name string, data []byte, opts Options) (resource.Set, diag.List) {
	r := &reader{name: name, opts: opts, byAddr: map[string]*item{}, byBase: map[string][]*item{}, keys: map[string][]string{}, hiding: map[string]bool{}}
	if len(data) >= 3 && string(data[:3]) == "\xef\xbb\xbf" {
		data = data[3:]
	}
	doc, err := tree.Parse(data)
	if err != nil {
		r.refuse(err)
		return resource.Set{}, r.diags
	}
	r.doc = doc
	root := doc.Root()
	set := resource.Set{Files: 1, Lines: doc.Lines()}
	var top []tree.TopMember
	for _, m := range root.Members() {
		top = append(top, tree.TopMember{Key: m.Key, Value: m.Kind()})
	}
	kind, _ := kindOf(top)
	switch {
	case kind == kindPlan:
		r.plan(root)
	case kind == kindState && root.Get("version").Kind() == tree.Number:
		r.tfstate(root)
	case kind == kindState:
		r.version(root)
		r.modules(root.Path("values", "root_module"), "values.root_module", "", true)
	default:
		r.add(diag.Error, tree.Node{}, "not a Terraform plan or state",
			"The file is JSON but has neither planned_values nor values nor the version and serial of a state. Write one with: terraform show -json PLANFILE.")
		return resource.Set{}, r.diags
	}
	if len(r.items) > MaxResources {
		r.diags = nil
		r.add(diag.Error, tree.Node{}, "too many resources",
			fmt.Sprintf("The file has more than %d resource instances, the limit of one file. Split the design, or plan a part of it with -target.", MaxResources))
		return resource.Set{}, r.diags
	}
	set.Kind = kind
	set.Resources = r.build()
	r.assumed()
	return set, r.diags.Sorted()
}

func (r *reader) refuse(err error) {
	var syntax *tree.SyntaxError
	place := ref.Place{File: r.name}
	switch {
	case errors.As(err, &syntax):
		place.Line = syntax.Line
		detail := "Here " + syntax.What + ". "
		if strings.HasPrefix(syntax.What, "the text ends") {
			detail += "The file was probably cut off while it was written; write it again with: terraform show -json PLANFILE."
		} else {
			detail += "A binary plan file must first be converted with: terraform show -json PLANFILE."
		}
		r.diags.Add(diag.Error, place, "plan or state is not JSON", detail)
	case errors.Is(err, tree.ErrDepth):
		r.diags.Add(diag.Error, place, "plan or state is nested too deeply", fmt.Sprintf("Values are nested more than %d deep. Terraform writes no such file.", tree.MaxDepth))
	case errors.Is(err, tree.ErrValues):
		r.diags.Add(diag.Error, place, "plan or state is too large", fmt.Sprintf("It holds more than %d values, or more than %d in one object, the limits of one file. Split the design, or plan a part of it with -target.", tree.MaxValues, tree.MaxMembers))
	default:
		r.diags.Add(diag.Error, place, "plan or state is too large", fmt.Sprintf("It is longer than %d MiB, the limit of one file. Split the design, or plan a part of it with -target.", tree.MaxBytes>>20))
	}
}

func (r *reader) place(n tree.Node) ref.Place { return ref.Place{File: r.name, Line: n.Line()} }

func (r *reader) add(level diag.Level, at tree.Node, summary, detail string) {
	switch {
	case len(r.diags) < maxDiags:
		r.diags.Add(level, r.place(at), summary, detail)
	case len(r.diags) == maxDiags:
		r.diags.Add(diag.Warning, ref.Place{File: r.name}, "more problems than are listed",
			fmt.Sprintf("Only the first %d problems of the file are listed.", maxDiags))
	}
}

// want reports whether the node has the kind, and complains if it has another.
// What is absent or null is not wrong.
func (r *reader) want(n tree.Node, kind tree.Kind, path string) bool {
	switch n.Kind() {
	case kind:
		return true
	case tree.Absent, tree.Null:
		return false
	}
	r.add(diag.Warning, n, "unexpected type in plan or state",
		fmt.Sprintf("%s is %v where Terraform writes %v; it is left out. Was the file edited, or is its format newer than this program?", path, n.Kind(), kind))
	return false
}

func (r *reader) version(root tree.Node) {
	v := root.Get("format_version")
	if !r.want(v, tree.String, "format_version") {
		return
	}
	if major, _, _ := strings.Cut(v.Text(), "."); major != "0" && major != "1" {
		r.add(diag.Warning, v, "unknown format version",
			fmt.Sprintf("The file has format version %q; versions 0 and 1 are known. It is read as far as it looks the same.", clip(v.Text())))
	}
}

// clip keeps texts of the input short in messages.
func clip(s string) string {
	if len(s) > 60 {
		return strings.ToValidUTF8(s[:57], "") + "..."
	}
	return s
}

// modules reads a module of planned_values or values and all below it. Data
// sources are taken always, managed resources only if managed is set.
func (r *reader) modules(m tree.Node, path, addr string, managed bool) {
	if len(r.items) > MaxResources || !r.want(m, tree.Object, path) {
		return
	}
	if list := m.Get("resources"); r.want(list, tree.Array, path+".resources") {
		for i, n := range list.Items() {
			p := fmt.Sprintf("%s.resources[%d]", path, i)
			if !r.want(n, tree.Object, p) {
				continue
			}
			it := r.describe(n, p, addr)
			if it == nil || !it.data && !managed {
				continue
			}
			it.values, it.sensitive = n.Get("values"), n.Get("sensitive_values")
			r.want(it.values, tree.Object, p+".values")
			r.keep(it)
		}
	}
	if list := m.Get("child_modules"); r.want(list, tree.Array, path+".child_modules") {
		for i, n := range list.Items() {
			p := fmt.Sprintf("%s.child_modules[%d]", path, i)
			if a := n.Get("address"); r.want(a, tree.String, p+".address") {
				r.modules(n, p, a.Text(), managed)
			} else if n.Kind() != tree.Object || a.Kind() == tree.Absent {
				r.add(diag.Warning, n, "module without an address", p+" has no address; its resources are left out.")
			}
		}
	}
}

// keep adds the item unless its address is there already, in which case the
// first one, of planned_values, stays.
func (r *reader) keep(it *item) {
	if r.byAddr[it.addr] != nil || len(r.items) > MaxResources {
		return
	}
	r.items = append(r.items, it)
	r.byAddr[it.addr] = it
	r.byBase[it.base] = append(r.byBase[it.base], it)
}

// describe reads who a resource is from any object that has mode, type, name
// and perhaps address and index. Without these there is nothing to keep.
func (r *reader) describe(n tree.Node, path, module string) *item {
	it := &item{node: n, typ: n.Get("type").Text(), name: n.Get("name").Text(), data: n.Get("mode").Text() == "data"}
	if m := n.Get("mode").Text(); m != "managed" && m != "data" {
		return nil // an ephemeral resource has no place in the design
	}
	if it.typ == "" || it.name == "" {
		r.add(diag.Warning, n, "resource without type or name", path+" is left out: its type or name is missing or no string.")
		return nil
	}
	it.addr = n.Get("address").Text()
	if it.addr == "" {
		it.addr = join(module, address(it.data, it.typ, it.name)+indexText(n.Get("index")))
	}
	if len(it.addr) > maxAddress {
		r.add(diag.Warning, n, "address is too long", fmt.Sprintf("%s is left out: its address is longer than %d bytes.", path, maxAddress))
		return nil
	}
	it.base = string(ref.ID(it.addr).Base())
	it.key = it.addr[len(it.base):]
	it.module = string(ref.ID(it.addr).Module())
	return it
}

func address(data bool, typ, name string) string {
	if data {
		return "data." + typ + "." + name
	}
	return typ + "." + name
}

func join(module, short string) string {
	if module == "" {
		return short
	}
	return module + "." + short
}

// indexText is the index of count or for_each as addresses have it.
func indexText(n tree.Node) string {
	switch n.Kind() {
	case tree.Number:
		return "[" + n.Raw() + "]"
	case tree.String:
		return fmt.Sprintf("[%q]", n.Text())
	}
	return ""
}

// id is the address as the ID of the set.
func (r *reader) id(addr string) ref.ID {
	if r.opts.Prefix == "" {
		return ref.ID(addr)
	}
	return ref.ID(r.opts.Prefix + "/" + addr)
}

// address is the inverse of id.
func (r *reader) address(id ref.ID) string {
	if r.opts.Prefix == "" {
		return string(id)
	}
	return strings.TrimPrefix(string(id), r.opts.Prefix+"/")
}

// build makes the resources of the items, sorted by ID.
func (r *reader) build() []resource.Resource {
	out := make([]resource.Resource, 0, len(r.items))
	for _, it := range r.items {
		exists := fact.Yes
		if it.deferred != "" {
			exists = fact.Unknown
		}
		out = append(out, resource.Resource{
			ID: r.id(it.addr), Type: it.typ, Name: it.name, Data: it.data, Region: r.region(it),
			Place: r.place(it.node), Exists: exists, Why: it.deferred, Body: r.body(it),
		})
	}
	identity.Link(out)
	slices.SortFunc(out, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
