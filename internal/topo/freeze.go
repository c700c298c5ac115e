package topo

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/ref"
)

// index finds things by name.
type index struct {
	vpcs        map[ref.ID]*VPC
	subnets     map[ref.ID]*Subnet
	tables      map[ref.ID]*RouteTable
	acls        map[ref.ID]*NetworkACL
	groups      map[ref.ID]*SecurityGroup
	lists       map[ref.ID]*PrefixList
	gateways    map[ref.ID]*Gateway
	peerings    map[ref.ID]*Peering
	transits    map[ref.ID]*TransitGateway
	vpcEndpoint map[ref.ID]*VPCEndpoint
	services    map[ref.ID]*EndpointService
	endpoints   map[ref.ID]*Endpoint
	balancers   map[ref.ID]*LoadBalancer
	listeners   map[ref.ID]*Listener
	targets     map[ref.ID]*TargetGroup
	clusters    map[ref.ID]*Cluster
	providers   map[ref.ID]*CapacityProvider
	definitions map[ref.ID]*TaskDefinition
	workloads   map[ref.ID]*Workload
	hosts       map[ref.ID]*Host
	stores      map[ref.ID]*Store

	holders   map[ref.ID][]*Endpoint // security group → endpoints that hold or may hold it
	ofBalance map[ref.ID][]*Listener // load balancer → its listeners
	bound     map[ref.ID][]*Workload // target group or classic load balancer → workloads
	names     map[string]int         // "svc/orders" → how many things are called so
	label     map[ref.ID]string      // what things are called
	labels    map[string]int         // "sg main", and "sg main of module.db" → how many things are called so
}

// table sorts a list by ID, keeps the first of equal IDs, and indexes it.
func table[T any](list *[]T, id func(*T) ref.ID) map[ref.ID]*T {
	by := func(a, b *T) int { return cmp.Compare(id(a), id(b)) }
	if !slices.IsSortedFunc(*list, func(a, b T) int { return by(&a, &b) }) {
		// Things are half a kilobyte each: they are moved once, not sorted.
		order := make([]*T, len(*list))
		for i := range *list {
			order[i] = &(*list)[i]
		}
		slices.SortStableFunc(order, by)
		sorted := make([]T, len(order))
		for i, t := range order {
			sorted[i] = *t
		}
		*list = sorted
	}
	*list = slices.CompactFunc(*list, func(a, b T) bool { return id(&a) == id(&b) })
	m := make(map[ref.ID]*T, len(*list))
	for i := range *list {
		m[id(&(*list)[i])] = &(*list)[i]
	}
	return m
}

// Freeze sorts every list, drops later things of an ID that is already there,
// and makes the lookup methods work. The snapshot must not be changed or copied
// by value afterwards.
func (s *Snapshot) Freeze() *Snapshot {
	x := &s.index
	x.vpcs = table(&s.VPCs, func(t *VPC) ref.ID { return t.ID })
	x.subnets = table(&s.Subnets, func(t *Subnet) ref.ID { return t.ID })
	x.tables = table(&s.RouteTables, func(t *RouteTable) ref.ID { return t.ID })
	x.acls = table(&s.NetworkACLs, func(t *NetworkACL) ref.ID { return t.ID })
	x.groups = table(&s.SecurityGroups, func(t *SecurityGroup) ref.ID { return t.ID })
	x.lists = table(&s.PrefixLists, func(t *PrefixList) ref.ID { return t.ID })
	x.gateways = table(&s.Gateways, func(t *Gateway) ref.ID { return t.ID })
	x.peerings = table(&s.Peerings, func(t *Peering) ref.ID { return t.ID })
	x.transits = table(&s.TransitGateways, func(t *TransitGateway) ref.ID { return t.ID })
	x.vpcEndpoint = table(&s.VPCEndpoints, func(t *VPCEndpoint) ref.ID { return t.ID })
	x.services = table(&s.EndpointServices, func(t *EndpointService) ref.ID { return t.ID })
	x.endpoints = table(&s.Endpoints, func(t *Endpoint) ref.ID { return t.ID })
	x.balancers = table(&s.LoadBalancers, func(t *LoadBalancer) ref.ID { return t.ID })
	x.listeners = table(&s.Listeners, func(t *Listener) ref.ID { return t.ID })
	x.targets = table(&s.TargetGroups, func(t *TargetGroup) ref.ID { return t.ID })
	x.clusters = table(&s.Clusters, func(t *Cluster) ref.ID { return t.ID })
	x.providers = table(&s.CapacityProviders, func(t *CapacityProvider) ref.ID { return t.ID })
	x.definitions = table(&s.TaskDefinitions, func(t *TaskDefinition) ref.ID { return t.ID })
	x.workloads = table(&s.Workloads, func(t *Workload) ref.ID { return t.ID })
	x.hosts = table(&s.Hosts, func(t *Host) ref.ID { return t.ID })
	x.stores = table(&s.Stores, func(t *Store) ref.ID { return t.ID })
	table(&s.Templates, func(t *Template) ref.ID { return t.ID })
	table(&s.Namespaces, func(t *Namespace) ref.ID { return t.ID })
	table(&s.FlowLogs, func(t *FlowLog) ref.ID { return t.ID })
	table(&s.Gaps, func(t *Gap) ref.ID { return t.ID })
	slices.SortStableFunc(s.NotModelled, func(a, b finding.NotModelled) int { return cmp.Compare(a.Type, b.Type) })

	x.holders = map[ref.ID][]*Endpoint{}
	for i := range s.Endpoints {
		for _, g := range s.Endpoints[i].Groups.List {
			x.holders[g.ID] = append(x.holders[g.ID], &s.Endpoints[i])
		}
	}
	x.ofBalance = map[ref.ID][]*Listener{}
	for i := range s.Listeners {
		x.ofBalance[s.Listeners[i].Balancer] = append(x.ofBalance[s.Listeners[i].Balancer], &s.Listeners[i])
	}
	x.bound = map[ref.ID][]*Workload{}
	for i := range s.Workloads {
		w := &s.Workloads[i]
		for _, b := range w.Bindings {
			to := cmp.Or(b.TargetGroup, b.Classic)
			if to != "" && !slices.Contains(x.bound[to], w) {
				x.bound[to] = append(x.bound[to], w)
			}
		}
	}
	x.names, x.labels = map[string]int{}, map[string]int{}
	seen := map[[2]string]bool{}
	var known []ref.ID
	label := func(id ref.ID) {
		known = append(known, id)
		kind, name := s.named(id)
		for _, l := range labelsOf(kind+" "+name, id) {
			if key := [2]string{l, string(original(id))}; !seen[key] {
				seen[key] = true
				x.labels[l]++
			}
		}
	}
	count := func(id ref.ID) {
		kind, name := s.named(id)
		x.names[selectors[kind]+"/"+name]++
		label(id)
	}
	for i := range s.Endpoints {
		if s.Workload(s.Endpoints[i].ID) == nil { // counted as a workload
			count(s.Endpoints[i].ID)
		}
	}
	for i := range s.Workloads {
		count(s.Workloads[i].ID)
	}
	for i := range s.SecurityGroups {
		count(s.SecurityGroups[i].ID)
	}
	for i := range s.Subnets {
		count(s.Subnets[i].ID)
	}
	for i := range s.VPCs {
		count(s.VPCs[i].ID)
	}
	for i := range s.Gateways {
		label(s.Gateways[i].ID)
	}
	for i := range s.RouteTables {
		label(s.RouteTables[i].ID)
	}
	for i := range s.NetworkACLs {
		label(s.NetworkACLs[i].ID)
	}
	for i := range s.TargetGroups {
		label(s.TargetGroups[i].ID)
	}
	x.label = make(map[ref.ID]string, len(known))
	for _, id := range known {
		x.label[id] = s.labelOf(id)
	}
	return s
}

// VPC is the VPC of a name, or nil. So are the other lookups.
func (s *Snapshot) VPC(id ref.ID) *VPC { return s.index.vpcs[id] }

// Subnet finds a subnet.
func (s *Snapshot) Subnet(id ref.ID) *Subnet { return s.index.subnets[id] }

// RouteTable finds a route table.
func (s *Snapshot) RouteTable(id ref.ID) *RouteTable { return s.index.tables[id] }

// NetworkACL finds a network ACL.
func (s *Snapshot) NetworkACL(id ref.ID) *NetworkACL { return s.index.acls[id] }

// SecurityGroup finds a security group.
func (s *Snapshot) SecurityGroup(id ref.ID) *SecurityGroup { return s.index.groups[id] }

// PrefixList finds a prefix list.
func (s *Snapshot) PrefixList(id ref.ID) *PrefixList { return s.index.lists[id] }

// Gateway finds a gateway.
func (s *Snapshot) Gateway(id ref.ID) *Gateway { return s.index.gateways[id] }

// Peering finds a VPC peering connection.
func (s *Snapshot) Peering(id ref.ID) *Peering { return s.index.peerings[id] }

// TransitGateway finds a transit gateway.
func (s *Snapshot) TransitGateway(id ref.ID) *TransitGateway { return s.index.transits[id] }

// VPCEndpoint finds a VPC endpoint.
func (s *Snapshot) VPCEndpoint(id ref.ID) *VPCEndpoint { return s.index.vpcEndpoint[id] }

// EndpointService finds a VPC endpoint service.
func (s *Snapshot) EndpointService(id ref.ID) *EndpointService { return s.index.services[id] }

// Endpoint finds an endpoint.
func (s *Snapshot) Endpoint(id ref.ID) *Endpoint { return s.index.endpoints[id] }

// LoadBalancer finds a load balancer.
func (s *Snapshot) LoadBalancer(id ref.ID) *LoadBalancer { return s.index.balancers[id] }

// Listener finds a listener.
func (s *Snapshot) Listener(id ref.ID) *Listener { return s.index.listeners[id] }

// TargetGroup finds a target group.
func (s *Snapshot) TargetGroup(id ref.ID) *TargetGroup { return s.index.targets[id] }

// Cluster finds an ECS cluster.
func (s *Snapshot) Cluster(id ref.ID) *Cluster { return s.index.clusters[id] }

// CapacityProvider finds a capacity provider of the design.
func (s *Snapshot) CapacityProvider(id ref.ID) *CapacityProvider { return s.index.providers[id] }

// TaskDefinition finds a task definition.
func (s *Snapshot) TaskDefinition(id ref.ID) *TaskDefinition { return s.index.definitions[id] }

// Workload finds a workload.
func (s *Snapshot) Workload(id ref.ID) *Workload { return s.index.workloads[id] }

// Host finds a host.
func (s *Snapshot) Host(id ref.ID) *Host { return s.index.hosts[id] }

// Store finds a data store.
func (s *Snapshot) Store(id ref.ID) *Store { return s.index.stores[id] }

// Holders are the endpoints that hold or may hold a security group, in order.
func (s *Snapshot) Holders(group ref.ID) []*Endpoint { return s.index.holders[group] }

// ListenersOf are the listeners of a load balancer, in order.
func (s *Snapshot) ListenersOf(balancer ref.ID) []*Listener { return s.index.ofBalance[balancer] }

// BoundTo are the workloads whose tasks register with a target group, or with a
// classic load balancer, in order.
func (s *Snapshot) BoundTo(target ref.ID) []*Workload { return s.index.bound[target] }
