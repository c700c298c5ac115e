package allpairs

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// zone is the interfaces in one VPC, or the hosts outside, in one family.
type zone struct {
	zoneKey
	places []int32 // in order
	links  []*link // by the zone to which they lead
}

// placeKey is what decides about the way of an interface.
type placeKey struct {
	zone, subnet, addrs int32
	traits              reach.Traits
}

// place is interfaces that ways do not tell apart.
type place struct {
	placeKey
	nth    int32 // within the zone
	rep    int32 // an interface of it
	leaves bool  // a way to another VPC may start there
}

// subnetClass is subnets with the same routes and network ACLs. Two interfaces in
// one subnet meet no network ACL; where that makes a difference, each subnet
// counts for itself.
type subnetClass struct {
	vpc   ref.ID
	reps  [2]int32 // interfaces in two of its subnets; -1 if there is no other
	split bool
}

type zoneKey struct {
	vpc     ref.ID
	outside bool
	family  topo.Family
}

var families = [...]topo.Family{topo.IPv4, topo.IPv6}

// axes are the first addresses of the families.
var axes = map[topo.Family]netip.Addr{topo.IPv4: netip.IPv4Unspecified(), topo.IPv6: netip.IPv6Unspecified()}

// grove has a forest for each family.
type grove map[topo.Family]*forest

func newGrove(prefixes []netip.Prefix) grove {
	var of [3][]netip.Prefix
	for _, p := range prefixes {
		if p = plain(p); p.IsValid() {
			f := topo.IPv6
			if p.Addr().Is4() {
				f = topo.IPv4
			}
			of[f] = append(of[f], p)
		}
	}
	g := grove{}
	for f, first := range axes {
		list := of[f]
		slices.SortFunc(list, func(a, b netip.Prefix) int {
			return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
		})
		g[f] = newForest(first, slices.Compact(list))
	}
	return g
}

// plain is a prefix as package netset reads it.
func plain(p netip.Prefix) netip.Prefix {
	if !p.IsValid() {
		return p
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return netip.PrefixFrom(p.Addr().WithZone(""), p.Bits()).Masked()
}

// terrain is what ways depend on.
type terrain struct {
	s        *topo.Snapshot
	odd      bool // some range of a route or entry is not known: subnets differ by name
	own      map[ref.ID]bool
	attached map[ref.ID]bool // VPCs with a transit gateway, which looks at zones
	tables   map[ref.ID]string
	acls     map[ref.ID]string
	ranges   grove
}

func newTerrain(s *topo.Snapshot) *terrain {
	t := &terrain{s: s, own: map[ref.ID]bool{}, attached: map[ref.ID]bool{}, tables: map[ref.ID]string{}, acls: map[ref.ID]string{}}
	prefixes := reach.PrivateRanges().Prefixes()
	block := func(b *topo.Block, isRoute bool) {
		switch {
		case b.Prefix.IsValid():
			prefixes = append(prefixes, b.Prefix)
		case !isRoute || s.PrefixList(b.Of) == nil:
			t.odd = true
		}
	}
	for i := range s.VPCs {
		for j := range s.VPCs[i].Blocks {
			if b := &s.VPCs[i].Blocks[j]; b.Prefix.IsValid() {
				block(b, false)
			}
		}
	}
	for i := range s.PrefixLists {
		prefixes = append(prefixes, s.PrefixLists[i].Addrs.Prefixes()...)
	}
	for i := range s.RouteTables {
		r := &s.RouteTables[i]
		var b strings.Builder
		fmt.Fprintf(&b, "%t %t", r.More != "", r.Elsewhere)
		for j := range r.Routes {
			x := &r.Routes[j]
			block(&x.Dest, true)
			fmt.Fprintf(&b, "\n%s %q %d %q %t %d", x.Dest.Prefix, x.Dest.Of, x.Kind, x.Target, x.Propagated, x.Exists)
		}
		t.tables[r.ID] = b.String()
	}
	for i := range s.NetworkACLs {
		a := &s.NetworkACLs[i]
		var b strings.Builder
		fmt.Fprintf(&b, "%t %t", a.More != "", a.Elsewhere)
		for d, list := range [][]topo.ACLEntry{a.Ingress, a.Egress} {
			for j := range list {
				x := &list[j]
				block(&x.Block, false)
				fmt.Fprintf(&b, "\n%d %d %d %s %d %x %x", d, x.Number, x.Allow, x.Block.Prefix, x.Exists, x.Ports.Sure.Key(), x.Ports.Maybe.Key())
			}
		}
		t.acls[a.ID] = b.String()
	}
	for i := range s.TransitGateways {
		g := &s.TransitGateways[i]
		for j := range g.Tables {
			for k := range g.Tables[j].Routes {
				block(&g.Tables[j].Routes[k].Dest, true)
			}
		}
		for j := range g.Attachments {
			t.attached[g.Attachments[j].VPC] = true
			for _, l := range g.Attachments[j].Subnets.List {
				t.own[l.ID] = true
			}
		}
	}
	for i := range s.Gateways {
		t.own[s.Gateways[i].Subnet] = true
	}
	t.ranges = newGrove(prefixes)
	return t
}

// subnet is equal for subnets of one VPC that ways do not tell apart.
func (t *terrain) subnet(id ref.ID) string {
	sub := t.s.Subnet(id)
	if sub == nil || t.odd || t.own[id] {
		return "subnet " + string(id)
	}
	table, _ := sub.RouteTable.Get()
	acl, _ := sub.ACL.Get()
	mode, known := sub.PublicAccess.Get()
	zone := ""
	if t.attached[sub.VPC] {
		zone = sub.AZ.Or("?")
	}
	return fmt.Sprintf("%s\n\n%s\n\n%d %t %t %s", t.tables[table], t.acls[acl], mode, known, sub.PublicAccess.Why != "", zone)
}

// wayAddrs numbers what ways tell of addresses: those of one atom by the ranges
// that hold it, from 0, other sets by content, downwards from -1.
func (b *builder) wayAddrs(f topo.Family, a netset.Addrs) int32 {
	if atom, ok := b.terrain.ranges[f].atom(a); ok {
		return 1 + b.terrain.ranges[f].inner[atom]
	}
	return -1 - number(b.wide, a.Key())
}

// number gives equal keys equal numbers, from 0.
func number[K comparable](m map[K]int32, k K) int32 {
	n, ok := m[k]
	if !ok {
		n = int32(len(m))
		m[k] = n
	}
	return n
}

// settle gives every interface its place.
func (b *builder) settle() {
	for i := range b.recs {
		r := &b.recs[i]
		c := &b.subnets[r.subnet]
		switch {
		case c.reps[0] < 0:
			c.reps[0] = int32(i)
		case c.reps[1] < 0 && b.recs[c.reps[0]].net != r.net:
			c.reps[1] = int32(i)
		}
	}
	b.place(func(r *rec) int32 { return r.subnet })
	for c := range b.subnets {
		b.subnets[c].split = b.subnets[c].reps[1] >= 0 && !b.isBlind(int32(c))
	}
	some := false
	for c := range b.subnets {
		some = some || b.subnets[c].split
	}
	if some {
		b.place(func(r *rec) int32 {
			if b.subnets[r.subnet].split {
				return -1 - r.net
			}
			return r.subnet
		})
	}
	for i := range b.places {
		p := &b.places[i]
		p.leaves = b.zones[p.zone].outside || b.network.Leaves(b.iface(p.rep))
	}
}

func (b *builder) place(subnet func(*rec) int32) {
	ids := map[placeKey]int32{}
	b.places = nil
	for z := range b.zones {
		b.zones[z].places = nil
	}
	for i := range b.recs {
		r := &b.recs[i]
		k := placeKey{r.zone, subnet(r), r.wayAddrs, b.traits[r.traits]}
		id := number(ids, k)
		if int(id) == len(b.places) {
			z := &b.zones[r.zone]
			b.places = append(b.places, place{placeKey: k, nth: int32(len(z.places)), rep: int32(i)})
			z.places = append(z.places, id)
		}
		r.place = id
	}
}

// isBlind reports whether nothing lies between the subnets of a class: then it
// makes no difference whether two interfaces are in one subnet.
func (b *builder) isBlind(class int32) bool {
	reps := b.subnets[class].reps
	one, other := b.iface(reps[0]), b.iface(reps[1])
	open := netset.AllPorts()
	for _, f := range families {
		at, ok := b.zoneIDs[zoneKey{b.subnets[class].vpc, false, f}]
		if !ok {
			continue
		}
		for _, p := range b.zones[at].places {
			for _, q := range b.zones[at].places {
				if b.places[p].subnet != class || b.places[q].subnet != class {
					continue
				}
				from, to := b.iface(b.places[p].rep).In(one), b.iface(b.places[q].rep).In(other)
				w := b.network.Way(from, to)
				sure := b.places[p].traits.Exists.And(b.places[q].traits.Exists) == fact.Yes
				if !w.Packets.Maybe.Equal(open) || sure != w.Packets.Sure.Equal(open) {
					return false
				}
			}
		}
	}
	return true
}
