// Package inventory says what is in a design, without judging it: what was read,
// how many of which things it has, where they are, and what is not here.
//
// # Model
// An [Inventory] counts things of a [topo.Snapshot] that the design itself has,
// and names the parts that it refers to and that were not read. Regions and
// accounts are those that are written: in a resource, as its owner, or in an ARN
// that is its ID.
//
// # Guarantees
// Lists are sorted, and depend on the input alone.
//
// # Not modelled
// Whether what is here is right, or all there is.
package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// Input is what one reader gave.
type Input struct {
	Kind                    string // "terraform", "plan"
	Files, Lines, Resources int
}

// Count is how many things of a kind there are.
type Count struct {
	What string // in the singular: "VPC", "task definition"
	N    int
}

// Missing is parts of one kind that are not here.
type Missing struct {
	What  string // "module terraform-aws-modules/vpc/aws", "DescribeFlowLogs"
	Why   string // as a clause
	N     int    // how often it is missing
	First ref.Place
}

// Inventory is what is in a design.
type Inventory struct {
	Inputs            []Input  // in the order of the sets
	Things            []Count  // in a fixed order; every kind is there, also with none
	Types             []Count  // resources by type as users know it, the most first
	Regions, Accounts []string // sorted; empty if none is written
	Missing           []Missing
	NotModelled       int // resources that no engine takes into account
	Remarks           int // exceptions that are written beside resources
	Warnings, Errors  int // messages about the input
}

// Of counts what the sets hold, of which s was assembled, and what was said of
// them.
func Of(sets []resource.Set, s *topo.Snapshot, diags diag.List) Inventory {
	out := Inventory{Things: things(s)}
	types, regions, accounts := map[string]int{}, map[string]bool{}, map[string]bool{}
	for _, set := range sets {
		out.Inputs = append(out.Inputs, Input{set.Kind, set.Files, set.Lines, len(set.Resources)})
		out.Remarks += len(set.Remarks)
		for _, r := range set.Resources {
			types[cmp.Or(r.Called, r.Type)]++
			if r.Region != "" {
				regions[r.Region] = true
			}
			if a, err := ref.ParseARN(string(r.ID)); err == nil {
				if a.Region != "" {
					regions[a.Region] = true
				}
				if isAccount(a.Account) {
					accounts[a.Account] = true
				}
			}
			for _, key := range []string{"OwnerId", "owner_id"} {
				if owner := r.Get(key).Text; isAccount(owner) {
					accounts[owner] = true
				}
			}
		}
	}
	out.Regions, out.Accounts = slices.Sorted(maps.Keys(regions)), slices.Sorted(maps.Keys(accounts))
	for _, t := range slices.Sorted(maps.Keys(types)) {
		out.Types = append(out.Types, Count{t, types[t]})
	}
	slices.SortStableFunc(out.Types, func(a, b Count) int { return cmp.Compare(b.N, a.N) })
	at := map[[2]string]int{}
	for _, g := range s.Gaps {
		key := [2]string{g.What, g.Why}
		i, ok := at[key]
		if !ok {
			i = len(out.Missing)
			at[key] = i
			out.Missing = append(out.Missing, Missing{What: g.What, Why: g.Why, First: g.Place})
		}
		out.Missing[i].N++
		if g.Place.Compare(out.Missing[i].First) < 0 {
			out.Missing[i].First = g.Place
		}
	}
	slices.SortFunc(out.Missing, func(a, b Missing) int { return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Why, b.Why)) })
	for _, n := range s.NotModelled {
		out.NotModelled += n.Count
	}
	for _, d := range diags {
		switch d.Level {
		case diag.Error:
			out.Errors++
		case diag.Warning:
			out.Warnings++
		}
	}
	return out
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// things are the things of the design itself, by kind.
func things(s *topo.Snapshot) []Count {
	services, other := 0, 0
	for _, w := range s.Workloads {
		if w.Kind == topo.ServiceWorkload {
			services += here(w.Thing)
		} else {
			other += here(w.Thing)
		}
	}
	return []Count{
		{"VPC", count(s.VPCs, func(t topo.VPC) topo.Thing { return t.Thing })},
		{"subnet", count(s.Subnets, func(t topo.Subnet) topo.Thing { return t.Thing })},
		{"route table", count(s.RouteTables, func(t topo.RouteTable) topo.Thing { return t.Thing })},
		{"gateway", count(s.Gateways, func(t topo.Gateway) topo.Thing { return t.Thing })},
		{"security group", count(s.SecurityGroups, func(t topo.SecurityGroup) topo.Thing { return t.Thing })},
		{"network ACL", count(s.NetworkACLs, func(t topo.NetworkACL) topo.Thing { return t.Thing })},
		{"VPC endpoint", count(s.VPCEndpoints, func(t topo.VPCEndpoint) topo.Thing { return t.Thing })},
		{"flow log", count(s.FlowLogs, func(t topo.FlowLog) topo.Thing { return t.Thing })},
		{"load balancer", count(s.LoadBalancers, func(t topo.LoadBalancer) topo.Thing { return t.Thing })},
		{"cluster", count(s.Clusters, func(t topo.Cluster) topo.Thing { return t.Thing })},
		{"service", services},
		{"other workload", other},
		{"task definition", count(s.TaskDefinitions, func(t topo.TaskDefinition) topo.Thing { return t.Thing })},
		{"host", count(s.Hosts, func(t topo.Host) topo.Thing { return t.Thing })},
		{"data store", count(s.Stores, func(t topo.Store) topo.Thing { return t.Thing })},
	}
}

func count[T any](list []T, thing func(T) topo.Thing) int {
	n := 0
	for _, t := range list {
		n += here(thing(t))
	}
	return n
}

// here is 1 for a thing that the design has, and 0 for one it only refers to.
func here(t topo.Thing) int {
	if t.Elsewhere {
		return 0
	}
	return 1
}
