package ecs

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/balance"
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// groupElsewhere makes a target group that the design only names a thing.
func (r *reader) groupElsewhere(id ref.ID, at ref.Place) {
	if r.groupIDs == nil {
		r.groupIDs = map[ref.ID]bool{}
		for i := range r.s.TargetGroups {
			r.groupIDs[r.s.TargetGroups[i].ID] = true
		}
	}
	if r.groupIDs[id] {
		return
	}
	r.groupIDs[id] = true
	r.s.TargetGroups = append(r.s.TargetGroups, balance.Elsewhere(r.d, id, at))
}

// placeOnHosts tells hosts their clusters, workloads their hosts, and hosts the
// ports of the tasks that may run on them.
func (r *reader) placeOnHosts() {
	hosts := map[ref.ID]*topo.Host{}
	for i := range r.s.Hosts {
		hosts[r.s.Hosts[i].ID] = &r.s.Hosts[i]
	}
	// A capacity provider works only if the instances join the cluster that uses
	// it, so it tells the cluster of a host whose user data does not.
	users := map[ref.ID][]ref.ID{} // host → clusters
	for _, c := range r.clusterOf {
		for _, l := range c.CapacityProviders.List {
			if p := r.providerOf[l.ID]; p != nil && p.Host != "" && l.Exists == fact.Yes {
				users[p.Host] = append(users[p.Host], c.ID)
			}
		}
	}
	for id, clusters := range users {
		if h := hosts[id]; h != nil && h.Cluster == "" && len(clusters) == 1 {
			h.Cluster, h.ClusterWhy = clusters[0], ""
		}
	}
	for i := range r.s.Hosts {
		if h := &r.s.Hosts[i]; h.Cluster != "" {
			r.cluster(topo.Link{ID: h.Cluster, Place: h.UserDataPlace}, h.Place)
		}
	}
	endpoints := map[ref.ID]*topo.Endpoint{}
	for i := range r.s.Endpoints {
		endpoints[r.s.Endpoints[i].ID] = &r.s.Endpoints[i]
	}
	for _, w := range r.workloads {
		r.hostsOf(w)
		r.listenOn(w, hosts, endpoints)
	}
}

// hostsOf finds the hosts that a workload may run on: those of its capacity
// providers, or all of its cluster.
func (r *reader) hostsOf(w *topo.Workload) {
	if l, ok := w.Launch.Get(); ok && (l == topo.LaunchFargate || l == topo.LaunchExternal) {
		return
	}
	if w.Kind == topo.StandaloneWorkload {
		w.Hosts.More = "nothing of the design starts it, so it may run on any host"
		return
	}
	out := topo.Links{Place: w.Place}
	if !w.Launch.IsKnown() {
		out.More = "whether it runs on hosts is not known: " + w.Launch.Why
	}
	strategy := r.strategyOf[w.ID]
	if len(strategy.List) > 0 || strategy.More != "" {
		out.More = cmp.Or(strategy.More, out.More)
		for _, l := range strategy.List {
			p := r.providerOf[l.ID]
			switch {
			case p == nil:
				out.More = cmp.Or(out.More, "the hosts of capacity provider "+string(l.ID)+" are not in the design")
			case p.Host == "":
				out.More = cmp.Or(out.More, "the Auto Scaling group of "+string(l.ID)+" is not in the design")
			default:
				out.List = append(out.List, topo.Link{ID: p.Host, Exists: l.Exists, Why: l.Why, Place: l.Place})
			}
		}
		w.Hosts = wire.Sorted(out)
		return
	}
	c := r.clusterOf[w.Cluster]
	switch {
	case w.Cluster == "":
		out.More = cmp.Or(out.More, "its cluster is not known")
	case c != nil && c.Elsewhere:
		out.More = cmp.Or(out.More, "its cluster is made elsewhere, and so may be its hosts")
	case c != nil:
		out.More = cmp.Or(out.More, r.d.GivenAway(c.ID))
	}
	for i := range r.s.Hosts {
		h := &r.s.Hosts[i]
		switch {
		case h.Cluster != "" && h.Cluster == w.Cluster:
			out.List = append(out.List, topo.Link{ID: h.ID, Exists: h.Exists, Why: h.Why, Place: h.Place})
		case h.Cluster == "" && h.ClusterWhy != "":
			out.Candidates = append(out.Candidates, h.ID)
			out.More = cmp.Or(out.More, "which cluster "+string(h.ID)+" joins is not known: "+h.ClusterWhy)
		}
	}
	if len(out.List) == 0 {
		out.More = cmp.Or(out.More, "the hosts of its cluster are not in the design")
	}
	w.Hosts = wire.Sorted(out)
}

// listenOn adds the ports of a workload to the hosts it may run on. Only where
// there is exactly one host is it sure that the port is open there.
func (r *reader) listenOn(w *topo.Workload, hosts map[ref.ID]*topo.Host, endpoints map[ref.ID]*topo.Endpoint) {
	mode, known := w.Mode.Get()
	def := r.definitionOf[w.Definition]
	if known && mode != topo.ModeBridge && mode != topo.ModeHost && mode != topo.ModeNAT || def == nil {
		return
	}
	sure := known && len(w.Hosts.List) == 1 && w.Hosts.More == "" && w.Hosts.List[0].Exists == fact.Yes && w.Exists == fact.Yes
	for _, l := range w.Hosts.List {
		e, h := endpoints[l.ID], hosts[l.ID]
		if e == nil || h == nil {
			continue
		}
		for _, c := range def.Containers {
			for _, p := range c.Ports {
				ports := hostPorts(mode, p, dynamicPorts(h, mode))
				if !known {
					ports = ports.Or(hostPorts(topo.ModeHost, p, netset.NoPorts()))
				}
				if !sure {
					ports = netset.AtMost(ports.Maybe)
				}
				e.Listens = append(e.Listens, topo.Listen{Ports: ports, What: "container " + c.Name + " of " + w.Name, Place: p.Place})
			}
		}
	}
}

// dynamicPorts are the ports that a host may give to mappings without a host
// port: what its agent is told, else all that some image uses (AWS
// "PortMapping", hostPort).
func dynamicPorts(h *topo.Host, mode topo.NetworkMode) netset.Ports {
	from, to := uint16(32768), uint16(65535)
	if mode == topo.ModeNAT {
		from = 49152
	}
	if s := h.UserData.Agent.Get("ECS_DYNAMIC_HOST_PORT_RANGE"); s.Known && s.Set {
		lo, hi, ok := strings.Cut(s.Value, "-")
		a, err1 := strconv.ParseUint(strings.TrimSpace(lo), 10, 16)
		b, err2 := strconv.ParseUint(strings.TrimSpace(hi), 10, 16)
		if ok && err1 == nil && err2 == nil && a <= b {
			from, to = uint16(a), uint16(b)
		}
	} else if !s.Known {
		from = 1024 // the agent may be told any range
	}
	return netset.TCP(from, to).Union(netset.UDP(from, to))
}
