package ecs

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/host"
	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

const elsewhere = "the design only names it, it is made elsewhere"

func clusterElsewhere(t topo.Thing) *topo.Cluster {
	unknown := topo.Links{More: elsewhere, Place: t.Place}
	return &topo.Cluster{Thing: t, ClusterName: fact.Missing[string](elsewhere, t.Place), CapacityProviders: unknown, DefaultProviders: unknown,
		ExecLogging: fact.Missing[string](elsewhere, t.Place), ExecKey: fact.Missing[bool](elsewhere, t.Place), ExecLogGroup: fact.Missing[bool](elsewhere, t.Place)}
}

func (r *reader) readClusters() {
	for _, res := range r.d.Of("data.aws_ecs_cluster") {
		c := clusterElsewhere(r.d.Thing(res, "cluster_name"))
		c.ClusterName = design.String(res.Get("cluster_name"), "")
		r.clusterOf[res.ID] = c
	}
	for _, res := range r.d.Of("aws_ecs_cluster") {
		c := &topo.Cluster{Thing: r.d.Thing(res, "name"), ClusterName: design.String(res.Get("name"), "")}
		exec := res.Get("configuration", "execute_command_configuration")
		c.ExecLogging = design.String(exec.Get("logging"), "DEFAULT")
		c.ExecKey = present(exec.Get("kms_key_id"))
		c.ExecLogGroup = present(exec.Get("log_configuration", "cloud_watch_log_group_name"))
		if logging, ok := c.ExecLogging.Get(); !ok {
			c.ExecLogGroup = fact.Missing[bool](c.ExecLogging.Why, c.ExecLogging.Place)
		} else if logging != "OVERRIDE" {
			c.ExecLogGroup = fact.Default(false) // the configuration is not used
		}
		c.CapacityProviders = r.providers.FindAll(res.Get("capacity_providers"), res.ID)
		c.DefaultProviders = r.strategy(res.Get("default_capacity_provider_strategy"), res.ID)
		if why := r.d.GivenAway(res.ID); why != "" {
			c.CapacityProviders.More, c.DefaultProviders.More = why, why
		}
		r.clusterOf[res.ID] = c
	}
	for _, res := range r.d.Of("aws_ecs_cluster_capacity_providers") {
		link := r.clusters.Find(res.Get("cluster_name"), res.ID)
		providers := r.providers.FindAll(res.Get("capacity_providers"), res.ID)
		defaults := r.strategy(res.Get("default_capacity_provider_strategy"), res.ID)
		if res.Exists != fact.Yes {
			providers, defaults = perhaps(providers, res), perhaps(defaults, res)
		}
		if link.ID == "" {
			for _, c := range r.clusterOf {
				c.CapacityProviders.More = cmp.Or(c.CapacityProviders.More, string(res.ID)+" is for a cluster that is not known")
				c.DefaultProviders.More = cmp.Or(c.DefaultProviders.More, string(res.ID)+" is for a cluster that is not known")
			}
			continue
		}
		c := r.clusterOf[r.cluster(link, res.Place)]
		if c.Elsewhere { // whoever sets the providers of a cluster sets all of them
			c.CapacityProviders.More, c.DefaultProviders.More = "", ""
		}
		c.CapacityProviders = wire.Union(c.CapacityProviders, providers)
		c.DefaultProviders = wire.Union(c.DefaultProviders, defaults)
	}
}

func perhaps(l topo.Links, res resource.Resource) topo.Links {
	for i := range l.List {
		l.List[i].Exists, l.List[i].Why = fact.Unknown, doubt(res.Why)
	}
	return l
}

// present tells whether something is written.
func present(v resource.Value) fact.Fact[bool] {
	switch wire.Written(v) {
	case fact.Yes:
		return fact.Known(true, v.Place)
	case fact.No:
		return fact.Default(false)
	}
	return fact.Missing[bool](design.Why(v), v.Place)
}

// strategy reads the capacity providers of a strategy.
func (r *reader) strategy(v resource.Value, from ref.ID) topo.Links {
	var names []resource.Value
	for _, b := range v.Items() {
		if b.Kind == resource.Map {
			names = append(names, b.Get("capacity_provider"))
		} else {
			names = append(names, b)
		}
	}
	return r.providers.FindAll(wire.Join(names...), from)
}

func (r *reader) readProviders() {
	for _, res := range r.d.Of("aws_ecs_capacity_provider") {
		p := &topo.CapacityProvider{Thing: r.d.Thing(res, "name")}
		group, managed := res.Get("auto_scaling_group_provider"), res.Get("managed_instances_provider")
		switch {
		case wire.Written(group) == fact.Yes:
			p.Launch = fact.Known(topo.LaunchEC2, group.Place)
			link := r.autoscaling.Find(group.Get("auto_scaling_group_arn"), res.ID)
			if found, ok := r.d.Find(link.ID); ok && !found.Data {
				p.Host = link.ID
			}
		case wire.Written(managed) == fact.Yes:
			p.Launch, p.Host = fact.Known(topo.LaunchManaged, managed.Place), res.ID
			r.managed(res, managed.Get("instance_launch_template"))
		default:
			p.Launch = fact.Missing[topo.Launch]("its kind of provider is not known", res.Place)
		}
		r.providerOf[res.ID] = p
	}
}

// managed adds the instances of a Managed Instances provider. AWS runs them with
// Bottlerocket and its own user data.
func (r *reader) managed(res resource.Resource, template resource.Value) {
	const own = "AWS decides it for Managed Instances"
	t := r.d.Thing(res, "name")
	h := topo.Host{Thing: t, Managed: true, Bottlerocket: fact.Yes, UserDataPlace: res.Place,
		Metadata: topo.Metadata{Endpoint: fact.Missing[bool](own, res.Place), Tokens: fact.Missing[bool](own, res.Place),
			HopLimit: fact.Missing[int](own, res.Place), IPv6: fact.Missing[bool](own, res.Place), Place: res.Place}}
	h.InstanceProfile = wire.Named(r.d, template.Get("ec2_instance_profile_arn"))
	if link := r.clusters.Find(res.Get("cluster"), res.ID); link.ID != "" {
		h.Cluster = link.ID
	} else {
		h.ClusterWhy = cmp.Or(link.Why, "its provider names no cluster")
	}
	net := template.Get("network_configuration")
	e := wire.Read(r.d, net.Get("subnets"), net.Get("security_groups"), resource.Value{}).Endpoint(t, topo.HostEndpoint)
	e.PublicIPv4, e.IPv6 = wire.MapPublicIP(r.d, e.Subnets), wire.AssignIPv6(r.d, e.Subnets)
	e.ListensMore = host.ListensMore
	r.s.Hosts = append(r.s.Hosts, h)
	r.s.Endpoints = append(r.s.Endpoints, e)
}

// launchOf is the launch type of a capacity provider.
func (r *reader) launchOf(l topo.Link) fact.Fact[topo.Launch] {
	switch strings.ToUpper(string(l.ID)) {
	case "FARGATE", "FARGATE_SPOT":
		return fact.Known(topo.LaunchFargate, l.Place)
	}
	if p := r.providerOf[l.ID]; p != nil {
		return p.Launch
	}
	if path := strings.Split(string(l.ID), "/"); strings.HasPrefix(path[len(path)-1], "var.") {
		return fact.Missing[topo.Launch]("which capacity provider it uses is not known: "+string(l.ID)+" has no value", l.Place)
	}
	return fact.Missing[topo.Launch]("the capacity provider "+string(l.ID)+" is made elsewhere", l.Place)
}

// launch is where a workload runs: its launch type, else the kind of its
// capacity providers, else that of the cluster's default ones, else EC2 (AWS
// "CreateService").
func (r *reader) launch(typ resource.Value, strategy topo.Links, cluster ref.ID, at ref.Place) fact.Fact[topo.Launch] {
	if s := design.String(typ, ""); !typ.IsNull() && s.Or("?") != "" {
		name, ok := s.Get()
		if !ok {
			return fact.Missing[topo.Launch](s.Why, s.Place)
		}
		for _, l := range []topo.Launch{topo.LaunchFargate, topo.LaunchEC2, topo.LaunchManaged, topo.LaunchExternal} {
			if strings.EqualFold(name, l.String()) {
				return fact.Known(l, s.Place)
			}
		}
		return fact.Missing[topo.Launch]("its launch type is not one that AWS knows", s.Place)
	}
	if len(strategy.List) > 0 || strategy.More != "" {
		f := r.common(strategy)
		if l, ok := f.Get(); ok && !surely(strategy) {
			if without, known := r.launch(resource.Value{}, topo.Links{}, cluster, at).Get(); !known || without != l {
				return fact.Missing[topo.Launch]("its capacity provider strategy may be absent: "+doubt(strategy.List[0].Why), strategy.Place)
			}
		}
		return f
	}
	c := r.clusterOf[cluster]
	switch {
	case c == nil:
		return fact.Missing[topo.Launch]("it has no launch type, and its cluster is not known", at)
	case len(c.DefaultProviders.List) > 0:
		f := r.common(c.DefaultProviders)
		if l, ok := f.Get(); ok && !surely(c.DefaultProviders) && l != topo.LaunchEC2 {
			return fact.Missing[topo.Launch]("the default capacity provider strategy of its cluster may not exist", at)
		}
		return f
	case c.DefaultProviders.More != "":
		return fact.Missing[topo.Launch]("it has no launch type, and of its cluster's default capacity provider strategy is said: "+c.DefaultProviders.More, at)
	}
	return fact.Default(topo.LaunchEC2)
}

func surely(l topo.Links) bool {
	for _, e := range l.List {
		if e.Exists == fact.Yes {
			return true
		}
	}
	return false
}

// common is the launch type that all providers of a strategy share; AWS does not
// let a strategy mix Fargate with others.
func (r *reader) common(l topo.Links) fact.Fact[topo.Launch] {
	var out fact.Fact[topo.Launch]
	for i, link := range l.List {
		f := r.launchOf(link)
		v, ok := f.Get()
		switch {
		case !ok:
			return f
		case i == 0:
			out = fact.Known(v, l.Place)
		case v != out.Or(v):
			return fact.Missing[topo.Launch]("its capacity providers are of several kinds", l.Place)
		}
	}
	if len(l.List) == 0 {
		return fact.Missing[topo.Launch](l.More, l.Place)
	}
	return out
}
