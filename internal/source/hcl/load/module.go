// Package load reads the files of a Terraform or OpenTofu configuration into
// blocks, without evaluating anything.
//
// # Model
// A [Module] is what the files of one directory declare: both syntaxes, with
// .tofu files in place of .tf files of the same name, and override files
// merged in. A [Reader] reads files below one directory, the boundary.
//
// # Guarantees
// Nothing outside the boundary is read, also not through symbolic links, and
// no pipe or device is opened. Sizes and nesting are bounded. A broken file is
// a diagnostic; what can be read of it is kept, and so are the other files.
//
// # Not modelled
// In the JSON syntax, a nested block is read as an argument whose value is an
// object or a list of objects.
package load

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
)

// Module is what the configuration files of one directory declare. The maps
// are keyed by name; resources by "aws_lb.x", data sources by "data.aws_vpc.x".
type Module struct {
	Dir       string // slash path below the boundary
	Variables map[string]*Block
	Locals    map[string]Attr
	Resources map[string]*Block
	Calls     map[string]*Block // module blocks
	Outputs   map[string]*Block
	Providers []*Block
	Settings  []*Block // terraform blocks
	Remarks   []Remark // that are beside nothing that is deployed
}

// isConfig reports whether a file name is one of a configuration, and gives
// what is left without its extension.
func isConfig(name string) (stem string, ok bool) {
	if strings.HasPrefix(name, ".") {
		return "", false
	}
	for _, ext := range [...]string{".tf", ".tf.json", ".tofu", ".tofu.json"} {
		if stem, ok := strings.CutSuffix(name, ext); ok {
			return stem, true
		}
	}
	return "", false
}

func isOverride(stem string) bool { return stem == "override" || strings.HasSuffix(stem, "_override") }

// configFiles lists the configuration files of a directory in the order in
// which they are read: overrides last.
func (r *Reader) configFiles(dir string) ([]string, error) {
	names, err := r.names(dir)
	if err != nil {
		return nil, err
	}
	var plain, overrides []string
	for _, name := range names {
		stem, ok := isConfig(name)
		if !ok {
			continue
		}
		// OpenTofu reads x.tofu in place of x.tf.
		if rest, isTF := strings.CutPrefix(name, stem+".tf"); isTF && slices.Contains(names, stem+".tofu"+rest) {
			continue
		}
		if isOverride(stem) {
			overrides = append(overrides, path.Join(dir, name))
		} else {
			plain = append(plain, path.Join(dir, name))
		}
	}
	return append(plain, overrides...), nil
}

// Module reads the configuration files of a directory.
func (r *Reader) Module(dir string) *Module {
	m := &Module{
		Dir: dir, Variables: map[string]*Block{}, Locals: map[string]Attr{}, Resources: map[string]*Block{},
		Calls: map[string]*Block{}, Outputs: map[string]*Block{},
	}
	files, err := r.configFiles(dir)
	if err != nil {
		r.Diags.Add(diag.Error, ref.Place{File: r.Shown(dir)}, "directory not read", fmt.Sprintf("The directory cannot be read: %v.", err))
		return m
	}
	for _, name := range files {
		body := r.parseFile(name)
		if body == nil {
			continue
		}
		stem, _ := isConfig(path.Base(name))
		m.Remarks = append(m.Remarks, body.Remarks...)
		for _, b := range body.Blocks {
			r.declare(m, b, isOverride(stem))
		}
	}
	return m
}

// declare adds a block of the top level to a module. Blocks without effect on
// what is deployed are left out.
func (r *Reader) declare(m *Module, b *Block, override bool) {
	put := func(in map[string]*Block, n int) {
		if len(b.Labels) != n {
			return // the parser cannot know how many labels there must be; the rest of the file is fine
		}
		name := strings.Join(b.Labels, ".")
		if b.Type == "data" {
			name = "data." + name
		}
		old := in[name]
		switch {
		case old == nil:
			in[name] = b
		case override:
			old.override(b)
		default:
			r.Diags.Add(diag.Error, b.Place, "declared twice",
				fmt.Sprintf("%s %q is already declared at %s. This declaration is left out.", b.Type, name, old.Place))
		}
	}
	if b.Type != "resource" && b.Type != "data" && b.Type != "module" {
		m.Remarks = append(m.Remarks, b.Remarks...)
	}
	switch b.Type {
	case "variable":
		put(m.Variables, 1)
	case "resource", "data":
		put(m.Resources, 2)
	case "module":
		put(m.Calls, 1)
	case "output":
		put(m.Outputs, 1)
	case "provider":
		m.provider(b, override)
	case "terraform":
		m.Settings = append(m.Settings, b) // of two backends the later one counts, as in an override
	case "locals":
		for _, a := range b.Attrs {
			if old, ok := m.Locals[a.Name]; ok && !override {
				r.Diags.Add(diag.Error, a.Place, "declared twice",
					fmt.Sprintf("local.%s is already declared at %s. This declaration is left out.", a.Name, old.Place))
				continue
			}
			m.Locals[a.Name] = a
		}
	}
}

func (m *Module) provider(b *Block, override bool) {
	if override {
		i := slices.IndexFunc(m.Providers, func(p *Block) bool {
			return slices.Equal(p.Labels, b.Labels) && alias(p) == alias(b)
		})
		if i >= 0 {
			m.Providers[i].override(b)
			return
		}
	}
	m.Providers = append(m.Providers, b)
}

func alias(b *Block) string {
	a, ok := b.Attr("alias")
	if !ok {
		return ""
	}
	return literal(a.Expr)
}

// Provider returns the configuration of a provider under an alias, or nil.
func (m *Module) Provider(name, as string) *Block {
	for _, b := range m.Providers {
		if len(b.Labels) == 1 && b.Labels[0] == name && alias(b) == as {
			return b
		}
	}
	return nil
}
