package ask

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// MaxPairs is how many pairs one question may be about.
const MaxPairs = 200

// Member is one thing that a side means.
type Member struct {
	Party reach.Party // the zero Party if Gap says that nothing of the design is known to be there

	// ID is the thing that was named, or that is named for it: a workload, a load
	// balancer, a host; empty for hosts outside. Its task may run on the endpoint
	// of a host.
	ID    ref.ID
	Text  string    // "task orders", "internet", "10.0.0.0/8 outside the design"
	Place ref.Place // of the thing

	// Belongs is Yes, or Unknown if the thing may not be there or not be meant;
	// Gaps give the reasons. It is No for what can have no connection at all.
	Belongs fact.Tri
	Gaps    []finding.Evidence
}

// Pair is one connection that is asked about.
type Pair struct{ From, To Member }

// Resolve finds what the sides of a question mean. The error is an [*Error].
func Resolve(s *topo.Snapshot, q Question) ([]Pair, error) {
	d := directoryOf(s)
	from, err := d.side(q.From, true)
	if err != nil {
		return nil, err
	}
	to, err := d.side(q.To, false)
	if err != nil {
		return nil, err
	}
	var pairs []Pair
	for _, f := range from {
		for _, t := range to {
			outside := f.Party.Endpoint == "" && t.Party.Endpoint == "" && !f.Party.Addrs.IsEmpty() && !t.Party.Addrs.IsEmpty()
			self := f.Party.Endpoint != "" && f.Party.Endpoint == t.Party.Endpoint
			if outside || self && len(from)*len(to) > 1 {
				continue
			}
			if pairs = append(pairs, Pair{f, t}); len(pairs) > MaxPairs {
				return nil, tooMany()
			}
		}
	}
	if len(pairs) == 0 {
		return nil, &Error{"both sides are outside the design, or one thing", "name something of the design on one side: svc/orders, alb/shop, a resource address"}
	}
	return pairs, nil
}

// maxMembers is when the things that a side means are no longer gathered: the
// question is then too wide, whatever the other side is.
const maxMembers = 2 * MaxPairs

func tooMany() error {
	return &Error{fmt.Sprintf("the question is about more than %d pairs", MaxPairs), "narrow a side: svc/web-* in place of svc/*"}
}

// entry is a thing that can be named.
type entry struct {
	id    ref.ID
	kinds []string // as questions write them, the preferred one first
	names []string
	alone bool // it is an endpoint or has some: what "*" means
}

// directory is everything that can be named, endpoints first.
type directory struct {
	*topo.Snapshot
	entries []entry
}

var kindsOfEndpoint = [...][]string{
	topo.CarrierEndpoint:      {"eni"},
	topo.TaskEndpoint:         {"svc", "task"},
	topo.HostEndpoint:         {"instance", "host"},
	topo.BalancerEndpoint:     {"lb"},
	topo.StoreEndpoint:        {"db"},
	topo.FunctionEndpoint:     {"fn"},
	topo.PrivateLinkEndpoint:  {"endpoint"},
	topo.InterfaceEndpointENI: {"eni"},
}

func directoryOf(s *topo.Snapshot) directory {
	d := directory{Snapshot: s}
	taken := map[ref.ID]bool{} // endpoints that are named by what they belong to
	add := func(id ref.ID, alone bool, kinds []string, names ...string) {
		d.entries = append(d.entries, entry{id, kinds, names, alone})
	}
	for _, w := range s.Workloads {
		taken[w.Endpoint], taken[w.ID] = true, true
		add(w.ID, true, []string{"svc", "task"}, w.Name)
	}
	for _, b := range s.LoadBalancers {
		taken[b.ID] = true
		kinds := []string{"lb"}
		if b.Kind != topo.BalancerUnknown {
			kinds = []string{strings.ToLower(b.Kind.String()), "lb"}
		}
		add(b.ID, true, kinds, b.Name)
	}
	for _, h := range s.Hosts {
		taken[h.ID] = true
		add(h.ID, true, []string{"instance", "host"}, h.Name)
	}
	for _, e := range s.Endpoints {
		if taken[e.ID] {
			continue
		}
		names := []string{e.Name}
		if v := s.VPCEndpoint(cmp.Or(e.Owner, e.ID)); v != nil {
			names = append(names, v.Name, v.Service.Or(""), v.ServiceName.Or(""))
		}
		add(e.ID, true, kindsOfEndpoint[min(int(e.Kind), len(kindsOfEndpoint)-1)], names...)
	}
	for _, g := range s.SecurityGroups {
		add(g.ID, false, []string{"sg"}, g.Name)
	}
	for _, n := range s.Subnets {
		add(n.ID, false, []string{"subnet"}, n.Name)
	}
	for _, v := range s.VPCs {
		add(v.ID, false, []string{"vpc"}, v.Name)
	}
	for _, l := range s.PrefixLists {
		add(l.ID, false, []string{"prefix-list"}, l.Name, l.AWSName)
	}
	return d
}

// side is what one side means; starts is whether it opens the connections.
func (d directory) side(s Side, starts bool) ([]Member, error) {
	switch {
	case s.Internet:
		return []Member{{Party: reach.Outside(netset.Internet()), Text: "internet", Belongs: fact.Yes}}, nil
	case s.Pattern == "":
		out := d.inRange(s.Addrs, s.text, starts)
		if len(out) >= maxMembers {
			return nil, tooMany()
		}
		return out, nil
	}
	found := d.find(s.Pattern)
	if len(found) == 0 {
		return nil, d.unknown(s.Pattern)
	}
	several := len(found) > 1 || strings.ContainsAny(s.Pattern, "*?")
	var out []Member
	for _, e := range found {
		for _, m := range d.members(e, starts) {
			if several && e.alone && !d.takesPart(m.Party.Endpoint, starts) {
				continue
			}
			if !slices.ContainsFunc(out, func(o Member) bool {
				return o.ID == m.ID && o.Party.Endpoint == m.Party.Endpoint && o.Party.Subnet == m.Party.Subnet && m.Party.Addrs.Equal(o.Party.Addrs)
			}) {
				out = append(out, m)
			}
			if len(out) >= maxMembers {
				return nil, tooMany()
			}
		}
	}
	if len(out) == 0 {
		return []Member{empty(s.text, starts)}, nil
	}
	return out, nil
}

// takesPart is whether an endpoint opens or accepts connections: data stores
// and VPC endpoints only accept, functions only open them.
func (d directory) takesPart(id ref.ID, starts bool) bool {
	e := d.Endpoint(id)
	switch {
	case e == nil:
		return true
	case starts:
		return e.Kind != topo.StoreEndpoint && e.Kind != topo.PrivateLinkEndpoint
	}
	return e.Kind != topo.FunctionEndpoint
}

// empty stands for a side where the design has nothing. What somebody would put
// there is not modelled, so it answers nothing.
func empty(text string, starts bool) Member {
	does := "accepts"
	if starts {
		does = "opens"
	}
	return Member{Text: text, Gaps: []finding.Evidence{{Text: fmt.Sprintf("nothing of the design that %s connections is known to be in %s, and what somebody would put there is not modelled", does, text)}}}
}

// unknown is the error for a name that nothing has.
func (d directory) unknown(pattern string) error {
	problem := "nothing of the design is called " + pattern
	kind, _, hasKind := strings.Cut(pattern, "/")
	var names, same, kinds []string
	for _, e := range d.entries {
		names = append(names, string(e.id))
		for _, k := range e.kinds {
			kinds = append(kinds, k)
			for _, n := range e.names {
				if n == "" {
					continue
				}
				names = append(names, k+"/"+n)
				if hasKind && k == kind && !slices.Contains(same, k+"/"+n) {
					same = append(same, k+"/"+n)
				}
			}
		}
	}
	if best := diag.Closest(pattern, names); best != "" {
		return &Error{problem, "did you mean " + best + "?"}
	}
	if len(same) > 0 {
		hint := "there are: " + strings.Join(same[:min(len(same), 8)], ", ")
		if len(same) > 8 {
			hint += fmt.Sprintf(" and %d more", len(same)-8)
		}
		return &Error{problem, hint}
	}
	if slices.Contains(everyKind, kind) && hasKind {
		return &Error{problem, "the design has no " + kind + " at all; it has: " + strings.Join(distinctKinds(kinds), ", ")}
	}
	if best := diag.Closest(kind, everyKind); best != "" && hasKind {
		return &Error{problem, "did you mean " + best + "/" + strings.TrimPrefix(pattern, kind+"/") + "?"}
	}
	return &Error{problem, "a side is internet, an address or CIDR, KIND/NAME with one of " + strings.Join(everyKind, ", ") + ", or a resource address"}
}

var everyKind = []string{"svc", "task", "instance", "host", "alb", "nlb", "clb", "lb", "db", "fn", "eni", "endpoint", "sg", "subnet", "vpc"}

func distinctKinds(kinds []string) []string {
	var out []string
	for _, k := range everyKind {
		if slices.Contains(kinds, k) {
			out = append(out, k)
		}
	}
	if len(out) == 0 {
		return []string{"nothing that is modelled"}
	}
	return out
}
