package ask

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/need"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/topo"
)

// everything is the side that open forms leave unnamed.
var everything = question.Side{Names: []question.Name{{Pattern: "*", Text: "*"}}}

// reaches answers who reaches something: what the design has, and hosts outside
// in classes.
func (a *Asker) reaches(q question.Question) (Reply, *question.Error) {
	to, err := a.dir.side(q.To, false)
	if err != nil {
		return Reply{}, err
	}
	from, err := a.dir.side(everything, true)
	if err != nil {
		return Reply{}, err
	}
	if len(from)*len(to) > MaxPairs {
		return Reply{}, tooMany()
	}
	var pairs []Pair
	for _, t := range to {
		for _, f := range from {
			if (f.Party.Endpoint == "" || f.Party.Endpoint != t.Party.Endpoint) && a.mayCall(f, t) {
				pairs = append(pairs, Pair{f, t})
			}
		}
		for _, m := range a.sources(q, t) {
			pairs = append(pairs, Pair{m, t})
		}
	}
	return a.answer(q, pairs), nil
}

// mayCall is whether one thing may have a reason to connect to another: load
// balancers connect to their targets only, whatever their groups allow.
func (a *Asker) mayCall(from, to Member) bool {
	s := a.net.Snapshot()
	e, t := s.Endpoint(from.Party.Endpoint), s.Endpoint(to.Party.Endpoint)
	if e == nil || t == nil || e.Kind != topo.BalancerEndpoint {
		return true
	}
	b := s.LoadBalancer(from.ID)
	switch {
	case t.Kind == topo.StoreEndpoint, t.Kind == topo.PrivateLinkEndpoint:
		return false
	case b != nil && s.Workload(to.ID) != nil:
		return len(a.net.EntriesTo(b.ID, to.ID)) > 0
	}
	return true
}

// reached answers what something can reach: what the design has, AWS services
// that it needs, and hosts outside in classes.
func (a *Asker) reached(q question.Question) (Reply, *question.Error) {
	from, err := a.dir.side(q.From, true)
	if err != nil {
		return Reply{}, err
	}
	to, err := a.dir.side(everything, false)
	if err != nil {
		return Reply{}, err
	}
	if len(from)*len(to) > MaxPairs {
		return Reply{}, tooMany()
	}
	var pairs []Pair
	for _, f := range from {
		for _, t := range to {
			if f.Party.Endpoint == "" || f.Party.Endpoint != t.Party.Endpoint {
				pairs = append(pairs, Pair{f, t})
			}
		}
		for _, m := range slices.Concat(a.needed(f), a.destinations(q, f)) {
			pairs = append(pairs, Pair{f, m})
		}
	}
	return a.answer(q, pairs), nil
}

// needed is the AWS services that a workload surely needs.
func (a *Asker) needed(m Member) []Member {
	s := a.net.Snapshot()
	w := s.Workload(m.ID)
	if w == nil || m.Party.Endpoint == "" {
		return nil
	}
	var out []Member
	for _, n := range need.Of(s, w).List {
		if n.Service == "" || n.Certain != fact.Yes || n.Host != (m.Party.Endpoint != w.Endpoint) ||
			slices.ContainsFunc(out, func(o Member) bool { return o.Service == n.Service }) {
			continue
		}
		out = append(out, serviceMember(n.Service))
	}
	return out
}

// Hosts outside that answers tell apart: those of the internet, and private and
// documentation ranges (RFC 1918, RFC 6598, RFC 4193, RFC 5737, RFC 3849) as far
// as no VPC of the design has them.
var (
	private = netset.Prefix(netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("fc00::/7"))
	forExamples = netset.Prefix(netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"),
		netip.MustParsePrefix("2001:db8::/32"))
)

// outside is all of these but those of the VPCs of the design.
func (d directory) outside() netset.Addrs {
	out := netset.Internet().Union(private).Union(forExamples)
	for i := range d.VPCs {
		own, _ := blocks(d.VPCs[i].Blocks, "")
		out = out.Minus(own)
	}
	return out
}

// maxClasses is how many classes of hosts outside one thing is asked about.
const maxClasses = 128

// sources is the hosts outside that may reach a thing, in classes of those that
// are treated alike on every way.
func (a *Asker) sources(q question.Question, to Member) []Member {
	if !isKnown(to.Party) || isOutside(to) {
		return nil
	}
	out := reach.Outside(a.dir.outside())
	asked, _, _ := askedOf(a.net.Snapshot(), q, to.Party)
	doors := [][]reach.Class{a.net.Classes(out, to.Party, asked)}
	if s := a.net.Snapshot(); s.Workload(to.ID) != nil && !q.Direct {
		for _, b := range s.LoadBalancers {
			if len(a.net.EntriesTo(b.ID, to.ID)) > 0 {
				doors = append(doors, a.net.Classes(out, reach.At(b.ID), netset.AllPorts()))
			}
		}
	}
	return namedClasses(cutAll(doors))
}

// destinations is the hosts outside to which a thing may connect, in classes.
func (a *Asker) destinations(q question.Question, from Member) []Member {
	if from.Party.Endpoint == "" {
		return nil
	}
	asked := netset.AllPorts()
	if q.HasPorts {
		asked = q.Ports
	}
	list := namedClasses(cutAll([][]reach.Class{a.net.Classes(from.Party, a.beyond(), asked)}))
	for i := range list {
		list[i].Party.Unlisted = true
	}
	return list
}

// beyond is the hosts outside that are in no prefix list of an AWS service, to
// which gateway endpoints lead: these are destinations of their own.
func (a *Asker) beyond() reach.Party {
	return reach.Party{Addrs: a.dir.outside(), Unlisted: true}
}

// cutAll cuts the addresses of several lists of classes into sets that no class
// cuts any further; of too many one set is made.
func cutAll(lists [][]reach.Class) []netset.Addrs {
	var out []netset.Addrs
	var all netset.Addrs
	for _, list := range lists {
		for _, c := range list {
			var next []netset.Addrs
			left := c.Addrs
			for _, have := range out {
				if both := have.Intersect(c.Addrs); both.IsEmpty() {
					next = append(next, have)
				} else {
					next = append(next, both)
					if rest := have.Minus(c.Addrs); !rest.IsEmpty() {
						next = append(next, rest)
					}
				}
				left = left.Minus(have)
			}
			if !left.IsEmpty() {
				next = append(next, left)
			}
			all = all.Union(c.Addrs)
			if out = next; len(out) > maxClasses {
				out = []netset.Addrs{all}
			}
		}
	}
	return out
}

// namedClasses are sets of addresses outside as people call them.
func namedClasses(sets []netset.Addrs) []Member {
	var out []Member
	for _, set := range sets {
		m := Member{Party: reach.Outside(set), Belongs: fact.Yes}
		switch missing := netset.Internet().Minus(set); {
		case missing.IsEmpty():
			// The whole of the internet: what else is in the set is no place of its own.
			m.Party, m.Text = reach.Outside(netset.Internet()), "internet"
			if !set.Intersect(private).IsEmpty() {
				out = append(out, Member{Party: reach.Outside(set.Intersect(private)), Text: rangesText(set.Intersect(private)) + " outside", Belongs: fact.Yes})
			}
		case len(missing.Prefixes()) <= 4 && set.Fraction(netset.Internet()) > 0.5:
			m.Party.Addrs = set.Minus(forExamples)
			m.Text = "internet except " + rangesText(missing)
		case netset.Internet().V4().Minus(set).IsEmpty():
			m.Party.Addrs, m.Text = netset.Internet().V4(), "internet (IPv4)"
		case netset.Internet().V6().Minus(set).IsEmpty():
			m.Party.Addrs, m.Text = netset.Internet().V6(), "internet (IPv6)"
		default:
			m.Text = rangesText(set) + " outside"
		}
		out = append(out, m)
	}
	return out
}

// rangesText is at most four ranges of a set of addresses.
func rangesText(a netset.Addrs) string {
	list := a.Prefixes()
	var out []string
	for _, p := range list[:min(len(list), 4)] {
		out = append(out, p.String())
	}
	text := strings.Join(out, ", ")
	if rest := len(list) - len(out); rest > 0 {
		text += fmt.Sprintf(" and %d more ranges", rest)
	}
	return text
}
