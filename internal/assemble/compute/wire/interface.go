package wire

import (
	"net/netip"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Interface is what decides about the interfaces of one thing.
type Interface struct {
	VPC     ref.ID
	Subnets topo.Links
	Groups  topo.Links
}

// Read reads subnets and groups as they are written. Without a group it holds
// the default group of the VPC, which is that of the subnets unless vpc names it.
func Read(d *design.Design, subnets, groups, vpc resource.Value) Interface {
	n := Interface{Subnets: d.Links(subnets), VPC: d.Link(vpc).ID}
	if n.VPC == "" {
		n.VPC = VPCOf(d, n.Subnets)
	}
	n.Groups = Groups(d, groups, n.VPC)
	if n.Subnets.Place.IsZero() {
		n.Subnets.Place = n.Groups.Place
	}
	return n
}

// VPCOf is the VPC of subnets that the design writes or looks up, or empty. A
// thing lives in one VPC, so the first of its subnets that tells it is enough;
// subnets that only may be its own tell it if all of them agree and there are no
// others.
func VPCOf(d *design.Design, subnets topo.Links) ref.ID {
	var perhaps ref.ID
	agree := subnets.More == ""
	for _, l := range subnets.List {
		vpc := vpcOf(d, l.ID)
		if vpc != "" && l.Exists == fact.Yes {
			return vpc
		}
		agree = agree && vpc != "" && (perhaps == "" || perhaps == vpc)
		perhaps = vpc
	}
	if agree {
		return perhaps
	}
	return ""
}

func vpcOf(d *design.Design, subnet ref.ID) ref.ID {
	r, ok := d.Find(subnet)
	if !ok { // the list that a data source finds: data.aws_subnets.x.ids
		if i := strings.LastIndexByte(string(subnet), '.'); i > 0 {
			r, ok = d.Find(subnet[:i])
		}
	}
	if !ok { // one of them, by its id
		r, ok = d.Lookup(subnet)
	}
	if !ok {
		return ""
	}
	if r.Type == "aws_default_subnet" {
		return read.DefaultVPC(d, r)
	}
	for _, v := range []resource.Value{r.Get("vpc_id"), read.Filter(r, "vpc-id")} {
		if vpc := d.Link(v); vpc.ID != "" {
			return vpc.ID
		}
	}
	return ""
}

// Groups are the security groups that are written, or the default group of the
// VPC if there are surely or possibly none.
func Groups(d *design.Design, v resource.Value, vpc ref.ID) topo.Links {
	out := d.Links(v)
	for _, l := range out.List {
		if l.Exists == fact.Yes {
			return out
		}
	}
	if out.More != "" {
		return out
	}
	exists, why := fact.Yes, ""
	if len(out.List) > 0 {
		exists, why = fact.Unknown, "it holds the default group only if no other group is there"
	}
	if vpc == "" {
		out.More = "it holds the default group of its VPC, which the design does not name"
		return out
	}
	out.List = append(out.List, topo.Link{ID: DefaultGroup(d, vpc), Exists: exists, Why: why, Place: v.Place})
	return Sorted(out)
}

// DefaultGroup is the name of the default security group of a VPC.
func DefaultGroup(d *design.Design, vpc ref.ID) ref.ID {
	return d.Canonical(vpc + ".default_security_group_id")
}

// Endpoint is an endpoint of a kind with these interfaces.
func (n Interface) Endpoint(t topo.Thing, kind topo.EndpointKind) topo.Endpoint {
	return topo.Endpoint{Thing: t, Kind: kind, Owner: t.ID, VPC: n.VPC, Subnets: n.Subnets, Groups: n.Groups,
		Unfiltered: fact.No, Forwards: fact.No}
}

// HasIPv6 tells whether the subnets have IPv6 addresses. Addresses are assigned
// only where there is a range for them (AWS "Modify the IP addressing attributes
// of your subnet").
func HasIPv6(d *design.Design, subnets topo.Links) fact.Fact[bool] {
	return ofSubnets(d, subnets, func(r resource.Resource) fact.Fact[bool] {
		if v := r.Get("assign_ipv6_address_on_creation"); fact.Is(design.Bool(v, false), true) == fact.Yes {
			return fact.Known(true, v.Place)
		}
		for _, key := range []string{"ipv6_cidr_block", "ipv6_netmask_length", "ipv6_ipam_pool_id"} {
			if v := r.Get(key); Written(v) == fact.Yes {
				return fact.Known(true, v.Place)
			} else if Written(v) == fact.Unknown {
				return fact.Missing[bool](design.Why(v), v.Place)
			}
		}
		if r.Type != "aws_subnet" {
			return fact.Missing[bool]("the subnet is defined outside the design", r.Place)
		}
		return design.Bool(r.Get("ipv6_native"), false)
	})
}

// AssignIPv6 tells whether instances in the subnets get an IPv6 address unless
// something else is said (AssignIpv6AddressOnCreation).
func AssignIPv6(d *design.Design, subnets topo.Links) fact.Fact[bool] {
	return ofSubnets(d, subnets, func(r resource.Resource) fact.Fact[bool] {
		return design.Bool(r.Get("assign_ipv6_address_on_creation"), false)
	})
}

// MapPublicIP tells whether instances in the subnets get public addresses
// unless something else is said (MapPublicIpOnLaunch).
func MapPublicIP(d *design.Design, subnets topo.Links) fact.Fact[bool] {
	return ofSubnets(d, subnets, func(r resource.Resource) fact.Fact[bool] {
		switch r.Type {
		case "aws_subnet":
			return design.Bool(r.Get("map_public_ip_on_launch"), false)
		case "aws_default_subnet":
			return design.Bool(r.Get("map_public_ip_on_launch"), true)
		}
		return fact.Missing[bool]("the subnet is defined outside the design", r.Place)
	})
}

// ofSubnets is what holds in all subnets; where they differ it is unknown.
func ofSubnets(d *design.Design, subnets topo.Links, of func(resource.Resource) fact.Fact[bool]) fact.Fact[bool] {
	var out fact.Fact[bool]
	for i, l := range subnets.List {
		r, ok := d.Find(l.ID)
		if !ok {
			return fact.Missing[bool]("subnet "+string(l.ID)+" is defined outside the design", l.Place)
		}
		f := of(r)
		if r.Data {
			f = fact.Missing[bool]("subnet "+string(l.ID)+" is defined outside the design", l.Place)
		}
		v, known := f.Get()
		if !known {
			return f
		}
		if i > 0 && v != out.Or(v) {
			return fact.Missing[bool]("its subnets differ", l.Place)
		}
		if i == 0 {
			out = f
		}
	}
	if subnets.More != "" || len(subnets.List) == 0 {
		why := subnets.More
		if why == "" {
			why = "the design does not name its subnets"
		}
		return fact.Missing[bool](why, subnets.Place)
	}
	return out
}

// Ports are the packets of a protocol to the ports from..to, as far as both
// are known. Udp selects UDP, otherwise it is TCP.
func Ports(from, to fact.Fact[int], udp bool) netset.Bounds {
	set := netset.TCP
	if udp {
		set = netset.UDP
	}
	lo, a := from.Get()
	hi, b := to.Get()
	if !a || !b {
		return netset.AtMost(set(0, 65535))
	}
	if lo < 0 || hi > 65535 || lo > hi {
		return netset.Exactly(netset.NoPorts())
	}
	return netset.Exactly(set(uint16(lo), uint16(hi)))
}

// Port is Ports of a single port.
func Port(p fact.Fact[int], udp bool) netset.Bounds { return Ports(p, p, udp) }

// Perhaps is a port set of something that may be absent.
func Perhaps(b netset.Bounds, exists fact.Tri) netset.Bounds {
	if exists != fact.Yes {
		return netset.AtMost(b.Maybe)
	}
	return b
}

// Addresses are the addresses and prefixes among the elements of a value.
func Addresses(v resource.Value) netset.Addrs {
	var out netset.Addrs
	for _, e := range v.Items() {
		if s, ok := design.String(e, "").Get(); ok {
			if a, err := netip.ParseAddr(s); err == nil {
				out = out.Union(netset.Addr(a))
			}
		}
	}
	return out
}

// Block reads an address range.
func Block(v resource.Value) topo.Block {
	s, ok := design.String(v, "").Get()
	if !ok {
		return topo.Block{Symbol: design.Display(v), Why: design.Why(v)}
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		return topo.Block{Prefix: p.Masked()}
	}
	if a, err := netip.ParseAddr(s); err == nil {
		return topo.Block{Prefix: netip.PrefixFrom(a, a.BitLen())}
	}
	return topo.Block{Why: "it is not written as an address range"}
}
