package ask

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// find is what a pattern names: a thing of exactly that address, else things of
// that kind and name, else things whose address matches. Addresses with a glob
// are about endpoints, and about groups and networks only if none matches.
func (d directory) find(pattern string) []entry {
	if i, ok := d.byID[ref.ID(pattern)]; ok {
		return d.entries[i : i+1]
	}
	match := func(ok func(entry) bool) []entry {
		var out []entry
		for _, e := range d.entries {
			if ok(e) {
				out = append(out, e)
			}
		}
		return out
	}
	if kind, name, ok := strings.Cut(pattern, "/"); ok {
		var found []entry
		if glob := intent.NewGlob(name); isGlob(name) {
			found = match(func(e entry) bool {
				return slices.Contains(e.kinds, kind) && slices.ContainsFunc(e.names, glob.MatchText)
			})
		} else {
			for _, i := range d.byName[pattern] {
				found = append(found, d.entries[i])
			}
		}
		if len(found) > 0 {
			return found
		}
	}
	glob := intent.NewGlob(pattern)
	if found := match(func(e entry) bool { return e.alone && glob.MatchID(e.id) }); len(found) > 0 {
		return found
	}
	return match(func(e entry) bool { return !e.alone && glob.MatchID(e.id) })
}

// members is the parties that a thing stands for.
func (d directory) members(e entry, starts bool) []Member {
	switch {
	case d.Workload(e.id) != nil:
		return d.tasks(d.Workload(e.id))
	case d.Endpoint(e.id) != nil:
		return []Member{d.member(d.Endpoint(e.id), "", fact.Yes, finding.Evidence{})}
	case d.Cluster(e.id) != nil:
		return d.inCluster(d.Cluster(e.id), starts)
	case d.SecurityGroup(e.id) != nil:
		return d.gather(e.id, starts, func(p *topo.Endpoint) []Member { return d.holds(p, e.id) })
	case d.Subnet(e.id) != nil:
		return d.gather(e.id, starts, func(p *topo.Endpoint) []Member { return d.inSubnet(p, e.id) })
	case d.VPC(e.id) != nil:
		return d.gather(e.id, starts, func(p *topo.Endpoint) []Member { return d.inVPC(p, e.id) })
	case d.PrefixList(e.id) != nil:
		l := d.PrefixList(e.id)
		out := d.inRange(l.Addrs, d.Label(e.id), starts)
		if l.More != "" {
			out = append(out, Member{ID: e.id, Text: d.Label(e.id), Gaps: []finding.Evidence{{Text: "further entries of " + d.Label(e.id) + ": " + l.More, Place: l.Place}}})
		}
		return out
	}
	// A load balancer or host of which no interface is known.
	return []Member{{ID: e.id, Text: d.Label(e.id), Gaps: []finding.Evidence{{Text: "the interfaces of " + d.Label(e.id) + " are not known"}}}}
}

// member is an endpoint as a party, surely or perhaps.
func (d directory) member(p *topo.Endpoint, subnet ref.ID, belongs fact.Tri, gap finding.Evidence) Member {
	id := p.ID
	if p.Owner != "" && (d.Workload(p.Owner) != nil || d.LoadBalancer(p.Owner) != nil || d.Host(p.Owner) != nil) {
		id = p.Owner
	}
	m := Member{Party: reach.Party{Endpoint: p.ID, Subnet: subnet}, ID: id, Text: d.Label(id), Place: p.Place, Belongs: belongs}
	if belongs != fact.Yes {
		m.Gaps = append(m.Gaps, gap)
	}
	return d.existing(m, p.Thing)
}

// existing lets a member that may not exist belong perhaps only.
func (d directory) existing(m Member, t topo.Thing) Member {
	if t.Exists != fact.Yes {
		m.Belongs = m.Belongs.And(t.Exists)
		m.Gaps = append(m.Gaps, finding.Evidence{Text: "whether " + d.Label(t.ID) + " exists" + because(t.Why), Place: t.Place})
	}
	return m
}

func because(why string) string {
	return ": " + cmp.Or(why, "the design does not tell")
}

// tasks are the interfaces of a workload: its own, or those of the hosts that
// its tasks run on.
func (d directory) tasks(w *topo.Workload) []Member {
	mode, known := w.Mode.Get()
	if p := d.Endpoint(w.Endpoint); p != nil {
		m := d.existing(d.member(p, "", fact.Yes, finding.Evidence{}), w.Thing)
		m.ID, m.Text, m.Place = w.ID, d.Label(w.ID), w.Place
		if !known {
			m.Belongs = m.Belongs.And(fact.Unknown)
			m.Gaps = append(m.Gaps, finding.Evidence{Text: "the network mode of " + d.Label(w.ID) + because(w.Mode.Why), Place: cmp.Or(w.Mode.Place, w.Place)})
		}
		return []Member{m}
	}
	if known && mode == topo.ModeNone {
		return []Member{{ID: w.ID, Text: d.Label(w.ID), Place: w.Place, Belongs: fact.No,
			Gaps: []finding.Evidence{{Text: d.Label(w.ID) + " has network mode none", Place: cmp.Or(w.Mode.Place, w.Place)}}}}
	}
	var out []Member
	for _, l := range w.Hosts.List {
		p := d.Endpoint(l.ID)
		if p == nil {
			continue
		}
		there := finding.Evidence{Text: "whether " + d.Label(w.ID) + " runs on " + d.Label(l.ID) + because(l.Why), Place: cmp.Or(l.Place, w.Place)}
		m := d.existing(d.member(p, "", l.Exists, there), w.Thing)
		m.ID, m.Text, m.Place = w.ID, d.Label(w.ID)+" on "+d.Label(l.ID), w.Place
		out = append(out, m)
	}
	if len(out) == 0 || w.Hosts.More != "" {
		out = append(out, Member{ID: w.ID, Text: d.Label(w.ID), Place: w.Place,
			Gaps: []finding.Evidence{{Text: "where " + d.Label(w.ID) + " runs" + because(w.Hosts.More), Place: cmp.Or(w.Hosts.Place, w.Place)}}})
	}
	return out
}

// gather is the endpoints that take part in connections and are chosen, the
// first of them if there are too many.
func (d directory) gather(id ref.ID, starts bool, choose func(*topo.Endpoint) []Member) []Member {
	var out []Member
	for i := range d.Endpoints {
		if p := &d.Endpoints[i]; len(out) < maxMembers && d.takesPart(p.ID, starts) {
			out = append(out, choose(p)...)
		}
	}
	if len(out) == 0 {
		return []Member{empty(d.Label(id), starts)}
	}
	return out
}

// inCluster is the tasks of the workloads of a cluster. One whose cluster is not
// known may be of it.
func (d directory) inCluster(c *topo.Cluster, starts bool) []Member {
	var out []Member
	for i := range d.Workloads {
		w := &d.Workloads[i]
		switch w.Cluster {
		case c.ID:
			out = append(out, d.tasks(w)...)
		case "":
			if w.Kind == topo.StandaloneWorkload {
				continue // nothing of the design starts it
			}
			for _, m := range d.tasks(w) {
				m.Belongs = m.Belongs.And(fact.Unknown)
				m.Gaps = append(m.Gaps, finding.Evidence{Text: "whether " + d.Label(w.ID) + " runs in " + d.Label(c.ID) + because(""), Place: w.Place})
				out = append(out, m)
			}
		}
	}
	if len(out) == 0 {
		return []Member{empty("cluster "+c.Name, starts)}
	}
	return out
}

// holds is an endpoint as a holder of a security group.
func (d directory) holds(p *topo.Endpoint, group ref.ID) []Member {
	gap := finding.Evidence{Text: "whether " + d.Label(p.ID) + " holds " + d.Label(group), Place: cmp.Or(p.Groups.Place, p.Place)}
	for _, l := range p.Groups.List {
		if l.ID == group {
			gap.Text += because(l.Why)
			return []Member{d.member(p, "", l.Exists, gap)}
		}
	}
	if p.Groups.More == "" {
		return nil
	}
	gap.Text += because(p.Groups.More)
	return []Member{d.member(p, "", fact.Unknown, gap)}
}

// inSubnet is an endpoint with the interface that it has in a subnet.
func (d directory) inSubnet(p *topo.Endpoint, subnet ref.ID) []Member {
	gap := finding.Evidence{Text: "whether " + d.Label(p.ID) + " is in " + d.Label(subnet), Place: cmp.Or(p.Subnets.Place, p.Place)}
	for _, l := range p.Subnets.List {
		if l.ID == subnet {
			gap.Text += because(l.Why)
			return []Member{d.member(p, subnet, l.Exists, gap)}
		}
	}
	if own := d.vpcOf(p); p.Subnets.More == "" || own != "" && d.Subnet(subnet).VPC != "" && own != d.Subnet(subnet).VPC {
		return nil
	}
	gap.Text += because(p.Subnets.More)
	return []Member{d.member(p, "", fact.Unknown, gap)}
}

// inVPC is an endpoint of a VPC.
func (d directory) inVPC(p *topo.Endpoint, vpc ref.ID) []Member {
	switch d.vpcOf(p) {
	case vpc:
		return []Member{d.member(p, "", fact.Yes, finding.Evidence{})}
	case "":
		gap := finding.Evidence{Text: "whether " + d.Label(p.ID) + " is in " + d.Label(vpc) + because(p.Subnets.More), Place: p.Place}
		return []Member{d.member(p, "", fact.Unknown, gap)}
	}
	return nil
}

func (d directory) vpcOf(p *topo.Endpoint) ref.ID {
	if p.VPC != "" {
		return p.VPC
	}
	for _, l := range p.Subnets.List {
		if s := d.Subnet(l.ID); s != nil && s.VPC != "" {
			return s.VPC
		}
	}
	return ""
}

// inRange is what has an address in a range: hosts outside every VPC, and the
// interfaces of endpoints. An interface whose address may be elsewhere belongs
// perhaps. Of too many, the first are given.
func (d directory) inRange(addrs netset.Addrs, text string, starts bool) []Member {
	var out []Member
	outside := addrs
	for i := range d.VPCs {
		own, _ := blocks(d.VPCs[i].Blocks, "")
		outside = outside.Minus(own)
	}
	if !outside.IsEmpty() {
		m := Member{Party: reach.Outside(outside), Text: text, Belongs: fact.Yes}
		if !outside.Equal(addrs) {
			m.Text += " outside the design"
		}
		out = append(out, m)
	}
	for i := range d.Endpoints {
		if p := &d.Endpoints[i]; len(out) < maxMembers && d.takesPart(p.ID, starts) {
			out = append(out, d.interfacesIn(p, addrs, text)...)
		}
	}
	if len(out) == 0 {
		return []Member{empty(text, starts)}
	}
	return out
}

// interfacesIn is the interfaces of an endpoint that have, or may have, an
// address in a range: the endpoint as a whole if all surely have.
func (d directory) interfacesIn(p *topo.Endpoint, addrs netset.Addrs, text string) []Member {
	var out []Member
	whole := true
	add := func(subnet ref.ID, exists fact.Tri, reason string, at ref.Place) {
		belongs, why := d.lies(p, subnet, addrs)
		if belongs = belongs.And(exists); belongs != fact.Yes {
			whole = false
		}
		if belongs == fact.No {
			return
		}
		gap := finding.Evidence{Text: fmt.Sprintf("whether %s has an address in %s%s", d.Label(p.ID), text, because(cmp.Or(why, reason))), Place: cmp.Or(at, p.Place)}
		out = append(out, d.member(p, subnet, belongs, gap))
	}
	for _, l := range p.Subnets.List {
		add(l.ID, l.Exists, l.Why, l.Place)
	}
	if len(p.Subnets.List) == 0 || p.Subnets.More != "" {
		add("", fact.Yes, p.Subnets.More, p.Subnets.Place)
	}
	if whole && len(out) > 1 {
		return []Member{d.member(p, "", fact.Yes, finding.Evidence{})}
	}
	return out
}

// lies answers whether the interface of an endpoint in a subnet has an address
// of a set.
func (d directory) lies(p *topo.Endpoint, subnet ref.ID, addrs netset.Addrs) (belongs fact.Tri, why string) {
	possible, known := netset.Addrs{}, false
	if s := d.Subnet(subnet); s != nil {
		possible, known = blocks(s.Blocks, "")
	}
	if !known {
		if v := d.VPC(d.vpcOf(p)); v != nil {
			possible, known = blocks(v.Blocks, v.BlocksMore)
		}
	}
	if written := p.Fixed.V4().Intersect(possible); !written.IsEmpty() {
		possible = written.Union(possible.V6()) // as the engine takes it: an interface has the addresses that are written
	}
	v6 := fact.Is(p.IPv6, true)
	switch {
	case v6 == fact.No:
		possible = possible.V4()
	case !known:
	case possible.V6().IsEmpty():
		possible = possible.Union(netset.AllV6())
	}
	switch {
	case !known && netset.Internet().Covers(addrs) && (v6 == fact.No || addrs.V6().IsEmpty()):
		return fact.No, "" // see "Not modelled"
	case !known || possible.IsEmpty():
		return fact.Unknown, "its addresses are not known"
	case !addrs.Overlaps(possible):
		return fact.No, ""
	case addrs.Covers(possible):
		return fact.Yes, ""
	case addrs.Covers(possible.V4()):
		return fact.Unknown, "its IPv6 address is another one"
	}
	return fact.Unknown, "it may have another address of its subnet"
}

// blocks is the addresses of blocks, and whether all are known.
func blocks(list []topo.Block, more string) (netset.Addrs, bool) {
	var out netset.Addrs
	known := more == "" && len(list) > 0
	for _, b := range list {
		if !b.Prefix.IsValid() {
			known = known && b.Family == topo.IPv6
			continue
		}
		out = out.Union(netset.Prefix(b.Prefix))
	}
	return out, known
}
