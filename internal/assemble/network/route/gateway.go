package route

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func addGateways(r *read.Reader, s *topo.Snapshot) {
	attached := map[ref.ID]ref.ID{}
	for _, a := range []struct{ typ, gateway string }{
		{"aws_internet_gateway_attachment", "internet_gateway_id"}, {"aws_vpn_gateway_attachment", "vpn_gateway_id"},
	} {
		for _, res := range r.Of(a.typ) {
			gateway, vpc := r.Link(res.Get(a.gateway)), r.Link(res.Get("vpc_id"))
			if gateway.ID == "" || vpc.ID == "" {
				r.Diags.Add(diag.Warning, res.Place, "attachment not understood", "It is not known which gateway is attached to which VPC, so that the attachment is left out.")
				continue
			}
			attached[gateway.ID] = vpc.ID
		}
	}
	for _, k := range []struct {
		typ  string
		kind topo.GatewayKind
	}{
		{"aws_internet_gateway", topo.InternetGateway}, {"data.aws_internet_gateway", topo.InternetGateway},
		{"aws_egress_only_internet_gateway", topo.EgressOnlyGateway},
		{"aws_vpn_gateway", topo.VPNGateway}, {"data.aws_vpn_gateway", topo.VPNGateway},
	} {
		for _, res := range r.Of(k.typ) {
			if r.Canonical(res.ID) != res.ID {
				continue // it looks up a gateway of the design
			}
			g := topo.Gateway{Thing: r.Thing(res), Kind: k.kind, VPC: r.Link(res.Get("vpc_id")).ID}
			if res.Data {
				g.VPC = r.Link(read.Filter(res, "attachment.vpc-id")).ID
				if attr := res.Get("attached_vpc_id"); read.Written(attr) {
					g.VPC = r.Link(attr).ID
				}
			}
			g.VPC = cmp.Or(g.VPC, attached[res.ID])
			s.Gateways = append(s.Gateways, g)
			delete(attached, res.ID)
		}
	}
	for _, res := range r.Of("aws_nat_gateway", "data.aws_nat_gateway") {
		if r.Canonical(res.ID) != res.ID {
			continue
		}
		g := topo.Gateway{
			Thing: r.Thing(res), Kind: topo.NATGateway,
			Subnet: r.Link(res.Get("subnet_id")).ID, VPC: r.Link(res.Get("vpc_id")).ID,
		}
		if res.Data {
			g.Public = fact.Missing[bool]("it is defined outside the design", res.Place)
			g.Regional = g.Public
		} else {
			g.Public = is(design.String(res.Get("connectivity_type"), "public"), "public")
			g.Regional = is(design.String(res.Get("availability_mode"), "zonal"), "regional")
		}
		s.Gateways = append(s.Gateways, g)
	}
	r.Understand("aws_nat_gateway_eip_association")
}

// is turns a setting into whether it has a value.
func is(f fact.Fact[string], word string) fact.Fact[bool] {
	if v, ok := f.Get(); ok {
		return fact.Known(strings.EqualFold(v, word), f.Place)
	}
	return fact.Missing[bool](f.Why, f.Place)
}
