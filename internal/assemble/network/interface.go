package network

import (
	"cmp"
	"net/netip"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

func addInterfaces(r *read.Reader, s *topo.Snapshot) {
	hosts := map[ref.ID]ref.ID{}
	for _, res := range r.Of("aws_network_interface_attachment") {
		hosts[r.Link(res.Get("network_interface_id")).ID] = r.Link(res.Get("instance_id")).ID
	}
	for _, res := range r.Of("aws_network_interface", "data.aws_network_interface") {
		if r.Canonical(res.ID) != res.ID {
			continue
		}
		e := topo.Endpoint{
			Thing: r.Thing(res, "description"), Kind: topo.InterfaceEndpointENI,
			Subnets: r.Links(res.Get("subnet_id")), Groups: r.Links(res.Get("security_groups")),
			PublicIPv4: fact.Default(false), Unfiltered: fact.No,
			ListensMore: "the design does not say what listens on it",
			Owner:       cmp.Or(hosts[res.ID], r.Link(res.Get("attachment", "instance")).ID),
		}
		if at := res.Get("association", "public_ip"); read.Written(at) {
			e.PublicIPv4 = fact.Known(true, read.PlaceOf(at, res.Place))
		}
		e.Forwards = fact.Is(design.Bool(res.Get("source_dest_check"), true), false)
		ipv6 := res.Get("ipv6_addresses")
		switch n, known := design.Int(res.Get("ipv6_address_count"), 0).Get(); {
		case known && n > 0 || len(ipv6.Items()) > 0 && !ipv6.Maybe:
			e.IPv6 = fact.Known(true, res.Place)
		default:
			e.IPv6 = fact.Missing[bool]("its subnet may assign one", res.Place)
		}
		for _, attr := range []string{"private_ip", "private_ips", "private_ip_list", "ipv6_addresses", "ipv6_address_list"} {
			for _, v := range res.Get(attr).Items() {
				if text, ok := design.String(v, "").Get(); ok {
					if a, err := netip.ParseAddr(text); err == nil {
						e.Fixed = e.Fixed.Union(netset.Addr(a))
					}
				}
			}
		}
		if res.Data {
			e.PublicIPv4, e.IPv6 = fact.Missing[bool](elsewhere, res.Place), fact.Missing[bool](elsewhere, res.Place)
			e.Subnets.More, e.Groups.More = cmp.Or(e.Subnets.More, elsewhere), cmp.Or(e.Groups.More, elsewhere)
			e.Forwards = fact.Unknown
		}
		s.Endpoints = append(s.Endpoints, e)
	}
	r.Understand("aws_network_interface_permission")
}

// attachGroups reads the groups that are attached to interfaces. It comes after
// all endpoints are known, since an interface may be that of an instance.
func (f *finisher) attachGroups() {
	for _, res := range f.Of("aws_network_interface_sg_attachment") {
		group, to := f.Link(res.Get("security_group_id")), f.Link(res.Get("network_interface_id"))
		for i := range f.s.Endpoints {
			e := &f.s.Endpoints[i]
			switch {
			case to.ID == "" && (e.Kind == topo.InterfaceEndpointENI || e.Kind == topo.HostEndpoint):
				e.Groups.More = cmp.Or(e.Groups.More, string(res.ID)+" is for an interface that is not known")
			case to.ID != e.ID || to.ID == "":
			case group.ID == "":
				e.Groups.More = cmp.Or(e.Groups.More, group.Why)
			default:
				state := read.Of(res).And(read.OfLink(to)).And(read.OfLink(group))
				e.Groups.List = insert(e.Groups.List, topo.Link{ID: group.ID, Exists: state.Exists, Why: state.Why, Place: res.Place})
			}
		}
	}
}

// defaultGroups gives interfaces without written groups the default group of
// their VPC (AWS "Elastic network interfaces").
func (f *finisher) defaultGroups() {
	for i := range f.s.Endpoints {
		e := &f.s.Endpoints[i]
		if e.Kind != topo.InterfaceEndpointENI || e.Elsewhere {
			continue
		}
		res, ok := f.Find(e.ID)
		if !ok {
			continue
		}
		if groups := f.Links(res.Get("security_groups")); len(groups.List) > 0 || groups.More != "" {
			continue
		}
		if e.VPC == "" {
			e.Groups.More = cmp.Or(e.Groups.More, "it holds the default group of a VPC that is not known")
			continue
		}
		e.Groups.List = insert(e.Groups.List, topo.Link{ID: f.Canonical(e.VPC + ".default_security_group_id"), Exists: fact.Yes, Place: e.Place})
	}
}

// insert adds a link to a sorted list, once.
func insert(list []topo.Link, l topo.Link) []topo.Link {
	i := 0
	for i < len(list) && list[i].ID < l.ID {
		i++
	}
	if i < len(list) && list[i].ID == l.ID {
		if l.Exists == fact.Yes {
			list[i] = l
		}
		return list
	}
	return append(list[:i:i], append([]topo.Link{l}, list[i:]...)...)
}

// elasticIPs gives interfaces and hosts their Elastic IP addresses.
func (f *finisher) elasticIPs() {
	for _, res := range f.Of("aws_eip", "aws_eip_association") {
		for _, attr := range []string{"instance", "network_interface", "instance_id", "network_interface_id"} {
			v := res.Get(attr)
			if !read.Written(v) {
				continue
			}
			to := f.Link(v)
			state := read.Of(res)
			if to.ID != "" {
				state = state.And(read.OfLink(to))
			}
			for i := range f.s.Endpoints {
				e := &f.s.Endpoints[i]
				may := to.ID == "" && (e.Kind == topo.InterfaceEndpointENI || e.Kind == topo.HostEndpoint)
				switch {
				case e.PublicIPv4.Or(false):
				case to.ID != "" && to.ID == e.ID && state.Exists == fact.Yes:
					e.PublicIPv4 = fact.Known(true, res.Place)
				case to.ID != "" && to.ID == e.ID, may:
					e.PublicIPv4 = fact.Missing[bool](cmp.Or(state.Why, to.Why), res.Place)
				}
			}
		}
	}
}
