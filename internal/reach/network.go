package reach

import (
	"net/netip"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Network answers questions about one snapshot. It is safe for concurrent use.
type Network struct {
	topo *topo.Snapshot

	prefixes map[netip.Prefix]netset.Addrs // every known block of rules, entries and routes
	internet map[ref.ID]fact.Tri           // VPC → whether an internet gateway is attached
	gateways map[ref.ID]*topo.Gateway      // VPC → its internet gateway
	peered   map[ref.ID][]*topo.Peering    // VPC → its peering connections
	attached map[ref.ID][]transitLink      // VPC → its transit gateway attachments
	boxes    map[ref.ID]string             // VPC → an appliance in it that may pass packets on
}

// transitLink is one attachment of a VPC.
type transitLink struct {
	gateway    *topo.TransitGateway
	attachment *topo.TransitAttachment
}

// New prepares a frozen snapshot for questions.
func New(s *topo.Snapshot) *Network {
	n := &Network{topo: s,
		prefixes: map[netip.Prefix]netset.Addrs{},
		internet: map[ref.ID]fact.Tri{},
		gateways: map[ref.ID]*topo.Gateway{},
		peered:   map[ref.ID][]*topo.Peering{},
		attached: map[ref.ID][]transitLink{},
		boxes:    map[ref.ID]string{},
	}
	n.indexBlocks()
	for i := range s.Gateways {
		if g := &s.Gateways[i]; g.Kind == topo.InternetGateway && g.VPC != "" {
			n.internet[g.VPC] = n.internet[g.VPC].Or(g.Exists)
			n.gateways[g.VPC] = g
		}
	}
	for i := range s.RouteTables {
		for _, r := range s.RouteTables[i].Routes {
			// A route to a gateway that is not attached cannot be made.
			if r.Kind == topo.ToInternet {
				n.internet[s.RouteTables[i].VPC] = n.internet[s.RouteTables[i].VPC].Or(r.Exists)
			}
		}
	}
	for i := range s.Peerings {
		p := &s.Peerings[i]
		for _, v := range []ref.ID{p.Requester, p.Accepter} {
			if v != "" {
				n.peered[v] = append(n.peered[v], p)
			}
		}
	}
	for i := range s.TransitGateways {
		g := &s.TransitGateways[i]
		for j := range g.Attachments {
			if a := &g.Attachments[j]; a.VPC != "" {
				n.attached[a.VPC] = append(n.attached[a.VPC], transitLink{g, a})
			}
		}
	}
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; e.Forwards == fact.Yes && e.VPC != "" && n.boxes[e.VPC] == "" {
			n.boxes[e.VPC] = s.Label(e.ID)
		}
	}
	for i := range s.VPCEndpoints {
		if e := &s.VPCEndpoints[i]; e.Kind == topo.GatewayLoadBalancerEndpoint && n.boxes[e.VPC] == "" {
			n.boxes[e.VPC] = s.Label(e.ID)
		}
	}
	return n
}

// Snapshot is what the network was made from.
func (n *Network) Snapshot() *topo.Snapshot { return n.topo }

func (n *Network) indexBlocks() {
	s := n.topo
	add := func(b topo.Block) {
		if b.Prefix.IsValid() {
			if _, ok := n.prefixes[b.Prefix]; !ok {
				n.prefixes[b.Prefix] = netset.Prefix(b.Prefix)
			}
		}
	}
	all := func(blocks []topo.Block) {
		for _, b := range blocks {
			add(b)
		}
	}
	for i := range s.VPCs {
		all(s.VPCs[i].Blocks)
	}
	for i := range s.Subnets {
		all(s.Subnets[i].Blocks)
	}
	for i := range s.SecurityGroups {
		for _, r := range s.SecurityGroups[i].Ingress {
			add(r.Peer.Block)
		}
		for _, r := range s.SecurityGroups[i].Egress {
			add(r.Peer.Block)
		}
	}
	for i := range s.NetworkACLs {
		for _, e := range s.NetworkACLs[i].Ingress {
			add(e.Block)
		}
		for _, e := range s.NetworkACLs[i].Egress {
			add(e.Block)
		}
	}
	for i := range s.RouteTables {
		for _, r := range s.RouteTables[i].Routes {
			add(r.Dest)
		}
	}
}
