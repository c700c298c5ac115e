package graph

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
)

// keep drops what the options do not ask for.
func (b *builder) keep(o Options) {
	kept := map[string]bool{}
	for k := range b.boxes {
		kept[k] = true
	}
	limit := func(ids []ref.ID, steps int, out, in bool) {
		if len(ids) == 0 {
			return
		}
		near := map[string]bool{}
		for _, id := range ids {
			near[cmp.Or(b.at[id], string(id))] = true
		}
		for range steps {
			next := maps.Clone(near)
			for e := range b.edges {
				if out && near[e.from] && e.works != fact.No {
					next[e.to] = true
				}
				if in && near[e.to] && e.works != fact.No {
					next[e.from] = true
				}
			}
			if len(next) == len(near) {
				break
			}
			near = next
		}
		for k := range kept {
			if !near[k] {
				delete(kept, k)
			}
		}
	}
	limit(o.Focus, 1, true, true)
	limit(o.From, len(b.boxes), true, false)
	limit(o.To, len(b.boxes), false, true)
	focus := map[string]bool{}
	for _, id := range o.Focus {
		focus[cmp.Or(b.at[id], string(id))] = true
	}
	maps.DeleteFunc(b.boxes, func(k string, _ *Box) bool { return !kept[k] })
	maps.DeleteFunc(b.edges, func(e edgeKey, _ *link) bool {
		return !kept[e.from] || !kept[e.to] || len(focus) > 0 && !focus[e.from] && !focus[e.to]
	})
}

// base is what boxes that become one have in common.
func base(x *Box) string { return fmt.Sprintf("%d %d %v %s", x.Kind, x.Lane, x.Perhaps, x.Frame) }

// few is how many boxes that are alike stand each for itself.
func few(k Kind) int {
	if k == Service || k == Door || k == Gateway {
		return 1
	}
	return 2
}

// group makes one box of those that have the same peers, and then of those that
// stand in one place, the most numerous first, until the rest is few enough.
func (b *builder) group() {
	for range 4 { // what is behind boxes that became one may have the same peers now
		groups := b.alike()
		if len(groups) == 0 {
			break
		}
		b.merge(groups, func(g []string) string { return b.boxes[g[0]].Frame })
	}
	coarser := []func(x *Box) string{
		func(x *Box) string { return fmt.Sprintf("%d %d %s", x.Kind, x.Lane, x.Frame) },
		func(x *Box) string { return fmt.Sprintf("%d %d %s", x.Kind, x.Lane, vpcOf(x.Frame)) },
		func(x *Box) string { return fmt.Sprintf("%d %d", x.Kind, x.Lane) },
	}
	for _, same := range coarser {
		if len(b.boxes) <= MaxBoxes {
			break
		}
		places := map[string][]string{}
		for _, k := range slices.Sorted(maps.Keys(b.boxes)) {
			s := same(b.boxes[k])
			places[s] = append(places[s], k)
		}
		groups := slices.Collect(maps.Values(places))
		slices.SortFunc(groups, func(g, h []string) int {
			return cmp.Or(cmp.Compare(len(h), len(g)), cmp.Compare(g[0], h[0]))
		})
		over, n := len(b.boxes)-MaxBoxes, 0
		for n < len(groups) && over > 0 && len(groups[n]) > 1 {
			over -= len(groups[n]) - 1
			n++
		}
		b.merge(groups[:n], b.commonFrame)
	}
}

func vpcOf(frame string) string {
	vpc, _, _ := strings.Cut(frame, "|")
	return vpc
}

// commonFrame is the innermost frame that holds all boxes of a group.
func (b *builder) commonFrame(group []string) string {
	frame := b.boxes[group[0]].Frame
	for _, k := range group[1:] {
		switch f := b.boxes[k].Frame; {
		case f == frame:
		case vpcOf(f) == vpcOf(frame):
			frame = vpcOf(frame)
		default:
			return ""
		}
	}
	return frame
}

// alike is the groups of boxes that have the same peers, each in order of keys.
// Boxes that connect to each other are alike if each of them does to all others.
func (b *builder) alike() [][]string {
	touch := map[string][]string{}
	for e := range b.edges {
		from, to := b.boxes[e.from], b.boxes[e.to]
		if e.kind == Connection && base(from) == base(to) {
			continue
		}
		touch[e.from] = append(touch[e.from], fmt.Sprintf("> %s %d %d %d", e.to, e.kind, e.works, e.tls))
		touch[e.to] = append(touch[e.to], fmt.Sprintf("< %s %d %d %d", e.from, e.kind, e.works, e.tls))
	}
	same := map[string][]string{}
	for _, k := range slices.Sorted(maps.Keys(b.boxes)) {
		slices.Sort(touch[k])
		s := base(b.boxes[k]) + "\n" + strings.Join(touch[k], "\n")
		same[s] = append(same[s], k)
	}
	var out [][]string
	for _, g := range same {
		if len(g) > few(b.boxes[g[0]].Kind) && b.uniform(g) {
			out = append(out, g)
		}
	}
	slices.SortFunc(out, slices.Compare)
	return out
}

// uniform reports whether either all members of a group connect to all others,
// and to the same things of their kind outside of it, or none does.
func (b *builder) uniform(group []string) bool {
	in := map[string]bool{}
	for _, k := range group {
		in[k] = true
	}
	inner := map[[2]string]bool{}
	outer := map[string]map[string]bool{}
	for e := range b.edges {
		if e.kind != Connection || base(b.boxes[e.from]) != base(b.boxes[e.to]) {
			continue
		}
		note := func(k, what string) {
			if outer[k] == nil {
				outer[k] = map[string]bool{}
			}
			outer[k][what] = true
		}
		switch {
		case in[e.from] && in[e.to]:
			inner[[2]string{e.from, e.to}] = true
		case in[e.from]:
			note(e.from, fmt.Sprintf("> %s %d %d", e.to, e.works, e.tls))
		case in[e.to]:
			note(e.to, fmt.Sprintf("< %s %d %d", e.from, e.works, e.tls))
		}
	}
	for _, k := range group[1:] {
		if !maps.Equal(outer[k], outer[group[0]]) {
			return false
		}
	}
	return len(inner) == 0 || len(inner) == len(group)*(len(group)-1)
}

// merge makes one box of each group.
func (b *builder) merge(groups [][]string, frame func([]string) string) {
	into := map[string]string{}
	for _, g := range groups {
		if len(g) < 2 {
			continue
		}
		first := b.boxes[g[0]]
		m := Box{Key: groupPrefix + strings.TrimPrefix(first.Key, groupPrefix), Kind: first.Kind, Lane: first.Lane, Frame: frame(g), Word: first.Word, Perhaps: true}
		for _, k := range g {
			x := b.boxes[k]
			if x.Word != m.Word {
				m.Word = ""
			}
			m.Perhaps = m.Perhaps && x.Perhaps
			m.Peers = cmp.Or(m.Peers, x.Peers)
			m.Members = append(m.Members, x.Members...)
			into[k] = m.Key
		}
		slices.SortFunc(m.Members, func(x, y Member) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID)) })
		m.Name = plural(m.Kind, m.Word, len(m.Members))
		for _, k := range g {
			delete(b.boxes, k)
		}
		b.boxes[m.Key] = &m
	}
	b.rename(into)
}

// plural is what several things are called together.
func plural(k Kind, word string, n int) string {
	what := map[Kind]string{Balancer: "load balancers", Task: "tasks", Host: "hosts", Store: "data stores", Function: "functions", Door: "VPC endpoints", Gateway: "gateways", Service: "services"}[k]
	switch {
	case k == Task && strings.HasSuffix(word, "service"):
		what = "services"
	case k == Gateway && word != "":
		what = word + "s"
	}
	return fmt.Sprintf("%d %s", n, cmp.Or(what, "interfaces"))
}

// rename lets edges end at the boxes that theirs became.
func (b *builder) rename(into map[string]string) {
	old := b.edges
	b.edges = map[edgeKey]*link{}
	inner := map[string]map[[2]string]fact.Tri{}
	for _, e := range sortedEdges(old) {
		l := old[e]
		from, to := cmp.Or(into[e.from], e.from), cmp.Or(into[e.to], e.to)
		if from == to {
			if inner[from] == nil {
				inner[from] = map[[2]string]fact.Tri{}
			}
			pair := [2]string{e.from, e.to}
			inner[from][pair] = inner[from][pair].Or(e.works)
			continue
		}
		k := edgeKey{from, to, e.kind, e.works, e.tls}
		if b.edges[k] == nil {
			b.edges[k] = &link{}
		}
		n := b.edges[k]
		n.pairs += l.pairs
		n.detail = cmp.Or(n.detail, l.detail)
		for _, label := range l.labels {
			if !slices.Contains(n.labels, label) {
				n.labels = append(n.labels, label)
			}
		}
	}
	for key, pairs := range inner {
		n := len(b.boxes[key].Members)
		sure := 0
		for _, works := range pairs {
			if works == fact.Yes {
				sure++
			}
		}
		text := "some reach each other"
		switch {
		case sure == 0:
			text = "may reach each other"
		case sure == n*(n-1):
			text = "reach each other"
		}
		b.boxes[key].Peers = text
	}
}

func sortedEdges(m map[edgeKey]*link) []edgeKey {
	return slices.SortedFunc(maps.Keys(m), func(x, y edgeKey) int {
		return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to), cmp.Compare(x.kind, y.kind), cmp.Compare(y.works, x.works), cmp.Compare(x.tls, y.tls))
	})
}

// graph is what was gathered, in order.
func (b *builder) graph() Graph {
	g := Graph{Notes: b.notes}
	for _, k := range slices.Sorted(maps.Keys(b.boxes)) {
		g.Boxes = append(g.Boxes, *b.boxes[k])
	}
	slices.SortStableFunc(g.Boxes, func(x, y Box) int { return cmp.Or(cmp.Compare(x.Lane, y.Lane), cmp.Compare(x.Frame, y.Frame)) })
	for _, e := range sortedEdges(b.edges) {
		l := b.edges[e]
		slices.Sort(l.labels)
		g.Edges = append(g.Edges, Edge{From: e.from, To: e.to, Kind: e.kind, Works: e.works, TLS: e.tls, Label: labelOf(l.labels, e.kind), Detail: l.detail, Count: l.pairs})
	}
	g.Frames = b.frames(g.Boxes)
	g.Title = "Network map"
	members := 0
	for _, x := range g.Boxes {
		if x.Kind != Internet && x.Kind != Service {
			members += len(x.Members)
		}
	}
	vpcs := 0
	for _, f := range g.Frames {
		if f.Kind == VPCFrame {
			vpcs++
		}
	}
	g.Subtitle = fmt.Sprintf("%s in %s, %s", counted(members, "thing", "things"), counted(vpcs, "VPC", "VPCs"), counted(len(g.Edges), "kind of connection", "kinds of connections"))
	return g
}

func labelOf(labels []string, k EdgeKind) string {
	if k == Exit && slices.ContainsFunc(labels, func(l string) bool { return l == "all traffic" || l == "tcp, udp" }) {
		return "" // whatever can leave
	}
	if slices.Contains(labels, "all traffic") {
		return "all traffic"
	}
	if len(labels) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(labels[:2], ", "), len(labels)-2)
	}
	return strings.Join(labels, ", ")
}

// frames are those that hold some box.
func (b *builder) frames(boxes []Box) []Frame {
	seen := map[string]bool{}
	var out []Frame
	add := func(f Frame) {
		if !seen[f.Key] {
			seen[f.Key] = true
			out = append(out, f)
		}
	}
	for _, x := range boxes {
		if x.Frame == "" {
			continue
		}
		vpc, cluster, inner := strings.Cut(x.Frame, "|")
		if vpc != "" {
			id := ref.ID(strings.TrimPrefix(vpc, vpcPrefix))
			f := Frame{Key: vpc, Kind: VPCFrame, Name: b.nameOf(id), ID: id}
			if v := b.VPC(id); v != nil {
				for _, block := range v.Blocks {
					if block.Prefix.IsValid() && !block.Sensitive {
						f.Detail = cmp.Or(f.Detail, block.Prefix.String())
					}
				}
			}
			add(f)
		}
		if inner {
			id := ref.ID(cluster)
			f := Frame{Key: x.Frame, Kind: ClusterFrame, Parent: vpc, Name: b.nameOf(id), ID: id}
			if c := b.Cluster(id); c != nil {
				f.Name = strings.TrimPrefix(c.Name, "cluster/")
			}
			add(f)
		}
	}
	slices.SortStableFunc(out, func(x, y Frame) int { return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Key, y.Key)) })
	return out
}
