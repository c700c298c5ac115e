package diff

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// nobody has addresses that are no single host of another network (IANA
// "Special-Purpose Address Registry"): this network, loopback, link local and
// multicast.
var nobody = []string{"0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "::/127", "fe80::/10", "ff00::/8"}

// private are the addresses that gateways of the internet do not carry.
var private = []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}

// outside is every address that hosts outside a VPC may have: those of the
// internet, and the private ones that networks of others and of the user have.
func outside() netset.Addrs {
	all := netset.Everywhere()
	for _, p := range nobody {
		all = all.Minus(netset.Prefix(netip.MustParsePrefix(p)))
	}
	return all
}

// classes are the parties outside: hosts between which no rule, entry or route of
// a snapshot tells a difference, and the services of AWS that a prefix list
// names.
func classes(snapshots ...*topo.Snapshot) []reach.Party {
	space := outside()
	seen := map[netip.Prefix]bool{}
	for _, p := range private {
		seen[netip.MustParsePrefix(p)] = true
	}
	block := func(b topo.Block) {
		if b.Prefix.IsValid() {
			seen[b.Prefix.Masked()] = true
		}
	}
	var lists []reach.Party
	for _, s := range snapshots {
		for i := range s.VPCs {
			for _, b := range s.VPCs[i].Blocks {
				if b.Prefix.IsValid() {
					space = space.Minus(netset.Prefix(b.Prefix))
				}
			}
		}
		for i := range s.SecurityGroups {
			for _, r := range slices.Concat(s.SecurityGroups[i].Ingress, s.SecurityGroups[i].Egress) {
				block(r.Peer.Block)
			}
		}
		for i := range s.NetworkACLs {
			for _, e := range slices.Concat(s.NetworkACLs[i].Ingress, s.NetworkACLs[i].Egress) {
				block(e.Block)
			}
		}
		for i := range s.RouteTables {
			for _, r := range s.RouteTables[i].Routes {
				block(r.Dest)
			}
		}
		for i := range s.TransitGateways {
			for _, t := range s.TransitGateways[i].Tables {
				for _, r := range t.Routes {
					block(r.Dest)
				}
			}
		}
		for i := range s.Listeners {
			for _, r := range s.Listeners[i].Rules {
				for _, b := range r.SourceIP {
					block(b)
				}
			}
		}
		for i := range s.PrefixLists {
			l := &s.PrefixLists[i]
			for _, p := range l.Addrs.Prefixes() {
				seen[p] = true
			}
			if l.AWSName != "" && !slices.ContainsFunc(lists, func(p reach.Party) bool { return p.List == l.ID }) {
				lists = append(lists, reach.Party{Addrs: netset.Internet(), List: l.ID})
			}
		}
	}
	var out []reach.Party
	for _, piece := range pieces(space, seen) {
		// What is on the internet has rules of its own, such as a public address.
		for _, in := range []netset.Addrs{piece.Intersect(netset.Internet()), piece.Minus(netset.Internet())} {
			if !in.IsEmpty() {
				out = append(out, reach.Party{Addrs: in, Unlisted: true})
			}
		}
	}
	slices.SortFunc(lists, func(a, b reach.Party) int { return cmp.Compare(a.List, b.List) })
	return append(out, lists...)
}

// pieces cuts a space at the ends of prefixes. Prefixes are nested or apart, so
// a piece is a prefix without those in it.
func pieces(space netset.Addrs, at map[netip.Prefix]bool) []netset.Addrs {
	at[netip.PrefixFrom(netip.IPv4Unspecified(), 0)], at[netip.PrefixFrom(netip.IPv6Unspecified(), 0)] = true, true
	sorted := make([]netip.Prefix, 0, len(at))
	for p := range at {
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	within := make([][]netip.Prefix, len(sorted)) // the prefixes right within each
	var open []int
	for i, p := range sorted {
		for len(open) > 0 && !sorted[open[len(open)-1]].Overlaps(p) {
			open = open[:len(open)-1]
		}
		if len(open) > 0 {
			up := open[len(open)-1]
			within[up] = append(within[up], p)
		}
		open = append(open, i)
	}
	var out []netset.Addrs
	for i, p := range sorted {
		piece := netset.Prefix(p).Minus(netset.Prefix(within[i]...)).Intersect(space)
		if !piece.IsEmpty() {
			out = append(out, piece)
		}
	}
	return out
}
