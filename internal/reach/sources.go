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
				some, most := q.sources(from, t)
				sure, maybe = sure.Union(some), maybe.Union(most)
			}
		}
	}
	return sure, maybe
}

// sources is [question.solve] for the addresses of hosts instead of packets.
func (q *question) sources(from, to side) (sure, maybe netset.Addrs) {
	q.cutSide = nil
	l := q.eval(&from, &to, nil)
	at := q.cutSide
	if at == nil || q.left == 0 || l.both.Maybe.IsEmpty() {
		if !l.both.Sure.IsEmpty() {
			sure = from.addrs
		}
		if !l.both.Maybe.IsEmpty() {
			maybe = from.addrs
		}
		return sure, maybe
	}
	hosts, rest := at.hosts, at.addrs.Minus(q.cutAt)
	q.divide()
	at.addrs = at.addrs.Intersect(q.cutAt)
	sure, maybe = q.sources(from, to)
	at.addrs = rest
	some, most := q.sources(from, to)
	if hosts {
		return sure.Union(some), maybe.Union(most)
	}
	return sure.Intersect(some), maybe.Union(most)
}
