package host

import (
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// endpoint is the interfaces of a host with one set of settings.
func (r *reader) endpoint(res resource.Resource, t topo.Thing, subnets resource.Value, l layers) topo.Endpoint {
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
	given := []resource.Value{} // the interfaces, those that are made before too
	made := true                // with the host
	for _, b := range nics.Items() {
		if b.Kind == resource.Unknown {
			groups = append(groups, b)
			continue
		}
		if eni := b.Get("network_interface_id"); !eni.IsNull() {
			found, ok := r.interfaceOf(eni)
			made = false
			if !ok {
				lost := resource.Value{Kind: resource.Unknown, Why: "its network interface is made elsewhere", Place: eni.Place}
				groups, places = append(groups, lost), append(places, lost)
				continue
			}
			b = found.Body
		}
		given = append(given, b)
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
		n.VPC = read.DefaultVPC(r.d, res)
		n.Groups = wire.Groups(r.d, wire.Join(groups...), n.VPC)
	}
	e := n.Endpoint(t, topo.HostEndpoint)
	e.Fixed = wire.Addresses(wire.Join(fixed...))
	e.PublicIPv4 = design.Bool(wire.First(associate...), false)
	// A subnet gives public addresses to interfaces that a launch makes, not to
	// those it finds (AWS "Public IPv4 addresses").
	if made && wire.First(associate...).IsNull() {
		e.PublicIPv4 = wire.MapPublicIP(r.d, e.Subnets)
	}
	e.IPv6 = ipv6(r.d, l, given, e.Subnets)
	e.Forwards = forwards(l.get("source_dest_check"))
	for _, b := range given {
		e.Forwards = e.Forwards.Or(forwards(b.Get("source_dest_check")))
	}
	e.ListensMore = ListensMore
	return e
}

// interfaceOf is the interface of the design that a value names.
func (r *reader) interfaceOf(v resource.Value) (resource.Resource, bool) {
	if v.Kind == resource.Ref {
		if res, ok := r.d.Own(v.Ref.ID); ok {
			return res, true
		}
	}
	return r.d.Find(r.d.Link(v).ID)
}

// ipv6 tells whether instances have IPv6 addresses: those that are asked for,
// or what the subnet assigns.
func ipv6(d *design.Design, l layers, nics []resource.Value, subnets topo.Links) fact.Fact[bool] {
	for _, key := range []string{"ipv6_address_count", "ipv6_addresses"} {
		for _, v := range append([]resource.Value{l.get(key)}, each(nics, key)...) {
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

func each(of []resource.Value, key string) []resource.Value {
	var out []resource.Value
	for _, v := range of {
		out = append(out, v.Get(key))
	}
	return out
}

func forwards(check resource.Value) fact.Tri {
	v, ok := design.Bool(check, true).Get()
	if !ok {
		return fact.Unknown
	}
	return fact.Of(!v)
}

// unused adds a template that nothing of the design launches: something
// elsewhere may. An endpoint stands for what it says of the network.
func (r *reader) unused(res resource.Resource) {
	if r.used[res.ID] {
		return
	}
	t := r.d.Thing(res, "name")
	t.Exists, t.Why = fact.Unknown, "nothing of the design launches it"
	own := layers{bodies: []resource.Value{res.Body}, at: res.Place}
	template := topo.Template{Host: r.one(res, resource.Value{}, own), PublicIPv4: r.associates(own)}
	template.Thing, template.Template = t, res.ID
	r.unlaunched = append(r.unlaunched, template)
	e := r.endpoint(res, t, resource.Value{}, own)
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

// associates is whether instances ask for a public address whatever their subnet
// gives them.
func (r *reader) associates(l layers) fact.Fact[bool] {
	asked := []resource.Value{l.get("associate_public_ip_address")}
	for _, b := range l.get("network_interfaces").Items() {
		asked = append(asked, b.Get("associate_public_ip_address"))
	}
	return design.Bool(wire.First(asked...), false)
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
	a.InstanceType, a.ECSImage = agreed(a.InstanceType, b.InstanceType), agreed(a.ECSImage, b.ECSImage)
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
