package remedy

import (
	"cmp"
	"fmt"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// Text is an edit in words: "add to sg db: inbound tcp/5432 from sg app".
func (e Edit) Text(s *topo.Snapshot) string {
	verb := map[Action]string{Add: "add to ", Remove: "remove from "}[e.Action]
	head := verb + s.Label(e.Thing) + ": "
	direction, towards := "outbound ", " to "
	if e.Inbound {
		direction, towards = "inbound ", " from "
	}
	switch {
	case e.Rule != nil:
		return head + direction + e.Rule.Ports.Maybe.String() + towards + peerText(s, e.Rule.Peer)
	case e.Entry != nil:
		does := "deny "
		if e.Entry.Allow.String() == "yes" {
			does = "allow "
		}
		return head + direction + fmt.Sprintf("entry %d, ", e.Entry.Number) + does + e.Entry.Ports.Maybe.String() + towards + blockText(s, e.Entry.Block)
	case e.Route != nil && e.Route.Target != "":
		return head + "route " + blockText(s, e.Route.Dest) + " to " + s.Label(e.Route.Target)
	case e.Route != nil:
		return head + "route " + blockText(s, e.Route.Dest)
	}
	return ""
}

func peerText(s *topo.Snapshot, p topo.Peer) string {
	if p.Kind == topo.PeerBlock || p.Kind == topo.PeerUnknown {
		return blockText(s, p.Block)
	}
	return s.Label(p.ID)
}

func blockText(s *topo.Snapshot, b topo.Block) string {
	switch {
	case b.Sensitive:
		return "a sensitive range"
	case b.Prefix.IsValid() && s.Subnet(b.Of) != nil:
		return b.Prefix.String() + " (" + s.Label(b.Of) + ")"
	case b.Prefix.IsValid():
		return b.Prefix.String()
	case b.Of != "":
		return s.Label(b.Of)
	}
	return cmp.Or(b.Symbol, "an unknown range")
}

// PartyText is a party in words.
func PartyText(s *topo.Snapshot, p reach.Party) string {
	switch {
	case p.Endpoint != "":
		return s.Label(p.Endpoint)
	case p.Addrs.Covers(netset.Internet().V4()) && p.Addrs.V6().IsEmpty():
		return "the IPv4 internet"
	case p.Addrs.Covers(netset.Internet()):
		return "the internet"
	case p.Addrs.Fraction(netset.Internet()) > 0.2:
		return "most of the internet"
	}
	list := p.Addrs.Prefixes()
	if len(list) > 3 {
		return fmt.Sprintf("%s and %d other ranges outside", list[0], len(list)-1)
	}
	return p.Addrs.String()
}
