package cfn

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/macro"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// reader reads one estate.
type reader struct {
	files fs.FS
	o     Options
	diags diag.List
	set   resource.Set
	total int64

	templates map[string]*template // by path; nil if it could not be read
	given     map[string]resource.Value
	declared  map[string]bool // parameters of templates that are read
	rooted    map[string]bool // and of those that no other nests
	pseudo    map[string]resource.Value
	roots     []*stack
	stacks    int
	full      bool // there are as many stacks or values as may be
	nodes     int

	index   *index
	joined  map[pair]*joint
	unfound map[*stack]*absent
	unclear map[*stack]map[string]*absent // by the stacks that it may be of
}

// template is one file, with its macros written out.
type template struct {
	*tree.Template
	path  string
	given bool // it was among the paths
	// Remarks are those of the text: macros make other resources of it.
	remarks []tree.Remark
	unread  []macro.Unread
}

func newReader(files fs.FS, o Options) *reader {
	o.From = path.Clean(o.From)
	return &reader{
		files: files, o: o, set: resource.Set{Kind: "cloudformation"}, templates: map[string]*template{},
		declared: map[string]bool{}, rooted: map[string]bool{}, pseudo: pseudoOf(o), joined: map[pair]*joint{}, unfound: map[*stack]*absent{}, unclear: map[*stack]map[string]*absent{},
	}
}

// shown is the name of a file as users see it.
func (r *reader) shown(name string) string {
	if r.o.From == "." {
		return path.Join(r.o.Under, name)
	}
	from, to := strings.Split(r.o.From, "/"), strings.Split(name, "/")
	common := 0
	for common < len(from) && common < len(to) && from[common] == to[common] {
		common++
	}
	return path.Join(r.o.Under, strings.Repeat("../", len(from)-common), strings.Join(to[common:], "/"))
}

// readFile reads a regular file up to a limit.
func (r *reader) readFile(name string, limit int64) ([]byte, error) {
	if !fs.ValidPath(name) {
		return nil, errors.New("it is outside of the directory that may be read")
	}
	// A pipe would be waited for, and a device has no end: ask before opening.
	info, err := fs.Stat(r.files, name)
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > limit:
		return nil, fmt.Errorf("it has %d MiB, and at most %d are read", info.Size()>>20, limit>>20)
	case r.total+info.Size() > maxTotal:
		return nil, fmt.Errorf("more than %d MiB were read already", maxTotal>>20)
	}
	f, err := r.files.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit))
	if err != nil {
		return nil, cause(err)
	}
	r.total += int64(len(data))
	return data, nil
}

// cause is an error without the path, which the place already says.
func cause(err error) error {
	var in *fs.PathError
	if errors.As(err, &in) {
		return in.Err
	}
	return err
}

// load reads the templates that were given.
func (r *reader) load(paths []string) {
	for _, p := range paths {
		if t := r.template(p); t != nil {
			t.given = true
		}
	}
}

// template reads a template once. A problem is a diagnostic.
func (r *reader) template(name string) *template {
	if t, ok := r.templates[name]; ok {
		return t
	}
	r.templates[name] = nil
	shown := r.shown(name)
	data, err := r.readFile(name, tree.MaxBytes)
	if err != nil {
		r.diags.Add(diag.Error, ref.Place{File: shown}, "template not read",
			fmt.Sprintf("The template cannot be read: %v. What it declares is missing from the analysis.", err))
		return nil
	}
	parsed, diags := tree.Parse(shown, data)
	r.diags = append(r.diags, diags...)
	dir := path.Dir(name)
	expanded, unread, diags := macro.Expand(parsed, func(p string) ([]byte, string, error) {
		at := path.Join(dir, p)
		data, err := r.readFile(at, tree.MaxBytes)
		return data, r.shown(at), err
	})
	r.diags = append(r.diags, diags...)
	r.set.Files, r.set.Lines = r.set.Files+1, r.set.Lines+parsed.Lines
	t := &template{Template: expanded, path: name, unread: unread, remarks: parsed.Remarks}
	r.templates[name] = t
	for _, e := range t.Parameters {
		r.declared[e.Key] = true
	}
	return t
}

// pseudoOf are the pseudo parameters that follow from the options.
func pseudoOf(o Options) map[string]resource.Value {
	out := map[string]resource.Value{}
	set := func(name, text string) {
		if text != "" {
			out["AWS::"+name] = resource.Value{Kind: resource.String, Text: text}
		}
	}
	set("Region", o.Region)
	set("AccountId", o.Account)
	if o.Region != "" {
		partition, suffix := "aws", "amazonaws.com"
		switch {
		case strings.HasPrefix(o.Region, "cn-"):
			partition, suffix = "aws-cn", "amazonaws.com.cn"
		case strings.HasPrefix(o.Region, "us-gov-"):
			partition = "aws-us-gov"
		case strings.HasPrefix(o.Region, "us-iso"), strings.HasPrefix(o.Region, "eu-iso"), strings.HasPrefix(o.Region, "eusc-"):
			return out // their names are in no page that is public
		}
		set("Partition", partition)
		set("URLSuffix", suffix)
	}
	return out
}
