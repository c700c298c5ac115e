package host

import (
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// endpoint is the interfaces of a host with one set of settings.
func (r *reader) endpoint(t topo.Thing, subnets resource.Value, l layers) topo.Endpoint {
	nics := l.get("network_interfaces", "network_interface", "primary_network_interface")
	groups := []resource.Value{l.get("vpc_security_group_ids", "vpc_security_groups"), l.get("security_groups", "security_group_names")}
	if groups[0].Kind == resource.Unknown && groups[1].Kind == resource.Unknown && nics.Kind == resource.Unknown {
		groups, nics = groups[:1], resource.Value{} // one reason is enough
	}
	places := []resource.Value{subnets}
	if subnets.IsNull() {
		places = []resource.Value{l.get("subnet_id")}
	}
	associate := []resource.Value{l.get("associate_public_ip_address")}
	fixed := []resource.Value{l.get("private_ip")}
	for _, b := range nics.Items() {
		if b.Kind == resource.Unknown {
			groups = append(groups, b)
			continue
		}
		if eni := b.Get("network_interface_id"); !eni.IsNull() {
			res, ok := r.d.Find(r.d.Link(eni).ID)
			if !ok {
				lost := resource.Value{Kind: resource.Unknown, Why: "its network interface is made elsewhere", Place: eni.Place}
				groups, places = append(groups, lost), append(places, lost)
				continue
			}
			b = res.Body
		}
		groups = append(groups, b.Get("security_groups"))
		if subnets.IsNull() {
			places = append(places, b.Get("subnet_id"))
		}
		fixed = append(fixed, b.Get("private_ip"), b.Get("private_ips"), b.Get("private_ip_address"))
		associate = append(associate, b.Get("associate_public_ip_address"))
	}
	place := wire.Join(places...)
	n := wire.Read(r.d, place, wire.Join(groups...), resource.Value{})
	if place.IsNull() {
		n.Subnets.More = "no subnet is written, so it is in a default subnet"
		n.VPC = wire.DefaultVPC(r.d)
		n.Groups = wire.Groups(r.d, wire.Join(groups...), n.VPC)
	}
	e := n.Endpoint(t, topo.HostEndpoint)
	e.Fixed = wire.Addresses(wire.Join(fixed...))
	e.PublicIPv4 = design.Bool(wire.First(associate...), false)
	if wire.First(associate...).IsNull() {
		e.PublicIPv4 = wire.MapPublicIP(r.d, e.Subnets)
	}
	e.IPv6 = ipv6(r.d, l, nics, e.Subnets)
	e.Forwards = forwards(l.get("source_dest_check"))
	e.ListensMore = ListensMore
	return e
}

// ipv6 tells whether instances have IPv6 addresses: those that are asked for,
// or what the subnet assigns.
func ipv6(d *design.Design, l layers, nics resource.Value, subnets topo.Links) fact.Fact[bool] {
	for _, key := range []string{"ipv6_address_count", "ipv6_addresses"} {
		for _, v := range append([]resource.Value{l.get(key)}, wire.Each(nics, key)...) {
			switch wire.Written(v) {
			case fact.Yes:
				if n, ok := design.Int(v, 0).Get(); v.Kind != resource.List && ok && n == 0 {
					continue
				}
				return fact.Known(true, v.Place)
			case fact.Unknown:
				return fact.Missing[bool](design.Why(v), v.Place)
			}
		}
	}
	return wire.AssignIPv6(d, subnets)
}

func forwards(check resource.Value) fact.Tri {
	v, ok := design.Bool(check, true).Get()
	if !ok {
		return fact.Unknown
	}
	return fact.Of(!v)
}

// attachments reads what adds addresses and groups to instances and interfaces.
func (r *reader) attachments() {
	hosts := r.d.Of("aws_instance", "aws_spot_instance_request")
	for _, res := range hosts {
		r.d.Alias(res.ID+".primary_network_interface_id", res.ID)
		r.d.Alias(res.ID+".spot_instance_id", res.ID)
	}
	for _, res := range r.d.Of("aws_eip", "aws_eip_association") {
		for _, key := range []string{"instance", "instance_id", "network_interface", "network_interface_id"} {
			if link := r.d.Link(res.Get(key)); link.ID != "" && link.Exists == fact.Yes && res.Exists == fact.Yes {
				r.public[link.ID] = res.Place
			}
		}
	}
	for _, res := range r.d.Of("aws_network_interface_sg_attachment") {
		id, group := r.d.Link(res.Get("network_interface_id")).ID, r.d.Links(res.Get("security_group_id"))
		if id == "" {
			continue
		}
		if res.Exists != fact.Yes {
			for i := range group.List {
				group.List[i].Exists, group.List[i].Why = fact.Unknown, res.Why
			}
		}
		r.joined[id] = wire.Union(r.joined[id], group)
	}
	r.d.Understand("aws_network_interface_attachment")
}

func (r *reader) networkInterface(res resource.Resource) {
	n := wire.Read(r.d, res.Get("subnet_id"), res.Get("security_groups"), resource.Value{})
	e := n.Endpoint(r.d.Thing(res), topo.InterfaceEndpointENI)
	e.Groups = wire.Union(e.Groups, r.joined[res.ID])
	e.Fixed = wire.Addresses(wire.Join(res.Get("private_ips"), res.Get("private_ip"), res.Get("private_ip_list")))
	e.PublicIPv4 = fact.Default(false)
	if at, ok := r.public[res.ID]; ok {
		e.PublicIPv4 = fact.Known(true, at)
	}
	e.IPv6 = ipv6(r.d, layers{bodies: []resource.Value{res.Body}}, resource.Value{}, e.Subnets)
	e.Forwards = forwards(res.Get("source_dest_check"))
	e.ListensMore = "what uses the interface is not in the design"
	if link := r.d.Link(res.Get("attachment", "instance")); link.ID != "" {
		e.Owner = link.ID
	}
	for _, a := range r.d.Of("aws_network_interface_attachment") {
		if r.d.Link(a.Get("network_interface_id")).ID == res.ID {
			if link := r.d.Link(a.Get("instance_id")); link.ID != "" {
				e.Owner = link.ID
			}
		}
	}
	r.endpoints = append(r.endpoints, e)
}

// unused adds a template that nothing of the design launches, for its groups:
// something elsewhere may.
func (r *reader) unused(res resource.Resource) {
	if r.used[res.ID] {
		return
	}
	t := r.d.Thing(res, "name")
	t.Exists, t.Why = fact.Unknown, "nothing of the design launches it"
	e := r.endpoint(t, resource.Value{}, layers{bodies: []resource.Value{res.Body}, at: res.Place})
	if e.Subnets.More != "" {
		const why = "what launches it decides the subnet"
		e.Subnets.More, e.VPC = why, ""
		e.Groups = r.d.Links(wire.Join(append(wire.Each(res.Get("network_interfaces"), "security_groups"), res.Get("vpc_security_group_ids"), res.Get("security_groups"))...))
		if len(e.Groups.List) == 0 && e.Groups.More == "" {
			return // it says nothing about the network
		}
		e.PublicIPv4 = fact.Missing[bool](why, res.Place)
	}
	e.Kind = topo.CarrierEndpoint
	r.endpoints = append(r.endpoints, e)
}

// mergeHosts keeps what two alternatives agree on.
func mergeHosts(a, b topo.Host) topo.Host {
	const differ = "its launch templates differ"
	if a.Cluster != b.Cluster || a.ClusterWhy != b.ClusterWhy {
		a.Cluster, a.ClusterWhy = "", differ
	}
	if a.Bottlerocket != b.Bottlerocket {
		a.Bottlerocket = fact.Unknown
	}
	if a.UserDataPlace != b.UserDataPlace {
		a.UserData = userdata.Settings{Dialect: userdata.Unrecognised, Opaque: []userdata.Opaque{{Why: differ}}}
	}
	a.InstanceProfile = agreed(a.InstanceProfile, b.InstanceProfile)
	a.Metadata.Endpoint, a.Metadata.Tokens = agreed(a.Metadata.Endpoint, b.Metadata.Endpoint), agreed(a.Metadata.Tokens, b.Metadata.Tokens)
	a.Metadata.HopLimit, a.Metadata.IPv6 = agreed(a.Metadata.HopLimit, b.Metadata.HopLimit), agreed(a.Metadata.IPv6, b.Metadata.IPv6)
	if a.Template != b.Template {
		a.Template = ""
	}
	return a
}

func agreed[T comparable](a, b fact.Fact[T]) fact.Fact[T] {
	x, ok1 := a.Get()
	y, ok2 := b.Get()
	switch {
	case !ok1:
		return a
	case !ok2:
		return b
	case x != y:
		return fact.Missing[T]("its launch templates differ", a.Place)
	}
	return a
}

func mergeEndpoints(a, b topo.Endpoint) topo.Endpoint {
	const differ = "only some of its launch templates have it"
	doubt := func(in topo.Links, other topo.Links) topo.Links {
		in.List = slices.Clone(in.List)
		for i, l := range in.List {
			if !slices.ContainsFunc(other.List, func(o topo.Link) bool { return o.ID == l.ID && o.Exists == fact.Yes }) && l.Exists == fact.Yes {
				in.List[i].Exists, in.List[i].Why = fact.Unknown, differ
			}
		}
		return in
	}
	groups := wire.Union(doubt(a.Groups, b.Groups), doubt(b.Groups, a.Groups))
	a.Groups, a.Subnets = groups, wire.Union(a.Subnets, b.Subnets)
	if a.VPC != b.VPC {
		a.VPC = ""
	}
	a.PublicIPv4, a.IPv6 = agreed(a.PublicIPv4, b.PublicIPv4), agreed(a.IPv6, b.IPv6)
	a.Fixed = a.Fixed.Union(b.Fixed)
	if a.Forwards != b.Forwards {
		a.Forwards = fact.Unknown
	}
	return a
}
