package ask

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

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
	byID    map[ref.ID]int   // index in entries
	byName  map[string][]int // by KIND/NAME, in order
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
	d := directory{Snapshot: s, byID: map[ref.ID]int{}, byName: map[string][]int{}}
	taken := map[ref.ID]bool{} // endpoints that are named by what they belong to
	add := func(id ref.ID, alone bool, kinds []string, names ...string) {
		at := len(d.entries)
		d.entries = append(d.entries, entry{id, kinds, names, alone})
		if _, ok := d.byID[id]; !ok {
			d.byID[id] = at
		}
		var keys []string
		for _, k := range kinds {
			for _, n := range names {
				if key := k + "/" + n; n != "" && !slices.Contains(keys, key) {
					keys = append(keys, key)
					d.byName[key] = append(d.byName[key], at)
				}
			}
		}
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
	for _, c := range s.Clusters {
		add(c.ID, false, []string{"cluster"}, c.Name, c.ClusterName.Or(""))
	}
	for _, l := range s.PrefixLists {
		add(l.ID, false, []string{"prefix-list"}, l.Name, l.AWSName)
	}
	return d
}

// unknown is the error for a name that nothing has.
func (d directory) unknown(n question.Name) *question.Error {
	pattern := n.Pattern
	problem := "nothing of the design is called " + pattern
	kind, rest, hasKind := strings.Cut(pattern, "/")
	if !slices.Contains(everyKind, kind) && hasKind {
		if best := diag.Closest(kind, everyKind); best != "" {
			return n.Error("there is no kind "+kind, "did you mean "+best+"/"+rest+"?")
		}
	}
	var names, same, kinds []string
	for _, e := range d.entries {
		names = append(names, string(e.id))
		for _, k := range e.kinds {
			kinds = append(kinds, k)
			for _, called := range e.names {
				if called == "" {
					continue
				}
				names = append(names, k+"/"+called)
				if hasKind && k == kind && !slices.Contains(same, k+"/"+called) && len(same) < 1000 {
					same = append(same, k+"/"+called)
				}
			}
		}
	}
	if best := diag.Closest(pattern, same); best != "" {
		return n.Error(problem, "did you mean "+best+"?")
	}
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasSuffix(name, "/"+rest) }); i >= 0 && hasKind {
		return n.Error(problem, "did you mean "+names[i]+"?")
	}
	if i := slices.IndexFunc(names, func(name string) bool { return strings.HasSuffix(name, "/"+pattern) }); i >= 0 && !hasKind {
		return n.Error(problem, "did you mean "+names[i]+"?")
	}
	if best := diag.Closest(pattern, names); best != "" {
		return n.Error(problem, "did you mean "+best+"?")
	}
	if len(same) > 0 {
		hint := "there are: " + strings.Join(same[:min(len(same), 8)], ", ")
		if len(same) > 8 {
			hint += fmt.Sprintf(" and %d more", len(same)-8)
		}
		return n.Error(problem, hint)
	}
	if slices.Contains(everyKind, kind) && hasKind {
		return n.Error(problem, "the design has no "+kind+" at all; it has: "+strings.Join(distinctKinds(kinds), ", "))
	}
	return n.Error(problem, "a name is internet, an address or CIDR, aws/SERVICE, KIND/NAME with one of "+strings.Join(everyKind, ", ")+", or a resource address")
}

var everyKind = []string{"svc", "task", "instance", "host", "alb", "nlb", "clb", "lb", "db", "fn", "eni", "endpoint", "cluster", "sg", "subnet", "vpc", "prefix-list"}

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
