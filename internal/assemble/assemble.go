// Package assemble turns the resources that sources read into one snapshot.
//
// # Model
// Resources of CloudFormation and answers of describe calls are translated into
// resources of the Terraform provider, which all assemblers read. The network is
// assembled first, since it settles which names are of one thing; then what
// lives in it; then what is only referred to is completed.
//
// # Guarantees
// The snapshot is frozen. The order of sets and of their resources does not
// matter, and no input makes this package panic.
//
// # Not modelled
// Types that no assembler asks for.
package assemble

import (
	"github.com/muralla-net/muralla/internal/assemble/answers"
	"github.com/muralla-net/muralla/internal/assemble/cloudformation"
	"github.com/muralla-net/muralla/internal/assemble/compute"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Options are what the user knows and the design does not say.
type Options struct {
	Intent intent.Intent // gives the addresses of prefix lists
}

// Snapshot assembles one frozen snapshot of everything that was read. The
// diagnostics are sorted.
func Snapshot(o Options, sets ...resource.Set) (*topo.Snapshot, diag.List) {
	var diags diag.List
	neutral := make([]resource.Set, len(sets))
	for i, set := range sets {
		neutral[i] = answers.Translate(set)
		if set.Kind == cloudformation.Kind {
			translated, said := cloudformation.Translate(set)
			neutral[i], diags = translated, append(diags, said...)
		}
	}
	d := design.New(neutral...)
	s := &topo.Snapshot{}
	known := network.Options{PrefixLists: map[string]netset.Addrs{}}
	for _, l := range o.Intent.PrefixLists {
		known.PrefixLists[l.Name] = known.PrefixLists[l.Name].Union(l.Addrs)
	}
	diags = append(diags, network.Add(d, s, known)...)
	diags = append(diags, compute.Add(d, s)...)
	diags = append(diags, network.Finish(d, s, known)...)
	return s.Freeze(), diags.Sorted()
}
