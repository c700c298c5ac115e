package vpc

import (
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

func addSubnets(r *read.Reader, s *topo.Snapshot) {
	for _, res := range r.Of("aws_subnet", "aws_default_subnet", "data.aws_subnet") {
		if r.Canonical(res.ID) != res.ID {
			continue
		}
		n := topo.Subnet{Thing: r.Thing(res), AZ: design.String(res.Get("availability_zone"), "")}
		if az, known := n.AZ.Get(); known && az == "" {
			n.AZ = fact.Missing[string]("AWS chooses the zone", res.Place)
		}
		switch {
		case res.Type == "aws_default_subnet":
			n.VPC = read.DefaultVPC(r.Design, res)
		case read.Written(res.Get("vpc_id")):
			n.VPC = r.Link(res.Get("vpc_id")).ID
		case res.Data:
			n.VPC = r.Link(read.Filter(res, "vpc-id")).ID
		}
		for _, f := range []struct {
			attr   string
			family topo.Family
		}{{"cidr_block", topo.IPv4}, {"ipv6_cidr_block", topo.IPv6}} {
			v := res.Get(f.attr)
			if b, ok := r.Block(v, f.family, res.Place); ok {
				n.Blocks = append(n.Blocks, own(b, res.ID, v))
			}
		}
		if res.Data {
			n.MapPublicIP = fact.Missing[bool](elsewhere, res.Place)
			n.AssignIPv6, n.HasIPv6 = n.MapPublicIP, n.MapPublicIP
		} else {
			n.MapPublicIP = design.Bool(res.Get("map_public_ip_on_launch"), res.Type == "aws_default_subnet")
			n.AssignIPv6 = design.Bool(res.Get("assign_ipv6_address_on_creation"), false)
			n.HasIPv6 = hasIPv6(res)
		}
		s.Subnets = append(s.Subnets, n)
	}
	r.Understand("data.aws_availability_zones", "data.aws_availability_zone", "data.aws_region")
}

// hasIPv6 tells whether a subnet has an IPv6 range. An expression may turn out
// to be null, but AWS assigns IPv6 addresses only in a subnet that has one
// (AWS "Modify the IP addressing attributes of your subnet").
func hasIPv6(res resource.Resource) fact.Fact[bool] {
	v := res.Get("ipv6_cidr_block")
	switch {
	case design.Bool(res.Get("ipv6_native"), false).Or(false):
		return fact.Known(true, res.Place)
	case !read.Written(v):
		return fact.Default(false)
	case v.Kind == resource.String && !v.Maybe:
		return fact.Known(true, v.Place)
	case fact.Is(design.Bool(res.Get("assign_ipv6_address_on_creation"), false), true) == fact.Yes:
		return fact.Known(true, res.Get("assign_ipv6_address_on_creation").Place)
	}
	return fact.Missing[bool](design.Why(v), v.Place)
}
