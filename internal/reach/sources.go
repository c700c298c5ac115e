package reach

import (
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// InternetSources are the internet addresses that can connect to an endpoint
// with some asked packet: those that surely can, and those that possibly can.
func (n *Network) InternetSources(to ref.ID, asked netset.Ports) (sure, maybe netset.Addrs) {
	q := n.ask(asked)
	q.each = true
	for _, f := range families {
		for _, from := range n.sides(Outside(netset.Internet()), f) {
			for _, t := range n.sides(At(to), f) {
				q.left = n.cuts(from, t)
				some, most := q.sources(from, t, true)
				sure, maybe = sure.Union(some), maybe.Union(most)
			}
		}
	}
	return sure, maybe
}

// Targets are the addresses of hosts outside to which an endpoint can connect
// with some asked packet: those to which it surely can, and those to which it
// possibly can.
func (n *Network) Targets(from, to Party, asked netset.Ports) (sure, maybe netset.Addrs) {
	q := n.ask(asked)
	q.each = true
	for _, f := range families {
		for _, s := range n.sides(from, f) {
			for _, t := range n.sides(to, f) {
				q.left = n.cuts(s, t)
				some, most := q.sources(t, s, false)
				sure, maybe = sure.Union(some), maybe.Union(most)
			}
		}
	}
	return sure, maybe
}

// sources is [question.solve] for the addresses of hosts outside instead of
// packets; in tells whether they open the connection.
func (q *question) sources(hosts, own side, in bool) (sure, maybe netset.Addrs) {
	q.cutSide = nil
	from, to := &hosts, &own
	if !in {
		from, to = to, from
	}
	l := q.eval(from, to, nil)
	at := q.cutSide
	if at == nil || q.left == 0 || l.both.Maybe.IsEmpty() {
		if !l.both.Sure.IsEmpty() {
			sure = hosts.addrs
		}
		if !l.both.Maybe.IsEmpty() {
			maybe = hosts.addrs
		}
		return sure, maybe
	}
	outside, rest := at.hosts, at.addrs.Minus(q.cutAt)
	q.divide()
	at.addrs = at.addrs.Intersect(q.cutAt)
	sure, maybe = q.sources(hosts, own, in)
	at.addrs = rest
	some, most := q.sources(hosts, own, in)
	if outside {
		return sure.Union(some), maybe.Union(most)
	}
	return sure.Intersect(some), maybe.Union(most)
}
