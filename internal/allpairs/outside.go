package allpairs

import (
	"net/netip"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// outsider is hosts outside. Those that are even lie in or out of each range of
// the design as a whole.
type outsider struct {
	party reach.Party
	even  bool
	ends  []reach.Interface // of hosts that are asked about as a whole
}

// Outsiders are the hosts outside that are worth asking about: the internet as a
// whole, the hosts of each prefix list of an AWS service, and then the addresses
// outside every VPC in parts that no rule, entry or route of the design tells
// apart, by their first address.
func Outsiders(n *reach.Network) []reach.Party {
	list := outsiders(n)
	out := make([]reach.Party, len(list))
	for i, o := range list {
		out[i] = o.party
	}
	return out
}

func outsiders(n *reach.Network) []outsider {
	s := n.Snapshot()
	out := []outsider{{party: reach.Outside(netset.Internet())}}
	for i := range s.PrefixLists {
		l := &s.PrefixLists[i]
		if l.AWSName == "" {
			continue
		}
		p := reach.Party{Addrs: l.Addrs, List: l.ID}
		if p.Addrs.IsEmpty() {
			p.Addrs = netset.Internet()
		}
		out = append(out, outsider{party: p})
	}
	ranges := append(netset.Internet().Prefixes(), reach.PrivateRanges().Prefixes()...)
	for i := range s.PrefixLists {
		ranges = append(ranges, s.PrefixLists[i].Addrs.Prefixes()...)
	}
	told := map[netip.Prefix]bool{} // what a packet may be judged by
	for _, p := range prefixesOf(s) {
		told[plain(p)] = true
		ranges = append(ranges, p)
	}
	var own []netip.Prefix
	for i := range s.VPCs {
		for _, b := range s.VPCs[i].Blocks {
			own = append(own, b.Prefix)
		}
	}
	inside := netset.Prefix(own...)
	trees := newGrove(ranges)
	for _, f := range families {
		out = append(out, parts(trees[f], inside, told, s.PrefixLists)...)
	}
	return out
}

// parts are the addresses of one family outside, by what holds them.
func parts(t *forest, inside netset.Addrs, told map[netip.Prefix]bool, lists []topo.PrefixList) []outsider {
	type signature struct {
		inner             int32
		internet, private bool
		lists             string
	}
	ids := map[signature]int32{}
	var ranges [][]netip.Prefix
	for atom, start := range t.starts {
		if inside.Contains(start) {
			continue
		}
		k := signature{inner: -1, internet: netset.Internet().Contains(start), private: reach.PrivateRanges().Contains(start)}
		t.holders(atom, func(p int32) {
			if k.inner < 0 && told[t.prefixes[p]] {
				k.inner = p
			}
		})
		for i := range lists {
			if lists[i].Addrs.Contains(start) {
				k.lists += string(lists[i].ID) + "\n"
			}
		}
		id := number(ids, k)
		if int(id) == len(ranges) {
			ranges = append(ranges, nil)
		}
		ranges[id] = append(ranges[id], t.extent(atom).Prefixes()...)
	}
	out := make([]outsider, len(ranges))
	for i, r := range ranges {
		out[i] = outsider{party: reach.Outside(netset.Prefix(r...)), even: true}
	}
	return out
}

// extent is the addresses of an atom.
func (f *forest) extent(atom int) netset.Addrs {
	first := f.starts[atom]
	if atom+1 < len(f.starts) {
		return netset.Range(first, f.starts[atom+1].Prev())
	}
	whole := netset.AllV4()
	if first.Is6() {
		whole = netset.AllV6()
	}
	_, last, _ := whole.Span()
	return netset.Range(first, last)
}

// prefixesOf are the known ranges of a design by which packets are judged.
func prefixesOf(s *topo.Snapshot) []netip.Prefix {
	var out []netip.Prefix
	seen := map[netip.Prefix]bool{}
	add := func(b *topo.Block) {
		if p := b.Prefix; p.IsValid() && !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	for i := range s.VPCs {
		for j := range s.VPCs[i].Blocks {
			add(&s.VPCs[i].Blocks[j])
		}
	}
	for i := range s.Subnets {
		for j := range s.Subnets[i].Blocks {
			add(&s.Subnets[i].Blocks[j])
		}
	}
	for i := range s.SecurityGroups {
		g := &s.SecurityGroups[i]
		for _, rules := range [][]topo.Rule{g.Ingress, g.Egress} {
			for j := range rules {
				add(&rules[j].Peer.Block)
			}
		}
	}
	for i := range s.NetworkACLs {
		a := &s.NetworkACLs[i]
		for _, entries := range [][]topo.ACLEntry{a.Ingress, a.Egress} {
			for j := range entries {
				add(&entries[j].Block)
			}
		}
	}
	for i := range s.RouteTables {
		for j := range s.RouteTables[i].Routes {
			add(&s.RouteTables[i].Routes[j].Dest)
		}
	}
	for i := range s.TransitGateways {
		for _, t := range s.TransitGateways[i].Tables {
			for j := range t.Routes {
				add(&t.Routes[j].Dest)
			}
		}
	}
	return out
}

// isEven reports whether hosts outside are one address of each family at most.
func isEven(p reach.Party) bool {
	for _, a := range []netset.Addrs{p.Addrs.V4(), p.Addrs.V6()} {
		if lo, hi, _ := a.Span(); lo != hi {
			return false
		}
	}
	return p.List == ref.ID("")
}
