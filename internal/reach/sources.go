package reach

import (
	"slices"

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

// Class is hosts outside that are treated alike: the packets with which they can
// connect, or be connected to.
type Class struct {
	Addrs   netset.Addrs
	Packets netset.Bounds
}

// Classes cuts the hosts outside of a question into classes, by what each of
// them can do: one of the parties is hosts outside, the other an endpoint.
// Classes are disjoint, no two have the same packets, and hosts that surely
// cannot connect are in none. They are in order of their addresses.
func (n *Network) Classes(from, to Party, asked netset.Ports) []Class {
	q := n.ask(asked)
	q.each = true
	var out []Class
	for _, f := range families {
		for _, s := range n.sides(from, f) {
			for _, t := range n.sides(to, f) {
				q.left = n.cuts(s, t)
				out = overlay(out, merged(q.classes(s, t)), netset.Bounds.Or)
			}
		}
	}
	out = merged(out)
	slices.SortStableFunc(out, func(a, b Class) int {
		x, _ := a.Addrs.First()
		y, _ := b.Addrs.First()
		return x.Compare(y)
	})
	return out
}

// merged joins classes with the same packets, and drops those without any.
func merged(list []Class) []Class {
	var out []Class
	at := map[[2]string]int{}
	for _, c := range list {
		if c.Packets.Maybe.IsEmpty() || c.Addrs.IsEmpty() {
			continue
		}
		key := [2]string{c.Packets.Sure.Key(), c.Packets.Maybe.Key()}
		if i, ok := at[key]; ok {
			out[i].Addrs = out[i].Addrs.Union(c.Addrs)
			continue
		}
		at[key] = len(out)
		out = append(out, c)
	}
	return out
}

// classes is [question.solve] with each part of the hosts outside for itself.
func (q *question) classes(from, to side) []Class {
	q.cutSide = nil
	l := q.eval(&from, &to, nil)
	hosts := &from
	if to.hosts {
		hosts = &to
	}
	at := q.cutSide
	if at == nil || q.left == 0 || l.both.Maybe.IsEmpty() {
		return []Class{{hosts.addrs, l.both}}
	}
	rest, outside := at.addrs.Minus(q.cutAt), at.hosts
	q.divide()
	at.addrs = at.addrs.Intersect(q.cutAt)
	a := q.classes(from, to)
	at.addrs = rest
	b := q.classes(from, to)
	if outside {
		return append(a, b...)
	}
	return overlay(a, b, either)
}

// overlay joins two ways to cut addresses; what only one of them has is joined
// with nothing.
func overlay(a, b []Class, join func(x, y netset.Bounds) netset.Bounds) []Class {
	var out []Class
	add := func(addrs netset.Addrs, x, y netset.Bounds) {
		if !addrs.IsEmpty() {
			out = append(out, Class{addrs, join(x, y)})
		}
	}
	var all netset.Addrs
	for _, y := range b {
		all = all.Union(y.Addrs)
	}
	for _, x := range a {
		for _, y := range b {
			add(x.Addrs.Intersect(y.Addrs), x.Packets, y.Packets)
		}
		add(x.Addrs.Minus(all), x.Packets, netset.Bounds{})
	}
	all = netset.Addrs{}
	for _, x := range a {
		all = all.Union(x.Addrs)
	}
	for _, y := range b {
		add(y.Addrs.Minus(all), netset.Bounds{}, y.Packets)
	}
	return out
}
