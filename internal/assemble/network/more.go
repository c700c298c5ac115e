package network

import (
	"cmp"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// more says of each thing why it may have parts that are not in the snapshot:
// it is elsewhere, or a missing part of the design is given its name.
func (f *finisher) more() {
	outside := func(t topo.Thing) string {
		if t.Elsewhere {
			return elsewhere
		}
		return f.GivenAway(t.ID)
	}
	homeless := f.homeless()
	vpcs := map[ref.ID]*topo.VPC{}
	for i := range f.s.VPCs {
		v := &f.s.VPCs[i]
		v.More = cmp.Or(v.More, outside(v.Thing), homeless)
		v.GatewaysMore, v.EndpointsMore, v.LogsMore = f.Lacks(resource.OfGateways, v.ID), f.Lacks(resource.OfEndpoints, v.ID), f.Lacks(resource.OfLogs, v.ID)
		vpcs[v.ID] = v
	}
	// What AWS makes with a VPC can be found by whoever knows the VPC.
	ofVPC := func(t topo.Thing, vpc ref.ID, made bool) string {
		if why := outside(t); why != "" {
			return why
		}
		if v := vpcs[vpc]; made && v != nil {
			if _, adopted := f.Find(t.ID); !adopted {
				return f.GivenAway(v.ID)
			}
		}
		return ""
	}
	for i := range f.s.RouteTables {
		t := &f.s.RouteTables[i]
		t.More = cmp.Or(t.More, ofVPC(t.Thing, t.VPC, t.Main))
	}
	for i := range f.s.NetworkACLs {
		a := &f.s.NetworkACLs[i]
		a.More = cmp.Or(a.More, ofVPC(a.Thing, a.VPC, a.Default))
	}
	for i := range f.s.SecurityGroups {
		g := &f.s.SecurityGroups[i]
		why := ofVPC(g.Thing, g.VPC, g.Default)
		g.IngressMore, g.EgressMore, g.MembersMore = cmp.Or(g.IngressMore, why), cmp.Or(g.EgressMore, why), cmp.Or(g.MembersMore, why)
		if v := vpcs[g.VPC]; v != nil && v.EndpointsMore != "" {
			g.MembersMore = cmp.Or(g.MembersMore, "VPC endpoints may: "+v.EndpointsMore)
		}
	}
	for i := range f.s.PrefixLists {
		l := &f.s.PrefixLists[i]
		l.More = cmp.Or(l.More, f.GivenAway(l.ID))
	}
	for i := range f.s.TransitGateways {
		g := &f.s.TransitGateways[i]
		g.More = cmp.Or(g.More, outside(g.Thing))
		for j := range g.Tables {
			g.Tables[j].More = cmp.Or(g.Tables[j].More, outside(g.Tables[j].Thing))
		}
	}
}

// homeless names a thing of which it is not known to which VPC it belongs, so
// that it may belong to any, or "".
func (f *finisher) homeless() string {
	for i := range f.s.VPCEndpoints {
		if e := &f.s.VPCEndpoints[i]; e.VPC == "" && !e.Elsewhere {
			return "the VPC of " + string(e.ID) + " is not known, so that it may be this one"
		}
	}
	for _, l := range f.s.FlowLogs {
		if l.Of == "" && l.Scope == topo.ScopeVPC {
			return "the VPC of " + string(l.ID) + " is not known, so that it may be this one"
		}
	}
	return ""
}

// blockPublicAccess applies VPC Block Public Access. It is a setting of an
// account and Region; without a resource for it AWS blocks nothing.
func (f *finisher) blockPublicAccess() {
	type scope struct {
		root   ref.ID
		region string
	}
	root := func(v *topo.VPC) ref.ID {
		if res, ok := f.Find(v.ID); ok {
			return res.Root()
		}
		return v.ID.Root()
	}
	modes := map[scope]fact.Fact[topo.BlockPublicAccess]{}
	for _, res := range f.Of("aws_vpc_block_public_access_options") {
		mode := fact.Missing[topo.BlockPublicAccess](read.Of(res).Why, res.Place)
		if read.Of(res).Exists == fact.Yes {
			mode = word(design.String(res.Get("internet_gateway_block_mode"), ""), map[string]topo.BlockPublicAccess{
				"off": topo.BlockNothing, "block-ingress": topo.BlockIngress, "block-bidirectional": topo.BlockBoth,
			})
		}
		modes[scope{res.Root(), res.Region}] = mode
	}
	for i := range f.s.VPCs {
		v := &f.s.VPCs[i]
		mode, ok := modes[scope{root(v), v.Region}]
		switch {
		case ok:
			v.BlockPublicAccess = mode
		case v.Elsewhere && len(modes) > 0:
			v.BlockPublicAccess = fact.Missing[topo.BlockPublicAccess](elsewhere, v.Place)
		default:
			v.BlockPublicAccess = fact.Default(topo.BlockNothing)
		}
	}
	excluded := map[ref.ID]fact.Fact[topo.BlockPublicAccess]{}
	for _, res := range f.Of("aws_vpc_block_public_access_exclusion") {
		mode := fact.Missing[topo.BlockPublicAccess](read.Of(res).Why, res.Place)
		if read.Of(res).Exists == fact.Yes {
			mode = word(design.String(res.Get("internet_gateway_exclusion_mode"), ""), map[string]topo.BlockPublicAccess{
				"allow-bidirectional": topo.BlockNothing, "allow-egress": topo.BlockIngress,
			})
		}
		for _, attr := range []string{"vpc_id", "subnet_id"} {
			if l := f.Link(res.Get(attr)); l.ID != "" {
				excluded[l.ID] = mode
			}
		}
	}
	vpcs := map[ref.ID]fact.Fact[topo.BlockPublicAccess]{}
	for i := range f.s.VPCs {
		v := &f.s.VPCs[i]
		if mode, ok := excluded[v.ID]; ok && fact.Is(v.BlockPublicAccess, topo.BlockNothing) != fact.Yes {
			v.BlockPublicAccess = mode
		}
		vpcs[v.ID] = v.BlockPublicAccess
	}
	for i := range f.s.Subnets {
		n := &f.s.Subnets[i]
		mode, ok := vpcs[n.VPC]
		if !ok {
			mode = fact.Missing[topo.BlockPublicAccess]("the VPC of the subnet is not known", n.Place)
			if len(modes) == 0 {
				mode = fact.Default(topo.BlockNothing)
			}
		}
		if own, excepted := excluded[n.ID]; excepted && fact.Is(mode, topo.BlockNothing) != fact.Yes {
			mode = own
		}
		n.PublicAccess = mode
	}
}

// word looks a setting up.
func word(f fact.Fact[string], words map[string]topo.BlockPublicAccess) fact.Fact[topo.BlockPublicAccess] {
	text, known := f.Get()
	if mode, ok := words[text]; ok && known {
		return fact.Known(mode, f.Place)
	}
	return fact.Missing[topo.BlockPublicAccess](cmp.Or(f.Why, "its mode is none that is known"), f.Place)
}
