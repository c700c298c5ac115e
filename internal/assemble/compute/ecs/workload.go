package ecs

import (
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// start is what all ways to start tasks have in common.
type start struct {
	thing      topo.Thing
	kind       topo.WorkloadKind
	cluster    topo.Link
	definition topo.Link
	launch     resource.Value
	strategy   resource.Value
	network    network
	platform   resource.Value
	ignores    []string
}

// network is a network configuration, however its source spells it.
type network struct {
	written                fact.Tri
	why                    string // written is unknown: why
	subnets, groups, assig resource.Value
	place                  ref.Place
}

// awsvpc reads a network configuration block with the given names of its parts.
func awsvpc(v resource.Value, subnets, groups, assign string) network {
	n := network{written: wire.Written(v), place: v.Place}
	if n.written == fact.Unknown {
		n.why = design.Why(v)
	}
	blocks := v.Items()
	if len(blocks) == 1 {
		blocks = []resource.Value{blocks[0]}
		blocks[0].Maybe = false // whether it is there is said by written
		if v := blocks[0]; v.Kind == resource.Map && !v.Place.IsZero() {
			n.place = v.Place
		}
	}
	list := resource.Value{Kind: resource.List, List: blocks}
	n.subnets, n.groups = wire.Join(wire.Each(list, subnets)...), wire.Join(wire.Each(list, groups)...)
	n.assig = wire.Join(wire.Each(list, assign)...)
	return n
}

// add adds a workload, and its endpoint if it has or may have one.
func (r *reader) add(st start) *topo.Workload {
	w := &topo.Workload{Thing: st.thing, Kind: st.kind, IgnoresChanges: st.ignores, Exec: fact.Default(false), Desired: fact.Missing[int]("it is started when it is due", st.thing.Place)}
	w.ServiceConnect.Enabled = fact.Default(false)
	w.Cluster = r.cluster(st.cluster, st.thing.Place)
	def := r.definition(st.definition)
	if def != nil {
		w.Definition = def.ID
	}
	strategy := r.strategy(st.strategy, st.thing.ID)
	r.strategyOf[w.ID] = strategy
	w.Launch = r.launch(st.launch, strategy, w.Cluster, st.thing.Place)
	w.Platform = design.String(st.platform, "LATEST")
	w.Mode = r.effective(w, def, st)
	mode, known := w.Mode.Get()
	if known && mode == topo.ModeAWSVPC || !known && st.network.written != fact.No {
		e := r.endpoint(w, def, st.network)
		if !known {
			e.Exists, e.Why = fact.Unknown, w.Mode.Why
		}
		w.Endpoint = w.ID
		r.endpoints[w.ID] = &e
	}
	r.workloads = append(r.workloads, w)
	return w
}

// effective is the network mode in effect (AWS "Amazon ECS task networking
// options"): Fargate knows awsvpc only, and a network configuration is required
// for awsvpc and refused for every other mode.
func (r *reader) effective(w *topo.Workload, def *topo.TaskDefinition, st start) fact.Fact[topo.NetworkMode] {
	mode := fact.Missing[topo.NetworkMode]("its task definition is not known: "+doubt(st.definition.Why), w.Place)
	if def != nil {
		mode = def.Mode
	}
	m, known := mode.Get()
	if l, ok := w.Launch.Get(); ok && l == topo.LaunchFargate {
		if known && m != topo.ModeAWSVPC {
			r.diags.Add(diag.Error, w.Place, "network mode that Fargate refuses",
				"The tasks run on Fargate, but their task definition is in "+m.String()+" mode, so AWS does not start them. They were read as awsvpc. Set the network mode of the task definition to awsvpc.")
		}
		if !known || m != topo.ModeAWSVPC {
			return fact.Known(topo.ModeAWSVPC, w.Launch.Place)
		}
		return mode
	}
	if known {
		return mode
	}
	switch st.network.written {
	case fact.Yes:
		return fact.Known(topo.ModeAWSVPC, st.network.place)
	case fact.No:
		if st.kind != topo.TaskSetWorkload && st.kind != topo.ServiceWorkload {
			break
		}
		return fact.Missing[topo.NetworkMode]("without a network configuration it is not awsvpc, and which other mode it is is not known: "+mode.Why, mode.Place)
	}
	return mode
}

func (r *reader) endpoint(w *topo.Workload, def *topo.TaskDefinition, n network) topo.Endpoint {
	in := wire.Read(r.d, n.subnets, n.groups, resource.Value{})
	if n.written == fact.No {
		const why = "it has no network configuration here, so whoever starts the tasks gives it"
		in.Subnets.More, in.Groups = why, topo.Links{More: why, Place: w.Place}
	}
	e := in.Endpoint(w.Thing, topo.TaskEndpoint)
	if !n.place.IsZero() {
		if e.Subnets.Place.IsZero() {
			e.Subnets.Place = n.place
		}
		if e.Groups.Place.IsZero() {
			e.Groups.Place = n.place
		}
	}
	e.PublicIPv4 = public(w.Launch, n)
	e.IPv6 = wire.HasIPv6(r.d, e.Subnets)
	if def == nil {
		e.ListensMore = "its task definition is not known"
		return e
	}
	e.ListensMore = def.ContainersMore
	for _, c := range def.Containers {
		for _, p := range c.Ports {
			e.Listens = append(e.Listens, topo.Listen{Ports: wire.Ports(p.Container, p.ContainerTo, p.Protocol == "udp"), What: "container " + c.Name, Place: p.Place})
		}
		if e.ListensMore == "" {
			e.ListensMore = c.PortsMore
		}
	}
	return e
}

// public tells whether tasks have public IPv4 addresses: only Fargate gives
// them, and only if they are asked for (AWS "AwsVpcConfiguration").
func public(launch fact.Fact[topo.Launch], n network) fact.Fact[bool] {
	f := design.Bool(n.assig, false)
	asked, ok := f.Get()
	l, known := launch.Get()
	switch {
	case known && l != topo.LaunchFargate:
		return fact.Known(false, launch.Place)
	case n.written == fact.No:
		return fact.Missing[bool]("it has no network configuration here", launch.Place)
	case ok && !asked, known:
		return f
	}
	return fact.Missing[bool](launch.Why, f.Place)
}

// standalone adds the task definitions that nothing of the design starts.
func (r *reader) standalone() {
	for _, res := range r.d.Of("aws_ecs_task_definition") {
		def := r.definitionOf[res.ID]
		if def == nil || r.started[res.ID] {
			continue
		}
		const why = "nothing of the design starts it"
		w := &topo.Workload{Thing: def.Thing, Kind: topo.StandaloneWorkload, Definition: def.ID, Mode: def.Mode,
			Launch: fact.Missing[topo.Launch](why, def.Place), Platform: fact.Missing[string](why, def.Place),
			Desired: fact.Missing[int](why, def.Place), Exec: fact.Missing[bool](why, def.Place),
			ServiceConnect: topo.ServiceConnect{Enabled: fact.Default(false)}}
		r.workloads = append(r.workloads, w)
	}
}

// hostPorts are the ports on which a host listens for a port mapping (AWS
// "PortMapping"): in host mode those of the container; in bridge mode the host
// port, which is dynamic if it is 0.
func hostPorts(mode topo.NetworkMode, p topo.PortMapping, dynamic netset.Ports) netset.Bounds {
	udp := p.Protocol == "udp"
	if mode == topo.ModeHost {
		return wire.Ports(p.Container, p.ContainerTo, udp)
	}
	port, ok := p.Host.Get()
	ranged := p.Container.Or(0) != p.ContainerTo.Or(0)
	if ok && port != 0 && !ranged {
		return wire.Port(p.Host, udp)
	}
	if !ok && !ranged {
		return netset.AtMost(wire.Port(p.Host, udp).Maybe)
	}
	proto := netset.ProtoTCP
	if udp {
		proto = netset.ProtoUDP
	}
	return netset.AtMost(dynamic.Proto(proto))
}
