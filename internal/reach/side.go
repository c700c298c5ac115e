package reach

import (
	"net/netip"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
	"github.com/muralla-net/muralla/internal/userdata"
)

// side is one end of a connection, for one address family: an interface of an
// endpoint in one subnet, hosts outside, or a gateway on the way.
type side struct {
	ep       *topo.Endpoint // nil for hosts outside and gateways
	outside  bool           // not within any VPC
	hosts    bool           // has all of addrs: hosts outside, or clients behind a load balancer
	subnet   *topo.Subnet   // nil if unknown, and for hosts outside
	subnetID ref.ID
	vpc      ref.ID // empty if unknown, and for hosts outside
	family   topo.Family

	// addrs are the possible addresses. An interface has one of them, hosts
	// outside have all of them.
	addrs    netset.Addrs
	unlisted bool             // hosts that are in no prefix list of an AWS service
	list     *topo.PrefixList // of an AWS service, that the hosts are in; or nil
	fixed    bool             // the gateway's side is not cut into pieces

	// internet marks the whole of the internet, to which the addresses of AWS
	// services do not count that a gateway endpoint leads to.
	internet bool

	exists fact.Tri // whether there is such an interface
	why    string   // why exists is Unknown
	place  ref.Place

	client ephemeral
}

// ephemeral is the port range from which a client takes its source ports (AWS
// "Network ACLs", ephemeral ports).
type ephemeral struct{ from, to uint16 }

var (
	linuxPorts   = ephemeral{32768, 60999}
	windowsPorts = ephemeral{49152, 65535}
	eitherPorts  = ephemeral{32768, 65535}
	widePorts    = ephemeral{1024, 65535}
)

// clientPorts is the range of an endpoint, by what runs there.
func (n *Network) clientPorts(e *topo.Endpoint) ephemeral {
	switch e.Kind {
	case topo.TaskEndpoint:
		w := n.topo.Workload(e.Owner)
		if w == nil {
			w = n.topo.Workload(e.ID)
		}
		if w == nil {
			return eitherPorts
		}
		return n.taskPorts(w)
	case topo.HostEndpoint:
		return n.hostPorts(e.ID)
	}
	return widePorts
}

func (n *Network) taskPorts(w *topo.Workload) ephemeral {
	d := n.topo.TaskDefinition(w.Definition)
	if d == nil {
		return eitherPorts
	}
	switch fact.Is(d.Windows, true) {
	case fact.Yes:
		return windowsPorts
	case fact.No:
		return linuxPorts
	}
	return eitherPorts
}

// hostPorts knows the operating system of a host by its user data only.
func (n *Network) hostPorts(host ref.ID) ephemeral {
	h := n.topo.Host(host)
	if h == nil {
		return eitherPorts
	}
	switch h.UserData.Dialect {
	case userdata.PowerShell:
		return windowsPorts
	case userdata.Shell, userdata.CloudConfig, userdata.Boothook, userdata.Bottlerocket, userdata.MIME:
		return linuxPorts
	}
	if h.Managed || h.Bottlerocket == fact.Yes {
		return linuxPorts
	}
	return eitherPorts
}

var families = [...]topo.Family{topo.IPv4, topo.IPv6}

func everyAddress(f topo.Family) netset.Addrs {
	if f == topo.IPv6 {
		return netset.AllV6()
	}
	return netset.AllV4()
}

func ofFamily(a netset.Addrs, f topo.Family) netset.Addrs {
	if f == topo.IPv6 {
		return a.V6()
	}
	return a.V4()
}

// sides are the interfaces of a party in one family. An endpoint whose subnets
// are not all known has one more, somewhere.
func (n *Network) sides(p Party, f topo.Family) []side {
	if p.Family != topo.FamilyUnknown && p.Family != f {
		return nil
	}
	if p.Endpoint == "" {
		addrs := ofFamily(p.Addrs, f)
		if addrs.IsEmpty() {
			return nil
		}
		return []side{{outside: true, hosts: true, unlisted: p.Unlisted, list: n.topo.PrefixList(p.List), family: f, addrs: addrs, exists: fact.Yes, client: widePorts,
			internet: p.Addrs.Equal(netset.Internet())}}
	}
	e := n.topo.Endpoint(p.Endpoint)
	if e == nil {
		return nil
	}
	exists, why, place := fact.Yes, "", ref.Place{}
	if f == topo.IPv6 {
		exists, why, place = fact.Is(e.IPv6, true), e.IPv6.Why, e.IPv6.Place
		if exists == fact.No {
			return nil
		}
	}
	var out []side
	add := func(id ref.ID, there fact.Tri, because string, at ref.Place) {
		if p.Subnet != "" && id != p.Subnet {
			return
		}
		s := side{ep: e, subnetID: id, subnet: n.topo.Subnet(id), vpc: e.VPC, family: f,
			exists: exists.And(there), why: why, place: place, client: n.clientPorts(e)}
		if there != fact.Yes {
			s.why, s.place = because, at
		}
		if s.subnet != nil {
			if s.vpc == "" {
				s.vpc = s.subnet.VPC
			}
			switch {
			case f == topo.IPv6 && fact.Is(s.subnet.HasIPv6, true) == fact.No:
				return
			case f == topo.IPv4 && len(s.subnet.Blocks) > 0 && !hasFamily(s.subnet.Blocks, f):
				return // a subnet of IPv6 only
			}
		}
		s.addrs = n.addresses(e, s.subnet, s.vpc, f)
		out = append(out, s)
	}
	for _, l := range e.Subnets.List {
		add(l.ID, l.Exists, l.Why, l.Place)
	}
	if more := e.Subnets.More; more != "" || len(e.Subnets.List) == 0 {
		if more == "" {
			more = "the subnets of " + n.topo.Label(e.ID) + " are not known"
		}
		add("", fact.Unknown, more, e.Subnets.Place)
	}
	return out
}

func hasFamily(blocks []topo.Block, f topo.Family) bool {
	for _, b := range blocks {
		if got := familyOf(b); got == f || got == topo.FamilyUnknown {
			return true
		}
	}
	return false
}

func familyOf(b topo.Block) topo.Family {
	switch {
	case !b.Prefix.IsValid():
		return b.Family
	case b.Prefix.Addr().Unmap().Is4():
		return topo.IPv4
	}
	return topo.IPv6
}

// addresses are the addresses that an interface may have: those written, else
// any of its subnet, else any of its VPC, else any.
func (n *Network) addresses(e *topo.Endpoint, s *topo.Subnet, vpc ref.ID, f topo.Family) netset.Addrs {
	written := netset.Addrs{}
	if e != nil {
		written = ofFamily(e.Fixed, f)
	}
	if s != nil {
		if known, ok := n.rangeOf(s.Blocks, "", f); ok {
			if in := written.Intersect(known); !in.IsEmpty() {
				return in
			}
			return known
		}
	}
	if !written.IsEmpty() && len(e.Subnets.List) <= 1 && e.Subnets.More == "" {
		return written
	}
	if v := n.topo.VPC(vpc); v != nil {
		if known, ok := n.rangeOf(v.Blocks, v.BlocksMore, f); ok {
			return known
		}
	}
	return everyAddress(f)
}

// rangeOf is the addresses of one family of a list of blocks, if all of them
// are known.
func (n *Network) rangeOf(blocks []topo.Block, more string, f topo.Family) (netset.Addrs, bool) {
	var out netset.Addrs
	if more != "" {
		return out, false
	}
	for _, b := range blocks {
		switch got := familyOf(b); {
		case got != f && got != topo.FamilyUnknown:
		case !b.Prefix.IsValid():
			return netset.Addrs{}, false
		default:
			out = out.Union(n.prefix(b.Prefix))
		}
	}
	return out, !out.IsEmpty()
}

// prefix is the addresses of a prefix, from the index if it is there.
func (n *Network) prefix(p netip.Prefix) netset.Addrs {
	if a, ok := n.prefixes[p]; ok {
		return a
	}
	return netset.Prefix(p)
}

// within answers whether the address of a side lies in a. If that depends on
// the address, the question may cut the side there and ask again.
func (q *question) within(a netset.Addrs, s *side) fact.Tri {
	switch {
	case a.Covers(s.addrs):
		return fact.Yes
	case !a.Overlaps(s.addrs):
		return fact.No
	}
	if q.cutSide == nil && !s.fixed {
		q.cutSide, q.cutAt = s, a
	}
	return fact.Unknown
}

// inside answers whether the address of a side lies in a block.
func (q *question) inside(b *topo.Block, s *side) fact.Tri {
	if b.Prefix.IsValid() {
		return q.within(q.prefix(b.Prefix), s)
	}
	if b.Family != topo.FamilyUnknown && b.Family != s.family {
		return fact.No
	}
	if b.Of != "" {
		if got, ok := q.insideOf(b, s); ok {
			return got
		}
	}
	if b.Symbol == "" || b.Family == topo.FamilyUnknown && s.family == topo.IPv6 {
		return fact.Unknown
	}
	// Equal symbols are equal ranges.
	if s.hosts {
		return fact.Unknown
	}
	if s.subnet != nil && isSymbol(s.subnet.Blocks, "", b.Symbol, s.family) {
		return fact.Yes
	}
	if v := q.topo.VPC(s.vpc); v != nil && isSymbol(v.Blocks, v.BlocksMore, b.Symbol, s.family) {
		return fact.Yes
	}
	return fact.Unknown
}

// isSymbol reports whether the only block of a family is the one that the
// symbol means.
func isSymbol(blocks []topo.Block, more, symbol string, f topo.Family) bool {
	found := false
	for _, b := range blocks {
		if got := familyOf(b); got != f && got != topo.FamilyUnknown {
			continue
		}
		if found || b.Symbol != symbol {
			return false
		}
		found = true
	}
	return found && more == ""
}

// insideOf answers for a block that is the range of a VPC or subnet. It is not
// ok if the name is of neither.
func (q *question) insideOf(b *topo.Block, s *side) (got fact.Tri, ok bool) {
	var blocks []topo.Block
	var more string
	same := false
	if v := q.topo.VPC(b.Of); v != nil {
		blocks, more, same = v.Blocks, v.BlocksMore, s.vpc == b.Of
	} else if sub := q.topo.Subnet(b.Of); sub != nil {
		blocks, same = sub.Blocks, s.subnetID == b.Of
		// The subnets of a VPC do not overlap.
		if !same && !s.hosts && s.subnetID != "" && s.vpc != "" && s.vpc == sub.VPC {
			return fact.No, true
		}
	} else {
		return fact.Unknown, false
	}
	if known, ok := q.rangeOf(blocks, more, s.family); ok {
		return q.within(known, s), true
	}
	if s.hosts {
		return fact.No, true // outside every VPC, by definition
	}
	count := 0
	for _, x := range blocks {
		if got := familyOf(x); got == s.family || got == topo.FamilyUnknown {
			count++
		}
	}
	if same && more == "" && count <= 1 && (b.Family == s.family || s.family == topo.IPv4) {
		return fact.Yes, true
	}
	return fact.Unknown, true
}

// insideList answers for a prefix list, and how long its matching entry is: -1
// if that is not known.
func (q *question) insideList(id ref.ID, s *side) (got fact.Tri, bits int, why string) {
	l := q.topo.PrefixList(id)
	if l == nil {
		return fact.Unknown, -1, "the entries of " + q.topo.Label(id) + " are not known"
	}
	switch {
	case l.AWSName == "":
	case s.unlisted:
		return fact.No, -1, ""
	case s.list != nil && (s.list.ID == id || s.list.AWSName == l.AWSName):
		return fact.Yes, -1, ""
	case s.list != nil && s.list.AWSName != "":
		return fact.No, -1, "" // AWS services share no address that has a list
	}
	got, bits = q.within(l.Addrs, s), -1
	switch {
	case got == fact.Yes:
		first, _ := s.addrs.First()
		for _, p := range l.Addrs.Prefixes() {
			if p.Contains(first) {
				bits = p.Bits()
			}
		}
		return got, bits, ""
	case l.More == "" && !(l.Elsewhere && l.Addrs.IsEmpty()):
		return got, bits, ""
	case got == fact.No && l.AWSName != "" && !s.hosts:
		return fact.No, -1, "" // lists of AWS hold addresses of AWS services
	}
	why = l.More
	if why == "" {
		why = "the entries of " + q.topo.Label(id) + " are not known"
	}
	return fact.Unknown, -1, why
}
