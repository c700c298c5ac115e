package check

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// talk is every packet but ICMP and ICMPv6: those carry errors and echoes, and
// nothing that a container listens for.
func talk() netset.Ports {
	return netset.AllPorts().Minus(netset.Protocol(netset.ProtoICMP)).Minus(netset.Protocol(netset.ProtoICMPv6))
}

// portsText prints ports that were cut to [talk] as people write them.
func portsText(p netset.Ports) string {
	if p.Covers(talk()) {
		return "all traffic"
	}
	return p.String()
}

// whichPorts is the ports of a leg; if nobody knows which of all it takes, that.
func whichPorts(b netset.Bounds) string {
	if b.Sure.IsEmpty() && b.Maybe.Size() >= 1<<16-1 {
		return "on an unknown port"
	}
	return b.Maybe.String()
}

// portsFor is the first of some ports as a question names it, after a space;
// nothing if a question without ports says the same.
func portsFor(p netset.Ports) string {
	if p.Covers(talk()) {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(p.String(), "all except "), ", ")
	if strings.HasPrefix(p.String(), "all except ") || !strings.HasPrefix(first, "tcp") && !strings.HasPrefix(first, "udp") {
		return ""
	}
	return " " + first
}

// rangeSource is the source of a rule for an address range or a prefix list.
func (r *run) rangeSource(to ref.ID, a reach.Admission, asked netset.Ports, expected expects) source {
	peer := a.Rule.Peer
	s := source{to: to, ports: a.Ports.Sure.Intersect(asked), name: r.peerName(peer), question: r.peerName(peer), of: peer.Block.Of}
	if peer.Block.Sensitive {
		s.question = "" // a question would show it
	}
	if peer.Kind == topo.PeerPrefixList {
		s.of, s.question = peer.ID, string(peer.ID)
		if l := r.PrefixList(peer.ID); l != nil {
			s.addrs = l.Addrs
			if l.More == "" && !l.Addrs.IsEmpty() {
				s.about = sizeText(l.Addrs)
			}
		}
	} else {
		s.addrs = netset.Prefix(peer.Block.Prefix)
		s.about = r.rangeAbout(to, peer.Block, expected)
		if s.internet() >= wide {
			s.question = "internet"
		} else if !peer.Block.Prefix.IsValid() {
			s.question = r.Selector(peer.Block.Of)
		}
	}
	s.evidence = []finding.Evidence{because(fmt.Sprintf("%s allows %s %s", r.Label(a.Group), s.name, portsText(a.Ports.Sure)), a.Rule.Place)}
	return s
}

// peerName is how evidence names the peer of a rule.
func (r *run) peerName(p topo.Peer) string {
	switch {
	case p.Kind == topo.PeerGroup || p.Kind == topo.PeerPrefixList:
		return r.Label(p.ID)
	case p.Block.Sensitive:
		return "a sensitive range"
	case p.Block.Prefix.IsValid():
		return p.Block.Prefix.String()
	case p.Block.Of != "":
		return "the CIDR of " + r.Label(p.Block.Of)
	}
	return cmp.Or(p.Block.Symbol, "an unknown source")
}

// rangeAbout says how big a range is, whose it is, and who lives there.
func (r *run) rangeAbout(to ref.ID, b topo.Block, expected expects) string {
	var parts []string
	e := r.Endpoint(to)
	switch own := r.vpcRange(e.VPC); {
	case b.Of != "":
		parts = append(parts, r.Label(b.Of))
	case !b.Prefix.IsValid() || own.IsEmpty():
	case netset.Prefix(b.Prefix).Equal(own):
		parts = append(parts, r.Label(e.VPC))
	case own.Covers(netset.Prefix(b.Prefix)):
		parts = append(parts, "part of "+r.Label(e.VPC))
	}
	if b.Prefix.IsValid() {
		parts = append(parts, sizeText(netset.Prefix(b.Prefix)))
	}
	text := strings.Join(parts, ", ")
	who, unsure := r.livesIn(to, b, expected)
	switch {
	case len(who) == 0 && !unsure && b.Prefix.IsValid() && netset.Prefix(b.Prefix).Fraction(netset.Internet()) >= wide:
		return text // it is the internet that lives there
	case len(who) == 0 && unsure:
		return text + "; it is not known who lives there but the rule admits it"
	case len(who) == 0:
		return text + "; nothing of the design lives there but the rule admits it"
	case len(who) > 3:
		return fmt.Sprintf("%s; %s and %d more live there", text, strings.Join(who[:3], ", "), len(who)-3)
	case len(who) == 1:
		return text + "; " + who[0] + " lives there"
	}
	return text + "; " + strings.Join(who, ", ") + " live there"
}

// sizeText is how many addresses a set has, for people.
func sizeText(a netset.Addrs) string {
	share := a.Fraction(netset.Internet())
	switch {
	case a.Covers(netset.Everywhere()):
		return "every address"
	case a.Covers(netset.AllV4()):
		return "every IPv4 address"
	case a.Covers(netset.AllV6()):
		return "every IPv6 address"
	case share >= 0.01:
		return fmt.Sprintf("%.0f %% of the internet", 100*share)
	case share >= wide:
		return fmt.Sprintf("%.1f %% of the internet", 100*share)
	}
	n := 0
	for _, p := range a.Prefixes() {
		bits := p.Addr().BitLen() - p.Bits()
		if bits > 32 {
			return "a wide IPv6 range"
		}
		n += 1 << bits
	}
	if n == 1 {
		return "1 address"
	}
	return thousands(n) + " addresses"
}

// thousands prints a number with commas.
func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// vpcRange is the ranges of a VPC that are known.
func (r *run) vpcRange(id ref.ID) netset.Addrs {
	var prefixes []netip.Prefix
	if v := r.VPC(id); v != nil {
		for _, b := range v.Blocks {
			prefixes = append(prefixes, b.Prefix)
		}
	}
	return netset.Prefix(prefixes...)
}

// livesIn names the things of the endpoint's VPC that may have an address in a
// range and can begin a connection; unsure is whether there may be more because
// ranges of subnets are not known.
func (r *run) livesIn(to ref.ID, b topo.Block, expected expects) (names []string, unsure bool) {
	vpc := r.Endpoint(to).VPC
	whole := b.Of == vpc || b.Prefix.IsValid() && r.rangesMissing(vpc) == "" && netset.Prefix(b.Prefix).Covers(r.vpcRange(vpc))
	for i := range r.Endpoints {
		e := &r.Endpoints[i]
		if e.ID == to || e.VPC != vpc || vpc == "" || !starts(e) {
			continue
		}
		if is, _ := expected(e.ID); is == fact.Yes {
			continue
		}
		in := fact.Of(whole)
		for _, l := range e.Subnets.List {
			in = in.Or(r.subnetIn(l.ID, b))
		}
		unsure = unsure || in == fact.Unknown
		if in == fact.Yes {
			names = append(names, r.Label(r.ownerOf(e)))
		}
	}
	slices.Sort(names)
	return slices.Compact(names), unsure
}

// subnetIn is whether a subnet and a range overlap.
func (r *run) subnetIn(id ref.ID, b topo.Block) fact.Tri {
	s := r.Subnet(id)
	if id == b.Of {
		return fact.Yes
	}
	if s == nil || len(s.Blocks) == 0 || !b.Prefix.IsValid() {
		return fact.Unknown
	}
	out := fact.No
	for _, own := range s.Blocks {
		switch {
		case !own.Prefix.IsValid():
			out = out.Or(fact.Unknown)
		case own.Prefix.Overlaps(b.Prefix):
			return fact.Yes
		}
	}
	return out
}
