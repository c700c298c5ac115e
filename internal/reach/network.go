package reach

import (
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Network answers questions about one snapshot. It is safe for concurrent use.
type Network struct {
	topo *topo.Snapshot
}

// New prepares a frozen snapshot for questions.
func New(s *topo.Snapshot) *Network { return &Network{topo: s} }

// Snapshot is what the network was made from.
func (n *Network) Snapshot() *topo.Snapshot { return n.topo }

// Connect bounds the asked packets that can make a connection between two
// parties, over every pair of their interfaces and both address families.
func (n *Network) Connect(from, to Party, asked netset.Ports) Answer {
	open := netset.AtMost(asked)
	return Answer{From: from, To: to, Packets: open, Forward: open,
		Gaps: []finding.Evidence{{Text: "the gates between " + n.partyName(from) + " and " + n.partyName(to) + " are not evaluated"}}}
}

func (n *Network) partyName(p Party) string {
	if p.Endpoint == "" {
		return p.Addrs.String()
	}
	return n.topo.Label(p.Endpoint)
}

// Internet is whether hosts of the internet can connect to an endpoint.
func (n *Network) Internet(to ref.ID, asked netset.Ports) Answer {
	return n.Connect(Outside(netset.Internet()), At(to), asked)
}

// Admitted lists every source that the inbound rules of an endpoint's security
// groups admit to some asked packet, surely or possibly, rules in order of place.
func (n *Network) Admitted(to ref.ID, asked netset.Ports) []Admission { return nil }

// Entries are the ways from clients through load balancers to a workload.
func (n *Network) Entries(workload ref.ID, clients netset.Addrs) []Entry { return nil }

// EntriesOf are the ways from clients through one load balancer.
func (n *Network) EntriesOf(balancer ref.ID, clients netset.Addrs) []Entry { return nil }

// Exits is how packets of an endpoint to addresses outside leave, by subnet.
func (n *Network) Exits(endpoint ref.ID, dst netset.Addrs) []Exit { return nil }

// PublicSubnet answers whether a route of the subnet for internet addresses
// targets an internet gateway, with the route that decides it and a reason.
func (n *Network) PublicSubnet(subnet ref.ID) (fact.Tri, *topo.Route, string) {
	return fact.Unknown, nil, "routes are not evaluated"
}
