// Package network assembles the network of a design: VPCs, subnets and what
// filters and carries packets between them.
//
// # Model
// [Add] reads Terraform resources and data sources of the AWS provider.
// [Finish] comes after everything else was read: it makes the things that are
// only referred to, finds out in which VPC each thing is, and works out which
// route table and which network ACL are in effect for each subnet.
//
// A thing that is only referred to has Elsewhere set. If its name is that of a
// list, such as data.aws_subnets.x.ids, it stands for several things and may
// not exist as one.
//
// # Guarantees
//   - Every name that the snapshot holds resolves, or is empty.
//   - What AWS makes with a VPC (main route table, default network ACL, default
//     security group) is there, with the rules that AWS gives it if the design
//     makes the VPC and does not adopt them.
//   - A VPC is deduced only from what AWS ties to one VPC, and only if all ties
//     agree.
//   - The order of the resources does not matter.
//
// # Not modelled
// What is listed in the snapshot as not modelled: each such type with the
// reason why it could matter.
package network

import (
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/delivery"
	"github.com/muralla-net/muralla/internal/assemble/network/filter"
	"github.com/muralla-net/muralla/internal/assemble/network/private"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/assemble/network/route"
	"github.com/muralla-net/muralla/internal/assemble/network/vpc"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

// Options are what the user knows and the design does not say.
type Options struct {
	// PrefixLists are the addresses of prefix lists, by the name that AWS gives
	// them ("com.amazonaws.eu-west-1.s3") or by id.
	PrefixLists map[string]netset.Addrs
}

// elsewhere is why the lists of a thing that is only referred to may have
// further elements.
const elsewhere = "it is defined outside the design"

// Add puts the network into the snapshot. It settles the names of things first,
// so it must come before everything else that reads the design.
func Add(d *design.Design, s *topo.Snapshot, o Options) diag.List {
	settleNames(d)
	r := read.New(d)
	vpc.Add(r, s)
	filter.Add(r, s, o.PrefixLists)
	private.Add(r, s)
	route.Add(r, s)
	addInterfaces(r, s)
	delivery.Add(r, s)
	return r.Diags
}

// Finish completes a snapshot in which everything else is. After it the
// snapshot can be frozen.
func Finish(d *design.Design, s *topo.Snapshot, o Options) diag.List {
	f := &finisher{Reader: read.New(d), s: s, lists: o.PrefixLists}
	s.Gaps = d.Gaps()
	s.Resources = len(d.All())
	f.stubs()
	f.deduce()
	f.vpcs()
	f.defaultGroups()
	f.blockPublicAccess()
	f.effective()
	f.more()
	f.elasticIPs()
	f.notModelled()
	return f.Diags
}
