package agreement

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// readings are what the model holds of a design, where a check of another tool
// asks for no more than a fact: whether a thing that the label names has it. They
// are written to be obvious, and share nothing with the engine.
var readings = map[string]func(d judged, named string, ports wanted) fact.Tri{
	"group admits the internet":  groupAdmits,
	"group lets everything out":  groupLetsOut,
	"ACL admits the internet":    aclAdmits,
	"nothing holds the group":    groupUnheld,
	"subnet gives out addresses": subnetGives,
}

// wanted is the packets that a check asks for: some of them, or every one.
type wanted struct {
	ports netset.Ports
	every bool
}

// in is whether what is let through has them.
func (w wanted) in(b netset.Bounds) fact.Tri {
	if w.every {
		return b.All(w.ports)
	}
	return b.Any(w.ports)
}

// wantedOf reads "tcp/22,80", "any" and "all": one of some ports of TCP, some
// packet of TCP or UDP, every packet of TCP.
func wantedOf(text string) (wanted, bool) {
	switch text {
	case "any":
		return wanted{ports: netset.Protocol(netset.ProtoTCP).Union(netset.Protocol(netset.ProtoUDP))}, true
	case "all":
		return wanted{ports: netset.Protocol(netset.ProtoTCP), every: true}, true
	}
	var out wanted
	list, ok := strings.CutPrefix(text, "tcp/")
	for _, port := range strings.Split(list, ",") {
		n, err := strconv.ParseUint(port, 10, 16)
		ok = ok && err == nil
		out.ports = out.ports.Union(netset.TCP(uint16(n), uint16(n)))
	}
	return out, ok
}

// most is whether addresses are most of the internet in one family.
func most(a netset.Addrs) bool {
	in := netset.Internet()
	return a.V4().Fraction(in.V4()) > 0.4 || a.V6().Fraction(in.V6()) > 0.4
}

func groupAdmits(d judged, named string, ports wanted) fact.Tri {
	out := fact.No
	for _, g := range d.groups(named) {
		for _, r := range g.Ingress {
			if is(g.ID, named) || named == "" || is(r.ID, named) {
				out = out.Or(ruleOpens(r, ports))
			}
		}
	}
	return out
}

func ruleOpens(r topo.Rule, ports wanted) fact.Tri {
	switch {
	case r.Peer.Kind == topo.PeerUnknown || r.Peer.Kind == topo.PeerBlock && !r.Peer.Block.Prefix.IsValid() && r.Peer.Block.Of == "":
		return fact.Unknown
	case r.Peer.Kind != topo.PeerBlock || !most(netset.Prefix(r.Peer.Block.Prefix)):
		return fact.No
	}
	return ports.in(r.Ports)
}

func groupLetsOut(d judged, named string, ports wanted) fact.Tri {
	out := fact.No
	for _, g := range d.groups(named) {
		for _, r := range g.Egress {
			if is(g.ID, named) || named == "" || is(r.ID, named) {
				out = out.Or(ruleOpens(r, ports))
			}
		}
	}
	return out
}

// aclAdmits is whether a list, or the one entry that a label names, lets packets
// of the internet in. Entries decide in the order of their numbers.
func aclAdmits(d judged, named string, ports wanted) fact.Tri {
	out := fact.No
	for i := range d.NetworkACLs {
		a := &d.NetworkACLs[i]
		entries := slices.Clone(a.Ingress)
		if named != "" && !is(a.ID, named) {
			entries = slices.DeleteFunc(entries, func(e topo.ACLEntry) bool { return !is(d.writtenAt(e.Place), named) })
		}
		decided := netset.Addrs{}
		for _, e := range entries {
			if ports.in(e.Ports) != fact.Yes {
				continue
			}
			if !e.Block.Prefix.IsValid() {
				out = out.Or(fact.Unknown)
				continue
			}
			block := netset.Prefix(e.Block.Prefix).Minus(decided)
			if e.Allow == fact.Yes && most(block) {
				out = fact.Yes
			}
			if e.Ports.All(ports.ports) == fact.Yes {
				decided = decided.Union(block)
			}
		}
	}
	return out
}

// writtenAt is the resource that is written at a place.
func (d judged) writtenAt(p ref.Place) ref.ID {
	for _, r := range d.resources {
		if r.Place == p {
			return r.ID
		}
	}
	return ""
}

func groupUnheld(d judged, named string, _ wanted) fact.Tri {
	out := fact.No
	for _, g := range d.groups(named) {
		out = out.Or(fact.Of(len(d.Holders(g.ID)) == 0))
	}
	return out
}

func subnetGives(d judged, named string, _ wanted) fact.Tri {
	out := fact.No
	for _, s := range d.Subnets {
		if named == "" || is(s.ID, named) {
			out = out.Or(fact.Is(s.MapPublicIP, true))
		}
	}
	return out
}
