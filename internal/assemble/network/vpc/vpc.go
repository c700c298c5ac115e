// Package vpc reads VPCs and subnets.
//
// # Model
// A VPC or subnet that a data source looks up is there as Elsewhere, with what
// the data source states. What else AWS knows of it is unknown.
//
// # Guarantees
// Settings that are not written have the defaults of the provider. A range that
// AWS or an address pool gives is an unknown range, not a missing one.
//
// # Not modelled
// DHCP options, reserved ranges, Outposts and Local Zones.
package vpc

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// defaultRange is the range of every default VPC (AWS "Default VPCs").
var defaultRange = topo.Block{Prefix: netip.MustParsePrefix("172.31.0.0/16"), Family: topo.IPv4}

// elsewhere is why nothing else is known of what a data source looks up.
const elsewhere = "it is defined outside the design"

// Add puts VPCs and subnets into the snapshot.
func Add(r *read.Reader, s *topo.Snapshot) {
	addVPCs(r, s)
	addSubnets(r, s)
}

func addVPCs(r *read.Reader, s *topo.Snapshot) {
	first := len(s.VPCs)
	for _, res := range r.Of("aws_vpc", "aws_default_vpc", "data.aws_vpc") {
		if r.Canonical(res.ID) != res.ID {
			continue // another resource stands for the same VPC
		}
		v := topo.VPC{Thing: r.Thing(res), Region: res.Region}
		isDefault := res.Type == "aws_default_vpc" || res.Data && design.Bool(res.Get("default"), false).Or(false)
		switch cidr := res.Get("cidr_block"); {
		case isDefault:
			v.Blocks = append(v.Blocks, defaultRange)
		case read.Written(cidr):
			if b, ok := r.Block(cidr, topo.IPv4, res.Place); ok {
				v.Blocks = append(v.Blocks, own(b, res.ID, cidr))
			}
		case res.Data:
			v.Blocks = append(v.Blocks, topo.Block{Family: topo.IPv4, Symbol: string(res.ID) + ".cidr_block", Why: elsewhere})
		default:
			v.Blocks = append(v.Blocks, topo.Block{Family: topo.IPv4, Why: "an address pool gives its range"})
		}
		addIPv6(r, &v, res)
		if res.Data {
			v.BlocksMore = cmp.Or(v.BlocksMore, elsewhere)
			v.DNSSupport = fact.Missing[bool](elsewhere, res.Place)
			v.DNSHostnames, v.Encrypted = v.DNSSupport, v.DNSSupport
		} else {
			v.Encrypted = fact.Default(false)
			v.DNSSupport = design.Bool(res.Get("enable_dns_support"), true)
			v.DNSHostnames = design.Bool(res.Get("enable_dns_hostnames"), res.Type == "aws_default_vpc")
		}
		s.VPCs = append(s.VPCs, v)
	}
	vpcs := s.VPCs[first:]
	addRanges(r, vpcs, "aws_vpc_ipv4_cidr_block_association", "cidr_block", topo.IPv4)
	addRanges(r, vpcs, "aws_vpc_ipv6_cidr_block_association", "ipv6_cidr_block", topo.IPv6)
	for _, res := range r.Of("aws_vpc_encryption_control") {
		for i := range vpcs {
			if vpcs[i].ID == r.Link(res.Get("vpc_id")).ID {
				vpcs[i].Encrypted = enforces(res)
			}
		}
	}
	addResolvers(r, vpcs)
	addZones(r, vpcs)
	r.Understand("data.aws_vpcs", "data.aws_vpc_dhcp_options")
}

// addResolvers reads which VPCs have DHCP options that may name other DNS
// servers than the resolver of Amazon (AWS "DHCP option sets in Amazon VPC").
func addResolvers(r *read.Reader, vpcs []topo.VPC) {
	for _, res := range r.Of("aws_vpc_dhcp_options_association") {
		vpc, options := r.Link(res.Get("vpc_id")), res.Get("dhcp_options_id")
		why := "its DHCP options are not known"
		if set, ok := r.Find(r.Link(options).ID); ok && !set.Data {
			servers := set.Get("domain_name_servers").Items()
			own := slices.ContainsFunc(servers, func(v resource.Value) bool {
				return design.String(v, "").Or("") != "AmazonProvidedDNS"
			})
			if !own {
				continue
			}
			why = "its DHCP options name other DNS servers"
		}
		for i := range vpcs {
			if v := &vpcs[i]; vpc.ID == "" || vpc.ID == v.ID {
				v.OwnResolvers = cmp.Or(v.OwnResolvers, why)
			}
		}
	}
}

// addZones reads which VPCs have a private hosted zone for names of AWS, by which
// clients find endpoints elsewhere (AWS "Centralized access to VPC private
// endpoints").
func addZones(r *read.Reader, vpcs []topo.VPC) {
	zones := map[ref.ID]bool{}
	note := func(zone ref.ID, vpc ref.ID) {
		for i := range vpcs {
			if v := &vpcs[i]; vpc == "" || vpc == v.ID {
				v.OwnZones = cmp.Or(v.OwnZones, string(zone)+" answers for names of AWS")
			}
		}
	}
	for _, res := range r.Of("aws_route53_zone") {
		name, known := design.String(res.Get("name"), "").Get()
		name = strings.TrimSuffix(strings.ToLower(name), ".")
		if known && !strings.HasSuffix(name, ".amazonaws.com") && !strings.HasSuffix(name, ".amazonaws.com.cn") && name != "amazonaws.com" {
			continue
		}
		blocks, more := read.Blocks(res.Get("vpc"))
		zones[res.ID] = true
		for _, b := range blocks {
			note(res.ID, r.Link(b.Get("vpc_id")).ID)
		}
		if more != "" {
			note(res.ID, "")
		}
	}
	for _, res := range r.Of("aws_route53_zone_association") {
		if zone := r.Link(res.Get("zone_id")).ID; zone == "" || zones[zone] {
			note(res.ID, r.Link(res.Get("vpc_id")).ID)
		}
	}
}

// own is the range of a thing itself: it is not known by that thing.
func own(b topo.Block, id ref.ID, v resource.Value) topo.Block {
	if b.Of == id {
		b.Of, b.Why = "", design.Why(v)
	}
	return b
}

func addIPv6(r *read.Reader, v *topo.VPC, res resource.Resource) {
	if res.Data {
		return
	}
	if cidr := res.Get("ipv6_cidr_block"); read.Written(cidr) {
		if b, ok := r.Block(cidr, topo.IPv6, res.Place); ok {
			v.Blocks = append(v.Blocks, own(b, res.ID, cidr))
		}
		return
	}
	assigned := design.Bool(res.Get("assign_generated_ipv6_cidr_block"), false)
	switch on, known := assigned.Get(); {
	case on || read.Written(res.Get("ipv6_ipam_pool_id")):
		v.Blocks = append(v.Blocks, topo.Block{Family: topo.IPv6, Symbol: string(res.ID) + ".ipv6_cidr_block", Why: "AWS gives its IPv6 range"})
	case !known:
		v.BlocksMore = assigned.Why
	}
}

// addRanges reads the resources that add a range to a VPC.
func addRanges(r *read.Reader, vpcs []topo.VPC, typ, attr string, family topo.Family) {
	for _, res := range r.Of(typ) {
		link := r.Link(res.Get("vpc_id"))
		state := read.Of(res)
		b, ok := r.Block(res.Get(attr), family, res.Place)
		if !ok {
			b = topo.Block{Family: family, Why: "AWS or an address pool gives its range"}
		}
		for i := range vpcs {
			switch {
			case link.ID == "":
				vpcs[i].BlocksMore = cmp.Or(vpcs[i].BlocksMore, string(res.ID)+" is for a VPC that is not known")
			case link.ID != vpcs[i].ID:
			case state.And(read.OfLink(link)).Exists != fact.Yes:
				vpcs[i].BlocksMore = cmp.Or(vpcs[i].BlocksMore, state.And(read.OfLink(link)).Why)
			default:
				vpcs[i].Blocks = append(vpcs[i].Blocks, own(b, vpcs[i].ID, res.Get(attr)))
			}
		}
	}
}

// enforces reads the mode of VPC encryption controls: monitor only observes.
func enforces(res resource.Resource) fact.Fact[bool] {
	mode := design.String(res.Get("mode"), "")
	s, known := mode.Get()
	switch {
	case !known:
		return fact.Missing[bool](mode.Why, mode.Place)
	case s == "enforce" && res.Exists != fact.Yes:
		return fact.Missing[bool](res.Why, res.Place)
	}
	return fact.Known(s == "enforce", mode.Place)
}
