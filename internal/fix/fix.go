// Package fix puts the changes that findings propose into the files of a design.
//
// # Model
// A [Plan] knows which files the resources of a design are written in. It
// locates the changes of findings in them ([Plan.Locate]), and makes a [Patch]
// of those that hold ([Plan.Patch]): the design is judged again with the edited
// files in place of the old ones, and what does not mend its finding, or brings
// a new one, is dropped.
//
// # Guarantees
//   - A block that makes several resources is edited only if all of them want
//     the same edit.
//   - Every finding that a patch counts as mended is gone when the edited design
//     is judged, and nothing that was not there before came: no violation, none
//     that is worse, no answer that is less certain, no diagnostic.
//   - Only files below the given boundaries are written, each whole or not at
//     all, with the mode that it had, and only if it still holds what was read.
//
// # Not modelled
// Plans, states, and answers of AWS: what wrote them is not known. Copies of
// modules that terraform init makes, and templates that the CDK writes.
package fix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/muralla-net/muralla/internal/edit/cfn"
	"github.com/muralla-net/muralla/internal/edit/hcl"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// maxBytes is the largest file that is edited.
const maxBytes = 4 << 20

// Design is what is edited.
type Design struct {
	Sets       []resource.Set
	Home       string   // places are relative to this directory
	Boundaries []string // nothing outside of these directories is written
}

// Plan is where the resources of a design are written.
type Plan struct {
	design    Design
	resources map[ref.ID]written
	together  map[block][]ref.ID // the resources that one block makes
	files     map[string]*file   // by the name in places
}

// written is a resource with the kind of its source.
type written struct {
	kind string
	res  *resource.Resource
}

// block is the place of a resource in the text.
type block struct {
	place ref.Place
	kind  string // type of the resource
}

// file is a file that is read once.
type file struct {
	path  string // absolute and without links
	mode  fs.FileMode
	text  []byte
	why   string // why it is not edited
	edits func(res *resource.Resource, c finding.Change) ([]patch.Edit, error)
	tidy  func(old, text []byte) []byte
	lines []int // where each line begins
}

// New is the plan of a design.
func New(d Design) *Plan {
	p := &Plan{design: d, resources: map[ref.ID]written{}, together: map[block][]ref.ID{}, files: map[string]*file{}}
	for i := range d.Sets {
		for j := range d.Sets[i].Resources {
			res := &d.Sets[i].Resources[j]
			p.resources[res.ID] = written{d.Sets[i].Kind, res}
			b := block{res.Place, res.Type}
			p.together[b] = append(p.together[b], res.ID)
		}
	}
	return p
}

// open reads the file of a place.
func (p *Plan) open(name, kind string) *file {
	if f, ok := p.files[name]; ok {
		return f
	}
	f := &file{}
	p.files[name] = f
	if f.why = p.read(f, name); f.why != "" {
		return f
	}
	f.lines = []int{0}
	for i, c := range f.text {
		if c == '\n' {
			f.lines = append(f.lines, i+1)
		}
	}
	f.tidy = func(_, text []byte) []byte { return text }
	if kind == "cloudformation" {
		t, err := cfn.Parse(f.text)
		if err != nil {
			f.why = err.Error()
			return f
		}
		f.edits = func(res *resource.Resource, c finding.Change) ([]patch.Edit, error) {
			return t.Edits(res.Name, res.Type, c)
		}
		return f
	}
	if ext := filepath.Ext(name); ext != ".tf" && ext != ".tofu" {
		f.why = "it is not written in the native syntax of Terraform"
		return f
	}
	t, err := hcl.Parse(name, f.text)
	if err != nil {
		f.why = err.Error()
		return f
	}
	f.edits = func(res *resource.Resource, c finding.Change) ([]patch.Edit, error) {
		return t.Edits(hcl.Target{Type: res.Type, Name: res.Name}, c)
	}
	f.tidy = hcl.Tidy
	return f
}

// read fills in what a file holds, or says why it is not edited.
func (p *Plan) read(f *file, name string) string {
	for _, part := range strings.Split(name, "/") {
		switch part {
		case ".terraform", ".terragrunt-cache":
			return "it is in a copy of a module that terraform init made"
		case "cdk.out":
			return "the CDK writes this template; the code that it is made of has to change"
		}
	}
	abs, err := filepath.EvalSymlinks(filepath.Join(p.design.Home, filepath.FromSlash(name)))
	if err != nil || !slices.ContainsFunc(p.design.Boundaries, func(dir string) bool { return estate.Within(dir, abs) }) {
		return "its file is not in the directory that may be read"
	}
	in, err := os.Open(abs)
	if err != nil {
		return "its file cannot be opened"
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return "its file is no regular file"
	}
	text, err := io.ReadAll(io.LimitReader(in, maxBytes+1))
	switch {
	case err != nil:
		return "its file cannot be read"
	case len(text) > maxBytes:
		return fmt.Sprintf("its file has more than %d MiB", maxBytes>>20)
	case !utf8.Valid(text):
		return "its file is not in UTF-8"
	}
	f.path, f.mode, f.text = abs, info.Mode().Perm(), text
	return ""
}

// proposals are the changes that are to be made, by resource and key.
type proposals map[ref.ID]map[string]bool

func (w proposals) add(f finding.Finding) {
	for _, c := range f.Changes {
		if w[c.Resource] == nil {
			w[c.Resource] = map[string]bool{}
		}
		w[c.Resource][key(c)] = true
	}
}

// Locate fills in, for each change of a finding that is not accepted, which text
// becomes which, or why the text is not edited. The findings are copied.
func (p *Plan) Locate(r finding.Report) finding.Report {
	r.Findings = slices.Clone(r.Findings)
	all := proposals{}
	for _, f := range r.Findings {
		if proposes(f) {
			all.add(f)
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if !proposes(*f) {
			f.Changes = nil
			continue
		}
		f.Changes = slices.Clone(f.Changes)
		for j := range f.Changes {
			c := &f.Changes[j]
			edits, in, err := p.edits(*c, all)
			switch {
			case err != nil:
				c.Refused = err.Error()
			case len(edits) == 0:
				c.Refused = "it is written so already"
			}
			c.Replacements = nil
			if in != nil && in.remarked(edits) && !strings.HasSuffix(c.Note, besides) {
				c.Note = strings.TrimSpace(c.Note + " " + besides)
			}
			for _, e := range edits {
				c.Replacements = append(c.Replacements, in.replacement(p.resources[c.Resource].res.Place.File, e))
			}
		}
	}
	return r
}

// proposes is whether a finding has changes to make.
func proposes(f finding.Finding) bool {
	return len(f.Changes) > 0 && f.Suppressed == nil && (f.Verdict == finding.Violates || f.Verdict == finding.Undecided)
}

// key is a change as the block of a resource sees it: resources of one block
// that want the same have the same key.
func key(c finding.Change) string {
	var value func(v finding.Value) string
	value = func(v finding.Value) string {
		out := fmt.Sprintf("%q%v", v.Text, v.Word)
		if v.Ref != "" {
			out += fmt.Sprintf("%q.%q", v.Ref.Short(), v.Attr)
		}
		for _, e := range v.List {
			out += "[" + value(e) + "]"
		}
		for _, f := range v.Fields {
			out += "{" + f.Name + value(f.Value) + "}"
		}
		return out
	}
	return fmt.Sprintf("%s %+v %s", c.Operation, c.Path, value(c.Value))
}

// edits are the edits of a change, and the file that they are in.
func (p *Plan) edits(c finding.Change, all proposals) ([]patch.Edit, *file, error) {
	w, ok := p.resources[c.Resource]
	switch {
	case !ok:
		return nil, nil, fmt.Errorf("%s is not written in the design", c.Resource)
	case w.kind != "terraform" && w.kind != "cloudformation":
		return nil, nil, errors.New("what was read is no source text: check the files that it was made of")
	case w.res.Data:
		return nil, nil, fmt.Errorf("%s is only looked up", c.Resource)
	}
	for _, other := range p.together[block{w.res.Place, w.res.Type}] {
		if other != c.Resource && !all[other][key(c)] {
			return nil, nil, fmt.Errorf("its block also makes %s, for which the edit is not proposed", other)
		}
	}
	f := p.open(w.res.Place.File, w.kind)
	if f.why != "" {
		return nil, nil, errors.New(f.why)
	}
	edits, err := f.edits(w.res, c)
	if err == nil && c.Operation == finding.Remove && len(c.Path) == 0 && w.kind == "terraform" && len(edits) == 1 {
		err = p.mentioned(f, w.res.Type+"."+w.res.Name, edits[0])
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Resource, err)
	}
	return edits, f, nil
}

// replacement is an edit with lines and columns.
func (f *file) replacement(name string, e patch.Edit) finding.Replacement {
	at := func(offset int) (line, column int) {
		i, exact := slices.BinarySearch(f.lines, offset)
		if !exact {
			i--
		}
		before := bytes.TrimPrefix(f.text[f.lines[i]:offset], []byte("\xEF\xBB\xBF"))
		return i + 1, utf8.RuneCount(before) + 1
	}
	out := finding.Replacement{File: name, Text: e.New}
	out.StartLine, out.StartColumn = at(e.Start)
	out.EndLine, out.EndColumn = at(e.End)
	return out
}
