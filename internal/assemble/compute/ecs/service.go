package ecs

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/container"
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// inCluster is the cluster that a value names. Without one ECS takes the default
// cluster (AWS "CreateService"), so that a value that may be absent tells none.
func (r *reader) inCluster(v resource.Value, from ref.ID) topo.Link {
	if v.Maybe {
		return topo.Link{Why: design.Why(v), Place: v.Place}
	}
	return r.clusters.Find(v, from)
}

func (r *reader) readServices() {
	for _, res := range r.d.Of("aws_ecs_service") {
		w := r.add(start{
			thing: r.d.Thing(res, "name"), kind: topo.ServiceWorkload,
			cluster: r.inCluster(res.Get("cluster"), res.ID), definition: r.findDefinition(res.Get("task_definition"), res.ID),
			launch: res.Get("launch_type"), strategy: res.Get("capacity_provider_strategy"),
			network:  awsvpc(res.Get("network_configuration"), "subnets", "security_groups", "assign_public_ip"),
			platform: res.Get("platform_version"), ignores: res.IgnoreChanges,
		})
		w.Desired = design.Int(res.Get("desired_count"), 0)
		if s, _ := design.String(res.Get("scheduling_strategy"), "").Get(); s == "DAEMON" {
			w.Desired = fact.Missing[int]("it runs one task on each host", res.Place)
		}
		w.Exec = design.Bool(res.Get("enable_execute_command"), false)
		w.Registries = wire.Written(res.Get("service_registries")) == fact.Yes
		w.Discovery, w.DiscoveryMore = r.discovery(res.Get("service_registries"))
		if v := res.Get("vpc_lattice_configurations"); wire.Written(v) != fact.No {
			w.Lattice = cmp.Or(v.Place, res.Place)
		}
		r.bindings(w, res)
		r.connect(w, res)
	}
	for _, res := range r.d.Of("aws_ecs_task_set") {
		w := r.add(start{
			thing: r.d.Thing(res), kind: topo.TaskSetWorkload,
			cluster: r.inCluster(res.Get("cluster"), res.ID), definition: r.findDefinition(res.Get("task_definition"), res.ID),
			launch: res.Get("launch_type"), strategy: res.Get("capacity_provider_strategy"),
			network:  awsvpc(res.Get("network_configuration"), "subnets", "security_groups", "assign_public_ip"),
			platform: res.Get("platform_version"), ignores: res.IgnoreChanges,
		})
		w.Desired = fact.Missing[int]("its scale is a share of the service", res.Place)
		w.Exec = fact.Missing[bool]("the service decides it", res.Place)
		w.Registries = wire.Written(res.Get("service_registries")) == fact.Yes
		w.Discovery, w.DiscoveryMore = r.discovery(res.Get("service_registries"))
		r.bindings(w, res)
	}
	r.namespaces()
	r.deployments()
}

// bindings reads the load balancers of a service, with the second target group
// of a blue/green deployment.
func (r *reader) bindings(w *topo.Workload, res resource.Resource) {
	for _, b := range res.Get("load_balancer").Items() {
		if b.Kind != resource.Map {
			w.BindingsMore = cmp.Or(w.BindingsMore, design.Why(b))
			r.mayRegister(w, b)
			continue
		}
		alternates := wire.Each(b.Get("advanced_configuration"), "alternate_target_group_arn")
		for i, arn := range append([]resource.Value{b.Get("target_group_arn")}, alternates...) {
			if i > 0 && arn.IsNull() {
				continue
			}
			r.bind(w, b, arn, i == 0)
		}
	}
}

func (r *reader) bind(w *topo.Workload, b, arn resource.Value, main bool) {
	out := topo.Binding{Container: container.NameOf(b.Get("container_name")), Port: design.Int(b.Get("container_port"), 0), Place: b.Place}
	if b.Get("container_port").IsNull() {
		out.Port = fact.Missing[int]("no container port is written", b.Place)
	}
	if out.Place.IsZero() {
		out.Place = w.Place
	}
	group := r.groups.Find(arn, w.ID)
	classic := topo.Link{}
	if main {
		classic = r.classics.Find(b.Get("elb_name"), w.ID)
	}
	// A group that may not exist says so itself; only the binding is judged here.
	switch {
	case b.Maybe:
		out.Why = "its load balancer block may be absent: " + b.Why
	case arn.Maybe:
		out.Why = design.Why(arn)
	case group.ID != "":
		out.TargetGroup = group.ID
	case classic.ID != "" && !b.Get("elb_name").Maybe:
		out.Classic = classic.ID
	default:
		out.Why = cmp.Or(group.Why, classic.Why, "no target group is written")
	}
	if out.Why != "" {
		for _, id := range []ref.ID{group.ID, classic.ID} {
			r.mayRegisterWith(id, string(w.ID)+" may register its tasks: "+out.Why)
		}
		if group.ID == "" && classic.ID == "" {
			r.mayRegister(w, arn)
		}
	}
	if out.TargetGroup != "" {
		r.groupElsewhere(out.TargetGroup, out.Place)
	}
	w.Bindings = append(w.Bindings, out)
}

// mayRegister says of all target groups that the tasks of a workload may be
// among their targets, since nobody knows which group is meant.
func (r *reader) mayRegister(w *topo.Workload, v resource.Value) {
	for i := range r.s.TargetGroups {
		t := &r.s.TargetGroups[i]
		t.TargetsMore = cmp.Or(t.TargetsMore, string(w.ID)+" may register its tasks: "+design.Why(v))
	}
}

func (r *reader) mayRegisterWith(id ref.ID, why string) {
	for i := range r.s.TargetGroups {
		if t := &r.s.TargetGroups[i]; t.ID == id && id != "" {
			t.TargetsMore = cmp.Or(t.TargetsMore, why)
		}
	}
}

// connect reads the Service Connect configuration (AWS "ServiceConnectService").
// Its proxy listens on the ingress port, or takes the place of the container's
// port.
func (r *reader) connect(w *topo.Workload, res resource.Resource) {
	v := res.Get("service_connect_configuration")
	sc := &w.ServiceConnect
	switch wire.Written(v) {
	case fact.No:
		return
	case fact.Unknown:
		sc.Enabled = fact.Missing[bool](design.Why(v), v.Place)
		return
	}
	sc.Enabled = design.Bool(v.Get("enabled"), true)
	sc.Namespace = design.Display(v.Get("namespace"))
	for _, b := range v.Get("service").Items() {
		if b.Maybe || b.Kind != resource.Map {
			sc.ServicesMore = cmp.Or(sc.ServicesMore, design.Why(b))
		}
		s := topo.ConnectService{PortName: design.Display(b.Get("port_name")), IngressPort: design.Int(b.Get("ingress_port_override"), 0), Place: b.Place}
		s.TLS = present(b.Get("tls"))
		s.Names = append(s.Names, strings.ToLower(cmp.Or(design.Display(b.Get("discovery_name")), s.PortName)))
		for _, name := range wire.Each(b.Get("client_alias"), "dns_name") {
			if name := strings.ToLower(design.Display(name)); name != "" {
				s.Names = append(s.Names, name)
			}
		}
		sc.Services = append(sc.Services, s)
		e := r.endpoints[w.ID]
		if port, known := s.IngressPort.Get(); e != nil && (!known || port != 0) {
			ports := wire.Port(s.IngressPort, false)
			if b.Maybe || b.Kind == resource.Unknown {
				ports = wire.Perhaps(ports, fact.Unknown)
			}
			e.Listens = append(e.Listens, topo.Listen{Ports: ports, What: "Service Connect " + s.PortName, Place: b.Place})
		}
	}
}

// deployments reads CodeDeploy groups: both target groups of a pair are used in
// turn.
func (r *reader) deployments() {
	byID := map[ref.ID]*topo.Workload{}
	for _, w := range r.workloads {
		byID[w.ID] = w
	}
	deployed := map[ref.ID]bool{}
	for _, res := range r.d.Of("aws_codedeploy_deployment_group") {
		w := byID[r.services.Find(res.Get("ecs_service", "service_name"), res.ID).ID]
		if w == nil || len(w.Bindings) == 0 {
			continue
		}
		deployed[w.ID] = true
		pair := res.Get("load_balancer_info", "target_group_pair_info", "target_group")
		for _, name := range wire.Each(pair, "name") {
			link := r.groups.Find(name, res.ID)
			if link.ID == "" {
				w.BindingsMore = cmp.Or(w.BindingsMore, "CodeDeploy may register its tasks with a further target group: "+link.Why)
				continue
			}
			if _, found := r.d.Find(link.ID); !found {
				w.BindingsMore = cmp.Or(w.BindingsMore, "CodeDeploy may register its tasks with target group "+string(link.ID))
				continue
			}
			has := false
			for _, b := range w.Bindings {
				has = has || b.TargetGroup == link.ID
			}
			if !has {
				w.Bindings = append(w.Bindings, topo.Binding{TargetGroup: link.ID, Container: w.Bindings[0].Container, Port: w.Bindings[0].Port, Place: res.Place})
			}
		}
	}
	for _, res := range r.d.Of("aws_ecs_service") {
		w := byID[res.ID]
		if kind, _ := design.String(res.Get("deployment_controller", "type"), "").Get(); kind == "CODE_DEPLOY" && !deployed[res.ID] {
			w.BindingsMore = cmp.Or(w.BindingsMore, "CodeDeploy changes its target group, and its deployment group is not in the design")
		}
	}
}
