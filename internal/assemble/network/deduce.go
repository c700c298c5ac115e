package network

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// ties joins things of which AWS demands that they are in one VPC. It is a
// union-find over the things whose VPC is not written, with the VPCs that each
// set touches.
type ties struct {
	parent map[ref.ID]ref.ID
	vpc    map[ref.ID]*ref.ID // of every thing, where its VPC is written down
	seen   map[ref.ID]map[ref.ID]bool
}

func (t *ties) root(id ref.ID) ref.ID {
	for {
		up, ok := t.parent[id]
		if !ok || up == id {
			return id
		}
		if next, ok := t.parent[up]; ok {
			t.parent[id] = next // halve the way for the next time
		}
		id = up
	}
}

// join ties two things together. Things with a known VPC do not join sets: they
// say in which VPC the set is.
func (t *ties) join(a, b ref.ID) {
	va, oka := t.vpc[a]
	vb, okb := t.vpc[b]
	switch {
	case !oka || !okb:
	case *va != "" && *vb != "":
	case *va != "":
		t.touch(b, *va)
	case *vb != "":
		t.touch(a, *vb)
	default:
		ra, rb := t.root(a), t.root(b)
		if ra == rb {
			return
		}
		t.parent[rb] = ra
		for vpc := range t.seen[rb] {
			t.touch(ra, vpc)
		}
	}
}

func (t *ties) touch(id, vpc ref.ID) {
	root := t.root(id)
	if t.seen[root] == nil {
		t.seen[root] = map[ref.ID]bool{}
	}
	t.seen[root][vpc] = true
}

// deduce finds the VPC of things that do not say it.
func (f *finisher) deduce() {
	t := &ties{parent: map[ref.ID]ref.ID{}, vpc: map[ref.ID]*ref.ID{}, seen: map[ref.ID]map[ref.ID]bool{}}
	s := f.s
	node := func(prefix string, id ref.ID, vpc *ref.ID) { t.vpc[ref.ID(prefix)+id] = vpc }
	for i := range s.Subnets {
		node("", s.Subnets[i].ID, &s.Subnets[i].VPC)
	}
	for i := range s.SecurityGroups {
		node("", s.SecurityGroups[i].ID, &s.SecurityGroups[i].VPC)
	}
	for i := range s.RouteTables {
		node("", s.RouteTables[i].ID, &s.RouteTables[i].VPC)
	}
	for i := range s.NetworkACLs {
		node("", s.NetworkACLs[i].ID, &s.NetworkACLs[i].VPC)
	}
	for i := range s.Gateways {
		node("", s.Gateways[i].ID, &s.Gateways[i].VPC)
	}
	// Load balancers and VPC endpoints share their ID with their interfaces.
	for i := range s.Endpoints {
		node("endpoint ", s.Endpoints[i].ID, &s.Endpoints[i].VPC)
	}
	for i := range s.LoadBalancers {
		node("", s.LoadBalancers[i].ID, &s.LoadBalancers[i].VPC)
		t.join(s.LoadBalancers[i].ID, "endpoint "+s.LoadBalancers[i].ID)
	}
	for i := range s.VPCEndpoints {
		node("", s.VPCEndpoints[i].ID, &s.VPCEndpoints[i].VPC)
		t.join(s.VPCEndpoints[i].ID, "endpoint "+s.VPCEndpoints[i].ID)
		for _, l := range s.VPCEndpoints[i].RouteTables.List {
			t.join(s.VPCEndpoints[i].ID, l.ID)
		}
	}
	f.known(t)
	several := map[ref.ID]bool{} // groups that are in several VPCs
	for i := range s.SecurityGroups {
		several[s.SecurityGroups[i].ID] = len(s.SecurityGroups[i].AlsoIn) > 0
	}
	for i := range s.Endpoints {
		e := &s.Endpoints[i]
		for _, l := range e.Subnets.List {
			if binds(e.Subnets, l) {
				t.join("endpoint "+e.ID, l.ID)
			}
		}
		for _, l := range e.Groups.List {
			if binds(e.Groups, l) && !several[l.ID] {
				t.join("endpoint "+e.ID, l.ID)
			}
		}
	}
	for i := range s.Gateways {
		if g := &s.Gateways[i]; g.Kind == topo.NATGateway {
			t.join(g.ID, g.Subnet)
		}
	}
	for i := range s.TransitGateways {
		for j := range s.TransitGateways[i].Attachments {
			a := &s.TransitGateways[i].Attachments[j]
			if a.Outside != "" {
				continue
			}
			node("", a.ID, &a.VPC)
			for _, l := range a.Subnets.List {
				t.join(a.ID, l.ID)
			}
		}
	}
	for _, as := range f.associated {
		for _, a := range as {
			t.join(a.subnet.ID, a.target.ID)
		}
	}
	for id, vpc := range t.vpc {
		if found := t.seen[t.root(id)]; *vpc == "" && len(found) == 1 {
			for v := range found {
				*vpc = v
			}
		}
	}
}

// binds reports whether a link tells the VPC of what has it: one of several that
// may be there tells only where the thing would be if it has this one.
func binds(list topo.Links, l topo.Link) bool {
	return l.Exists == fact.Yes || len(list.List) == 1 && list.More == ""
}

// known writes down the VPC of things that are only referred to, where the
// reference says it: the subnets that a data source looks up in a VPC, and what
// the VPC module that most designs use puts out.
func (f *finisher) known(t *ties) {
	byPrefix := map[ref.ID]ref.ID{}
	for _, res := range f.Of("data.aws_subnets", "data.aws_subnet_ids", "data.aws_security_groups", "data.aws_route_tables", "data.aws_nat_gateways", "data.aws_network_acls") {
		vpc := f.Link(res.Get("vpc_id")).ID
		if vpc = cmp.Or(vpc, f.Link(read.Filter(res, "vpc-id")).ID); vpc != "" {
			byPrefix[res.ID] = vpc
		}
	}
	for _, g := range f.Gaps() {
		if read.IsVPCModule(g) {
			byPrefix[g.ID] = f.Canonical(g.ID + ".vpc_id")
		}
	}
	for id, vpc := range t.vpc {
		if *vpc != "" {
			continue
		}
		if owner, _, ok := lastAttr(id); ok {
			*vpc = byPrefix[owner]
		} else if res, ok := f.Lookup(id); ok {
			*vpc = byPrefix[res.ID]
		}
		// A data source that looks up one of the ids that another one found.
		if res, ok := f.Find(id); ok && res.Data && *vpc == "" {
			if l := f.Link(res.Get("id")); l.ID != "" {
				if owner, _, ok := lastAttr(l.ID); ok {
					*vpc = byPrefix[owner]
				}
			}
		}
	}
}

// lastAttr cuts "data.aws_subnets.a.ids.0" into the name of the data source or
// module and the attribute.
func lastAttr(id ref.ID) (owner ref.ID, attr string, ok bool) {
	for _, attr := range []string{".ids", ".private_subnets", ".public_subnets", ".database_subnets", ".intra_subnets", ".elasticache_subnets",
		".redshift_subnets", ".outpost_subnets", ".private_route_table_ids", ".public_route_table_ids", ".database_route_table_ids",
		".intra_route_table_ids", ".default_security_group_id", ".natgw_ids", ".igw_id"} {
		if i := strings.LastIndex(string(id), attr); i > 0 {
			rest := string(id)[i+len(attr):]
			if rest == "" || rest[0] == '.' || rest[0] == '[' {
				return id[:i], attr[1:], true
			}
		}
	}
	return "", "", false
}
