package remedy

import (
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// Action is what an edit does. The zero Action does nothing.
type Action uint8

// The actions.
const (
	Nothing Action = iota
	Add
	Remove
)

// Edit is one change of one thing. Of Rule, Entry and Route exactly one is set.
type Edit struct {
	Action  Action
	Thing   ref.ID // security group, network ACL or route table
	Inbound bool   // of rules and entries
	Rule    *topo.Rule
	Entry   *topo.ACLEntry
	Route   *topo.Route
	Place   ref.Place // of what is removed, or of the thing that gets more
}

// Apply is a snapshot with edits made. Edits of things that it does not have do
// nothing.
func Apply(s *topo.Snapshot, edits []Edit) *topo.Snapshot {
	var c topo.Changes
	var done []ref.ID
	for _, first := range edits {
		if slices.Contains(done, first.Thing) {
			continue
		}
		done = append(done, first.Thing)
		switch {
		case first.Rule != nil && s.SecurityGroup(first.Thing) != nil:
			g := *s.SecurityGroup(first.Thing)
			for _, e := range edits {
				if e.Thing == g.ID && e.Inbound {
					g.Ingress = changed(g.Ingress, e.Action, e.Rule, sameRule)
				} else if e.Thing == g.ID {
					g.Egress = changed(g.Egress, e.Action, e.Rule, sameRule)
				}
			}
			c.SecurityGroups = append(c.SecurityGroups, g)
		case first.Entry != nil && s.NetworkACL(first.Thing) != nil:
			a := *s.NetworkACL(first.Thing)
			for _, e := range edits {
				if e.Thing == a.ID && e.Inbound {
					a.Ingress = ordered(changed(a.Ingress, e.Action, e.Entry, sameEntry))
				} else if e.Thing == a.ID {
					a.Egress = ordered(changed(a.Egress, e.Action, e.Entry, sameEntry))
				}
			}
			c.NetworkACLs = append(c.NetworkACLs, a)
		case first.Route != nil && s.RouteTable(first.Thing) != nil:
			t := *s.RouteTable(first.Thing)
			for _, e := range edits {
				if e.Thing == t.ID {
					t.Routes = changed(t.Routes, e.Action, e.Route, sameRoute)
				}
			}
			c.RouteTables = append(c.RouteTables, t)
		}
	}
	return s.Edited(c)
}

// changed is a list with an element added, or without the first that is the same.
func changed[T any](list []T, do Action, with *T, same func(a, b *T) bool) []T {
	switch do {
	case Add:
		return append(slices.Clone(list), *with)
	case Remove:
		for i := range list {
			if same(&list[i], with) {
				return slices.Delete(slices.Clone(list), i, i+1)
			}
		}
	}
	return list
}

// ordered puts the entries of a network ACL in order of their numbers.
func ordered(list []topo.ACLEntry) []topo.ACLEntry {
	slices.SortStableFunc(list, func(a, b topo.ACLEntry) int { return a.Number - b.Number })
	return list
}

func sameRule(a, b *topo.Rule) bool {
	return a.ID == b.ID && a.Place == b.Place && a.Peer.Kind == b.Peer.Kind && a.Peer.ID == b.Peer.ID && a.Peer.Block == b.Peer.Block && a.Ports.Equal(b.Ports)
}

func sameEntry(a, b *topo.ACLEntry) bool {
	return a.Number == b.Number && a.Place == b.Place && a.Allow == b.Allow && a.Block == b.Block && a.Ports.Equal(b.Ports)
}

func sameRoute(a, b *topo.Route) bool {
	return a.ID == b.ID && a.Place == b.Place && a.Dest == b.Dest && a.Kind == b.Kind && a.Target == b.Target
}

// WritesWithin reports whether a resource of Terraform writes the rules of a
// security group within the group itself, so that others beside it would be
// undone (Terraform AWS provider, "aws_security_group").
func WritesWithin(g *topo.SecurityGroup) bool {
	if !strings.HasPrefix(g.Type, "aws_") {
		return false
	}
	for _, r := range slices.Concat(g.Ingress, g.Egress) {
		if (r.ID == g.ID || r.ID == "") && !r.Place.IsZero() {
			return true
		}
	}
	return false
}

// circular reports whether two groups would name each other within themselves,
// which Terraform refuses.
func circular(s *topo.Snapshot, edits []Edit) bool {
	names := func(a, b ref.ID) bool {
		g := s.SecurityGroup(a)
		if g == nil || !WritesWithin(g) {
			return false
		}
		return slices.ContainsFunc(slices.Concat(g.Ingress, g.Egress), func(r topo.Rule) bool { return r.Peer.Kind == topo.PeerGroup && r.Peer.ID == b }) ||
			slices.ContainsFunc(edits, func(e Edit) bool {
				return e.Action == Add && e.Thing == a && e.Rule != nil && e.Rule.Peer.Kind == topo.PeerGroup && e.Rule.Peer.ID == b
			})
	}
	return slices.ContainsFunc(edits, func(e Edit) bool {
		if e.Action != Add || e.Rule == nil || e.Rule.Peer.Kind != topo.PeerGroup || e.Rule.Peer.ID == e.Thing {
			return false
		}
		return names(e.Thing, e.Rule.Peer.ID) && names(e.Rule.Peer.ID, e.Thing)
	})
}

// sameEdit reports whether two edits do the same.
func sameEdit(a, b Edit) bool {
	if a.Action != b.Action || a.Thing != b.Thing || a.Inbound != b.Inbound {
		return false
	}
	switch {
	case a.Rule != nil && b.Rule != nil:
		return sameRule(a.Rule, b.Rule)
	case a.Entry != nil && b.Entry != nil:
		return sameEntry(a.Entry, b.Entry)
	case a.Route != nil && b.Route != nil:
		return sameRoute(a.Route, b.Route)
	}
	return false
}

// merged is two lists of edits without repetitions.
func merged(a, b []Edit) []Edit {
	out := slices.Clone(a)
	for _, e := range b {
		if !slices.ContainsFunc(out, func(x Edit) bool { return sameEdit(x, e) }) {
			out = append(out, e)
		}
	}
	return out
}

// tried is the network of a snapshot with edits made.
func tried(n *reach.Network, edits []Edit) *reach.Network {
	return reach.New(Apply(n.Snapshot(), edits))
}
