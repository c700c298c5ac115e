// Package cfn reads templates of CloudFormation, also those of AWS SAM, the CDK
// and Copilot, as the resources that they make together.
//
// # Model
// [Read] makes one stack of each template that no other one nests, with the
// nested stacks in it. The parts of an estate are joined where templates say so:
// a nested stack gets its parameters and gives its outputs; Fn::ImportValue
// gives the value of the export of that name; a parameter of type
// AWS::SSM::Parameter::Value gives what a template of the estate stores under
// its name. The names of exports are often made of the name of a stack, which
// is not known before it is deployed: if exactly one export of the estate can
// have the name that is imported, it is taken for it, and a note says so.
//
// # Guarantees
// Nothing outside the files given is read, and of those only regular files up to
// a limit. Work is bounded. The order of paths does not matter. A template that
// cannot be read stops no other.
//
// # Not modelled
// Parameters that have the name of another template's output are not joined,
// however likely that is; a note names the pair. Macros of others, StackSets, and
// what custom resources do.
//
// The package has more than 1,500 lines because stacks ask each other for values
// while they are evaluated; what does not is in packages of its own.
package cfn

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/find"
	"github.com/muralla-net/muralla/internal/source/cfn/params"
)

// Options say how to read templates. The zero Options name places relative to
// the boundary and give no parameter a value.
type Options struct {
	From           string            // what places and IDs are relative to, as a slash path below the boundary; "" is "."
	Under          string            // precedes the names of files in places and IDs; may be ""
	Named          bool              // IDs begin with the template's path even if it is the only one
	Parameters     map[string]string // values of parameters, by name; they win over those of files
	ParameterFiles []ParameterFile   // the last one wins
	Region         string            // AWS::Region; "" is unknown
	Account        string            // AWS::AccountId; "" is unknown
}

// ParameterFile is a file with values of parameters.
type ParameterFile struct {
	Name string // for places
	Data []byte // what it holds, up to one byte more than [MaxParameterFile]
}

// MaxParameterFile is the largest file with parameters that is read, in bytes.
const MaxParameterFile = params.MaxBytes

// Bounds of one estate.
const (
	maxStacks = 1_000     // stacks with all that are nested
	maxDepth  = 20        // of nested stacks
	maxNodes  = 2_000_000 // values that are handed over
	maxTotal  = 256 << 20 // bytes of all templates
)

// MaxHead is how much of a file [Recognise] needs at most, in bytes.
const MaxHead = find.MaxHead

// Recognise reports whether a file is a template, from its beginning.
func Recognise(head []byte) bool { return find.Recognise(head) }

// IsAssembly reports whether a file is the manifest that the CDK writes beside
// the templates that it makes.
func IsAssembly(head []byte) bool { return find.IsAssembly(head) }

// Shown is the name of a file, below the boundary, as places show it.
func Shown(name string, o Options) string { return newReader(nil, o).shown(name) }

// ManifestNotRead is the summary of a manifest of Copilot of which there is no
// template.
const ManifestNotRead = "Copilot manifest not read"

// Find lists the templates in a directory and below it, as sorted paths below
// the boundary. Manifests of Copilot, from which templates are still to be made,
// are diagnostics.
func Find(files fs.FS, dir string, o Options) ([]string, diag.List) {
	r := newReader(files, o)
	found, diags := find.Find(files, dir, r.shown)
	if !found.Packaged {
		for _, m := range found.Manifests {
			diags.Add(diag.Error, ref.Place{File: r.shown(m.Path)}, ManifestNotRead,
				fmt.Sprintf("It describes %s (%s), but the network of it is in the template that Copilot makes. Make it and give the directory: %s", m.Name, m.Type, m.Command()))
		}
	}
	return found.Templates, diags.Sorted()
}

// Read evaluates templates, given as paths below the boundary, as one estate.
func Read(files fs.FS, paths []string, o Options) (resource.Set, diag.List) {
	r := newReader(files, o)
	paths = slices.Clone(paths)
	for i := range paths {
		paths[i] = path.Clean(paths[i])
	}
	slices.Sort(paths)
	r.load(slices.Compact(paths))
	r.givenValues()
	r.plant()
	for _, s := range r.roots {
		s.all()
	}
	r.closing()
	slices.SortStableFunc(r.set.Resources, func(a, b resource.Resource) int { return strings.Compare(string(a.ID), string(b.ID)) })
	slices.SortStableFunc(r.set.Missing, func(a, b resource.Missing) int {
		return cmp.Or(strings.Compare(string(a.ID), string(b.ID)), a.Place.Compare(b.Place))
	})
	resource.SortRemarks(r.set.Remarks)
	return r.set, r.diags.Sorted()
}
