package network

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// association puts a route table or an ACL in effect for a subnet.
type association struct {
	subnet, target topo.Link
	state          read.State
	place          ref.Place
	by             ref.ID
}

// associations reads which subnets use which route table and which ACL.
func (f *finisher) associations() {
	for _, res := range f.Of("aws_route_table_association") {
		if read.Written(res.Get("gateway_id")) && !read.Written(res.Get("subnet_id")) {
			continue // the edge table of a gateway
		}
		f.associated[0] = append(f.associated[0], f.association(res, "route_table_id"))
	}
	for _, res := range f.Of("aws_network_acl_association") {
		f.associated[1] = append(f.associated[1], f.association(res, "network_acl_id"))
	}
	for _, res := range f.Of("aws_network_acl", "aws_default_network_acl") {
		subnets := f.Links(res.Get("subnet_ids"))
		target := topo.Link{ID: f.Canonical(res.ID), Exists: fact.Yes}
		for _, l := range subnets.List {
			f.associated[1] = append(f.associated[1], association{l, target, read.Of(res).And(read.OfLink(l)), res.Place, res.ID})
		}
		if subnets.More != "" {
			f.associated[1] = append(f.associated[1], association{topo.Link{Why: subnets.More}, target, read.Doubt(subnets.More), res.Place, res.ID})
		}
	}
}

func (f *finisher) association(res resource.Resource, attr string) association {
	a := association{subnet: f.Link(res.Get("subnet_id")), target: f.Link(res.Get(attr)), state: read.Of(res), place: res.Place, by: res.ID}
	if a.subnet.ID != "" {
		a.state = a.state.And(read.OfLink(a.subnet))
	}
	if a.target.ID != "" {
		a.state = a.state.And(read.OfLink(a.target))
	}
	return a
}

// effective works out the route table and the ACL of each subnet: what it is
// associated with, else the main table and the default ACL of its VPC.
func (f *finisher) effective() {
	tables, acls := map[ref.ID]ref.ID{}, map[ref.ID]ref.ID{}
	for i := range f.s.RouteTables {
		tables[f.s.RouteTables[i].ID] = f.s.RouteTables[i].VPC
	}
	for i := range f.s.NetworkACLs {
		acls[f.s.NetworkACLs[i].ID] = f.s.NetworkACLs[i].VPC
	}
	mains, defaults := map[ref.ID]fact.Fact[ref.ID]{}, map[ref.ID]fact.Fact[ref.ID]{}
	for i := range f.s.VPCs {
		v := &f.s.VPCs[i]
		mains[v.ID], defaults[v.ID] = fact.Default(v.MainRouteTable), fact.Default(v.DefaultACL)
	}
	for _, res := range f.Of("aws_main_route_table_association") {
		vpc, table := f.Link(res.Get("vpc_id")), f.Link(res.Get("route_table_id"))
		state := read.Of(res)
		switch {
		case vpc.ID == "":
			for id := range mains {
				mains[id] = fact.Missing[ref.ID](string(res.ID)+" is for a VPC that is not known", res.Place)
			}
		case table.ID == "":
			mains[vpc.ID] = fact.Missing[ref.ID](cmp.Or(table.Why, "no route table is written"), res.Place)
		case state.And(read.OfLink(table)).Exists != fact.Yes:
			mains[vpc.ID] = fact.Missing[ref.ID](state.And(read.OfLink(table)).Why, res.Place)
		}
	}
	own := [2]map[ref.ID][]association{{}, {}}
	var open [2][]association
	foreign := map[ref.ID]bool{}
	for i := range f.s.Subnets {
		foreign[f.s.Subnets[i].ID] = f.s.Subnets[i].Elsewhere
	}
	for k, as := range f.associated {
		for _, a := range as {
			if a.subnet.ID != "" {
				own[k][a.subnet.ID] = append(own[k][a.subnet.ID], a)
			}
			if a.subnet.ID == "" || foreign[a.subnet.ID] {
				open[k] = append(open[k], a)
			}
		}
	}
	for i := range f.s.Subnets {
		n := &f.s.Subnets[i]
		n.RouteTable = f.inEffect(n, "route table", own[0][n.ID], open[0], tables, mains)
		n.ACL = f.inEffect(n, "network ACL", own[1][n.ID], open[1], acls, defaults)
	}
}

// inEffect is the table or ACL of one subnet.
func (f *finisher) inEffect(n *topo.Subnet, what string, own, open []association, vpcOf map[ref.ID]ref.ID, fallback map[ref.ID]fact.Fact[ref.ID]) fact.Fact[ref.ID] {
	var targets []ref.ID
	for _, a := range own {
		if !slices.Contains(targets, a.target.ID) {
			targets = append(targets, a.target.ID)
		}
	}
	switch {
	case len(targets) > 1:
		why := fmt.Sprintf("it is associated with several %ss", what)
		if sure(own) > 1 {
			f.Warn(own[1].place, "subnet with several "+what+"s", fmt.Sprintf("%s is associated with several %ss. AWS allows one: the last one made wins. Which one is in effect is taken as unknown; remove all but one association.", n.ID, what))
		}
		return fact.Missing[ref.ID](why, own[1].place)
	case len(targets) == 1 && targets[0] == "":
		return fact.Missing[ref.ID](cmp.Or(own[0].target.Why, "the association names no "+what), own[0].place)
	case len(targets) == 1:
		for _, a := range own {
			if a.state.Exists == fact.Yes {
				return fact.Known(targets[0], a.place)
			}
		}
		return fact.Missing[ref.ID](own[0].state.Why, own[0].place)
	case n.Elsewhere:
		return fact.Missing[ref.ID]("the subnet is defined outside the design, and so is its "+what, n.Place)
	case f.GivenAway(n.ID) != "":
		return fact.Missing[ref.ID](f.GivenAway(n.ID), n.Place)
	case n.VPC == "":
		return fact.Missing[ref.ID]("the VPC of the subnet is not known", n.Place)
	}
	for _, a := range open {
		if vpc := vpcOf[a.target.ID]; vpc == "" || vpc == n.VPC {
			return fact.Missing[ref.ID](fmt.Sprintf("%s may be for this subnet: %s", a.by, cmp.Or(a.subnet.Why, "its subnet is only referred to")), a.place)
		}
	}
	return fallback[n.VPC]
}

// sure counts the associations that surely exist.
func sure(as []association) int {
	n := 0
	for _, a := range as {
		if a.state.Exists == fact.Yes {
			n++
		}
	}
	return n
}
