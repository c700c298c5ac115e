package cfn

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/eval"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// nested is the template that a nested stack is made of.
type nested struct {
	t      *template
	source string // as it is written, for users
	why    string // there is no template here, as a clause
	note   string // the template, if it is not named by its path
	since  string // what speaks for it then, as a clause
}

// Why a template is not here.
const (
	notThere = "there is no template at that path"
	notLike  = "no template here has a path that ends like it"
)

// hint is the next step, if it is not in the reason.
func (n nested) hint() string {
	if n.why != notThere && n.why != notLike {
		return ""
	}
	return " Put the template beside this one, or give its path too."
}

// isStack reports whether resources of a type are nested stacks.
func isStack(typ string) bool {
	return typ == "AWS::CloudFormation::Stack" || typ == "AWS::Serverless::Application"
}

// nests finds the template of a nested stack in the body of its resource.
func (r *reader) nests(from *template, id string, body resource.Value) nested {
	url := body.Get("TemplateURL")
	if url.IsNull() {
		url = body.Get("Location")
	}
	dir := path.Dir(from.path)
	// The CDK names the template by the hash of its asset, and here by its file.
	if asset := body.Get("AWS::Metadata", "aws:asset:path"); asset.Kind == resource.String && asset.Text != "" {
		if t := r.at(path.Join(dir, asset.Text)); t != nil {
			return nested{t: t, source: asset.Text}
		}
	}
	text, known, tail := literal(url)
	n := nested{source: text}
	switch {
	case url.Kind == resource.Map:
		n.source = "the AWS Serverless Application Repository"
		if id := url.Get("ApplicationId"); id.Kind == resource.String {
			n.source = id.Text
		}
		n.why = "it is an application of the AWS Serverless Application Repository"
	case url.IsNull():
		n.why = "its TemplateURL is missing"
	case known && !strings.Contains(text, "://"):
		if n.t = r.at(path.Join(dir, text)); n.t == nil {
			n.why = notThere
			if !fs.ValidPath(path.Join(dir, text)) {
				n.why = "it is outside of the directory that may be read"
			}
		}
	case tail == "":
		n.why = "the end of its TemplateURL is known only at deployment"
		if url.Kind == resource.Unknown {
			n.source, n.why = "what is not known here", "its TemplateURL is unknown: "+cmp.Or(url.Why, "nobody can tell")
			if t := r.alternatives(from, id); t != nil {
				n.t, n.note, n.since = t, r.shown(t.path), "which all branches of its TemplateURL end like"
			}
		}
		if p := url.Ref; url.Kind == resource.Ref && p.Attr == "" {
			name := string(p.ID.Short())
			n.source = "what the parameter " + name + " names"
			n.why = fmt.Sprintf("%s has no value; give the path with --parameter %s=PATH", name, name)
			if n.t = r.fitting(from, id, name, body.Get("Parameters")); n.t != nil {
				n.note, n.since = r.shown(n.t.path), "which has the name and takes exactly the parameters that are given"
			}
		}
	default:
		n.t, n.why = r.like(dir, tail, known)
		if n.t != nil {
			n.note, n.since = r.shown(n.t.path), "whose path ends like it"
		}
	}
	return n
}

// literal is a text with its unknown parts shown as "...", whether there are
// none, and the part behind the last of them.
func literal(v resource.Value) (text string, known bool, tail string) {
	switch v.Kind {
	case resource.String:
		return v.Text, true, v.Text
	case resource.Text:
		var b strings.Builder
		for _, p := range v.List {
			if p.Kind == resource.String {
				b.WriteString(p.Text)
				tail = p.Text
				continue
			}
			if !strings.HasSuffix(b.String(), "...") {
				b.WriteString("...")
			}
			tail = ""
		}
		return b.String(), false, tail
	}
	return "...", false, ""
}

// at is the template at a path below the boundary, or nil.
func (r *reader) at(name string) *template {
	if t, ok := r.templates[name]; ok {
		return t
	}
	if !fs.ValidPath(name) {
		return nil
	}
	if info, err := fs.Stat(r.files, name); err != nil || !info.Mode().IsRegular() {
		return nil
	}
	return r.template(name)
}

// like is the template whose path ends as a URL does: the one of the estate
// that has most of its segments, or one beside or above the template that nests
// it. A first segment that may be cut is not compared, unless it is the only one.
func (r *reader) like(dir, tail string, whole bool) (*template, string) {
	tail, _, _ = strings.Cut(tail, "?")
	tail, _, _ = strings.Cut(tail, "#")
	if _, rest, ok := strings.Cut(tail, "://"); ok {
		tail = rest
	}
	segments := strings.Split(strings.Trim(tail, "/"), "/")
	if len(segments) > 1 && !whole && !strings.HasPrefix(tail, "/") {
		segments = segments[1:]
	}
	if len(segments) > maxSegments {
		segments = segments[len(segments)-maxSegments:]
	}
	if slices.Contains(segments, "..") || segments[len(segments)-1] == "" {
		return nil, "its TemplateURL names no file"
	}
	var best []string
	most := 0
	for _, name := range sortedKeys(r.templates) {
		t := r.templates[name]
		if t == nil || !t.given {
			continue
		}
		n := common(strings.Split(name, "/"), segments)
		if n > most {
			best, most = nil, n
		}
		if n == most && n > 0 {
			best = append(best, name)
		}
	}
	if len(best) == 1 {
		return r.templates[best[0]], ""
	}
	if len(best) > 1 {
		// The one that lies nearest, if one does.
		near := slices.DeleteFunc(slices.Clone(best), func(b string) bool { return path.Join(dir, path.Join(segments[len(segments)-most:]...)) != b })
		if len(near) == 1 {
			return r.templates[near[0]], ""
		}
		return nil, fmt.Sprintf("several templates have a path that ends like it: %s", strings.Join(r.allShown(best), ", "))
	}
	for n := len(segments); n > 0; n-- {
		at := dir
		for up := 0; up < maxSegments; up++ {
			if t := r.at(path.Join(at, path.Join(segments[len(segments)-n:]...))); t != nil {
				return t, ""
			}
			if at == "." || n == 1 && up == 1 {
				break
			}
			at = path.Dir(at)
		}
	}
	return nil, notLike
}

// alternatives is the template that both branches of a choice by Fn::If name, as
// those do that differ in the address of Amazon S3 only; else nil.
func (r *reader) alternatives(from *template, id string) *template {
	for _, e := range from.Resources {
		called, args := e.Value.Get("Properties").Get("TemplateURL").Function()
		if e.Key != id || called != "Fn::If" || args.Kind != tree.List || len(args.List) != 3 {
			continue
		}
		var found *template
		for _, branch := range args.List[1:] {
			bare := *from.Template
			props := tree.NewMap(e.Line, tree.Entry{Key: "TemplateURL", Line: e.Line, Value: branch})
			one := tree.NewMap(e.Line, tree.Entry{Key: "Type", Line: e.Line, Value: e.Value.Get("Type")}, tree.Entry{Key: "Properties", Line: e.Line, Value: props})
			bare.Resources, bare.Outputs = []tree.Entry{{Key: id, Line: e.Line, Value: one}}, nil
			got, ok := eval.New(&bare, eval.Options{Parameters: r.valuesFor(from), Pseudo: r.pseudo, Unmodelled: true}).Resource(id)
			if !ok || got.Get("TemplateURL").Kind == resource.Unknown {
				return nil
			}
			n := r.nests(&template{Template: &bare, path: from.path}, id, got.Body)
			if n.t == nil || found != nil && n.t != found {
				return nil
			}
			found = n.t
		}
		return found
	}
	return nil
}

// fitting is the template whose name is in that of the stack or of the parameter
// that gives its URL, and which takes exactly the parameters that the stack
// gives, if that is so of one template alone; else nil.
func (r *reader) fitting(from *template, id, parameter string, given resource.Value) *template {
	if given.Kind != resource.Map && !given.IsNull() {
		return nil
	}
	var found *template
	for _, name := range sortedKeys(r.templates) {
		t := r.templates[name]
		if t == nil || !t.given || t == from {
			continue
		}
		base := path.Base(name)
		base = plain(strings.TrimSuffix(base, path.Ext(base)))
		if base == "" || !strings.Contains(plain(id), base) && !strings.Contains(plain(parameter), base) {
			continue
		}
		takes := 0
		for _, e := range t.Parameters {
			_, ok := given.Map[e.Key]
			if ok {
				takes++
			} else if e.Value.Get("Default") == nil {
				takes = -1
				break
			}
		}
		if takes != len(given.Map) {
			continue
		}
		if found != nil {
			return nil
		}
		found = t
	}
	return found
}

// plain is a name in small letters without marks.
func plain(name string) string {
	return strings.Map(func(c rune) rune {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' {
			return c
		}
		return -1
	}, strings.ToLower(name))
}

// maxSegments is how many segments of a URL, and directories above a template,
// are looked at.
const maxSegments = 12

func (r *reader) allShown(names []string) []string {
	var out []string
	for _, n := range names[:min(len(names), 4)] {
		out = append(out, r.shown(n))
	}
	if len(names) > 4 {
		out = append(out, "...")
	}
	return out
}

// common is how many segments two paths have in common at their ends.
func common(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// independent are the templates that were given and that no other of the estate
// nests. Of those that nest each other in a circle the first is one of them.
func (r *reader) independent() []*template {
	var given []*template
	children := map[*template][]*template{}
	held := map[*template]bool{}
	for _, name := range sortedKeys(r.templates) {
		if t := r.templates[name]; t != nil && t.given {
			given = append(given, t)
		}
	}
	queue, queued := slices.Clone(given), map[*template]bool{}
	for _, t := range given {
		queued[t] = true
	}
	for ; len(queue) > 0; queue = queue[1:] {
		t := queue[0]
		for _, child := range r.holds(t) {
			if child != t {
				children[t] = append(children[t], child)
				held[child] = true
			}
			if !queued[child] {
				queued[child] = true
				queue = append(queue, child)
			}
		}
	}
	var out []*template
	reached := map[*template]bool{}
	var reach func(t *template)
	reach = func(t *template) {
		if !reached[t] {
			reached[t] = true
			for _, c := range children[t] {
				reach(c)
			}
		}
	}
	for _, circles := range []bool{false, true} {
		for _, t := range given {
			if !reached[t] && (circles || !held[t]) {
				out = append(out, t)
				reach(t)
			}
		}
	}
	slices.SortFunc(out, func(a, b *template) int { return strings.Compare(a.path, b.path) })
	return out
}

// holds are the templates that a template nests, whatever its conditions are.
func (r *reader) holds(t *template) []*template {
	bare := *t.Template
	bare.Resources, bare.Outputs = nil, nil
	for _, e := range t.Resources {
		if typ := e.Value.Get("Type"); typ != nil && isStack(typ.Text) {
			bare.Resources = append(bare.Resources, tree.Entry{Key: e.Key, Line: e.Line, Value: unconditional(e.Value)})
		}
	}
	if len(bare.Resources) == 0 {
		return nil
	}
	s := eval.New(&bare, eval.Options{Parameters: r.valuesFor(t), Pseudo: r.pseudo, Unmodelled: true})
	var out []*template
	for _, name := range s.Names() {
		if found, ok := s.Resource(name); ok {
			if n := r.nests(t, name, found.Body); n.t != nil {
				out = append(out, n.t)
			}
		}
	}
	return out
}

// unconditional is a nested stack without its condition, and with the names of
// its parameters only.
func unconditional(n *tree.Node) *tree.Node {
	var kept []tree.Entry
	for _, e := range n.Entries {
		switch e.Key {
		case "Type", "Metadata":
			kept = append(kept, e)
		case "Properties":
			props := tree.NewMap(e.Value.Line)
			for _, p := range e.Value.Entries {
				if called, _ := p.Value.Function(); p.Key == "Parameters" && called == "" {
					names := tree.NewMap(p.Line)
					for _, e := range p.Value.Entries {
						names.Entries = append(names.Entries, tree.Entry{Key: e.Key, Line: e.Line, Value: tree.NewString("", e.Line)})
					}
					p.Value = names
				}
				props.Entries = append(props.Entries, p)
			}
			kept = append(kept, tree.Entry{Key: e.Key, Line: e.Line, Value: props})
		}
	}
	return tree.NewMap(n.Line, kept...)
}
