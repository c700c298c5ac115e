package compute

import (
	"cmp"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

const elsewhere = "the design only names it, it is made elsewhere"

// settle makes every name resolve: classic load balancers and file systems that
// the design only names become things elsewhere, and targets that are no
// endpoint are unknown.
func settle(d *design.Design, s *topo.Snapshot) {
	balancers, stores, endpoints := map[ref.ID]bool{}, map[ref.ID]bool{}, map[ref.ID]bool{}
	for i := range s.LoadBalancers {
		balancers[s.LoadBalancers[i].ID] = true
	}
	for i := range s.Stores {
		stores[s.Stores[i].ID] = true
	}
	for i := range s.Endpoints {
		endpoints[s.Endpoints[i].ID] = true
	}
	for _, w := range s.Workloads {
		for _, b := range w.Bindings {
			if b.Classic == "" || balancers[b.Classic] {
				continue
			}
			balancers[b.Classic] = true
			t := d.Stub(b.Classic, "aws_elb", b.Place)
			unknown := topo.Links{More: elsewhere, Place: b.Place}
			boolean := fact.Missing[bool](elsewhere, b.Place)
			s.LoadBalancers = append(s.LoadBalancers, topo.LoadBalancer{Thing: t, Kind: topo.ClassicBalancer, InternetFacing: boolean,
				AddressType: fact.Missing[string](elsewhere, b.Place), CrossZone: boolean, PrivateLinkRules: fact.Default(false), ListenersMore: elsewhere})
			s.Endpoints = append(s.Endpoints, topo.Endpoint{Thing: t, Kind: topo.BalancerEndpoint, Owner: t.ID, Subnets: unknown, Groups: unknown,
				Unfiltered: fact.No, PublicIPv4: boolean, IPv6: boolean, ListensMore: elsewhere, Forwards: fact.No})
			endpoints[t.ID] = true
		}
	}
	for _, t := range s.TaskDefinitions {
		for _, v := range t.Volumes {
			if v.FileSystem == "" || stores[v.FileSystem] {
				continue
			}
			stores[v.FileSystem] = true
			st := topo.Store{Thing: d.Stub(v.FileSystem, "", v.Place), Engine: fact.Known(v.Kind, v.Place), Port: fact.Default(2049),
				Public: fact.Missing[bool](elsewhere, v.Place), RequireTLS: fact.Missing[bool](elsewhere, v.Place)}
			if v.Kind == "fsx" {
				st.Port = fact.Default(445)
			}
			s.Stores = append(s.Stores, st)
		}
	}
	for i := range s.TargetGroups {
		for j := range s.TargetGroups[i].Targets {
			t := &s.TargetGroups[i].Targets[j]
			if t.Endpoint != "" && !endpoints[t.Endpoint] {
				t.Endpoint, t.Why = "", cmp.Or(t.Why, string(t.Endpoint)+" is not in the design")
			}
		}
	}
}
