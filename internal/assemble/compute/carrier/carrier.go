// Package carrier finds everything else that has network interfaces: whatever
// resource carries security groups, by the shape of its arguments.
//
// # Model
// A resource is searched, nested blocks included, for the argument names under
// which the provider takes security groups and subnets. What is found is one
// endpoint. Databases, caches, file systems, brokers and search domains are
// stores with their ports; what only connects is a function; the rest is a
// carrier that may listen anywhere.
//
// # Guarantees
// A resource with security groups is an endpoint whatever its type. A setting
// that decides about encryption is known only where AWS leaves no other way.
//
// # Not modelled
// Interfaces of one resource with different groups: all hold all. Ports that the
// table does not name for types outside it.
package carrier

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/compute/wire"
	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// groupNames are the arguments that hold security groups of the resource itself
// (schema of the AWS provider 6.25).
var groupNames = []string{
	"security_group_ids", "security_groups", "vpc_security_group_ids", "security_group_id_list", "security_groups_ids",
	"security_group_arns", "replication_servers_security_groups_ids", "emr_managed_master_security_group",
	"emr_managed_slave_security_group", "service_access_security_group", "additional_master_security_groups",
	"additional_slave_security_groups", "engine_security_group_id", "workspace_security_group_id", "custom_security_group_id",
}

// subnetNames are the arguments that hold subnets.
var subnetNames = []string{
	"subnet_ids", "subnets", "subnet_id", "client_subnets", "vpc_subnet_ids", "subnet_arn", "subnet_arns", "vpc_zone_identifier",
}

// subnetGroups are the types that group subnets, and the arguments that name
// them.
var (
	subnetGroups = []string{"aws_db_subnet_group", "aws_elasticache_subnet_group", "aws_redshift_subnet_group", "aws_neptune_subnet_group",
		"aws_docdb_subnet_group", "aws_memorydb_subnet_group", "aws_dax_subnet_group", "aws_dms_replication_subnet_group"}
	subnetGroupNames = []string{"db_subnet_group_name", "subnet_group_name", "cluster_subnet_group_name", "neptune_subnet_group_name",
		"replication_subnet_group_id", "cache_subnet_group_name"}
)

// networkBlocks are the blocks that hold groups and subnets in most resources:
// where one is unknown, both are.
var networkBlocks = []string{"vpc_config", "vpc_options", "vpc_configuration", "network_configuration", "compute_resources", "broker_node_group_info", "ec2_attributes", "endpoint_details"}

// others are types whose arguments of these names are not their own: rules and
// groups, and what other packages read.
var others = map[string]bool{
	"aws_security_group": true, "aws_default_security_group": true, "aws_security_group_rule": true,
	"aws_vpc_security_group_ingress_rule": true, "aws_vpc_security_group_egress_rule": true, "aws_vpc_security_group_vpc_association": true,
	"aws_network_interface": true, "aws_network_interface_sg_attachment": true, "aws_vpc_endpoint": true,
	"aws_vpc_endpoint_security_group_association": true,
	"aws_lb": true, "aws_alb": true, "aws_elb": true,
	"aws_instance": true, "aws_spot_instance_request": true, "aws_spot_fleet_request": true, "aws_autoscaling_group": true,
	"aws_launch_template": true, "aws_launch_configuration": true,
	"aws_ecs_service": true, "aws_ecs_task_set": true, "aws_ecs_capacity_provider": true, "aws_ecs_express_gateway_service": true,
	"aws_ec2_fleet": true, "aws_eks_node_group": true, "aws_db_option_group": true,
	"aws_network_acl": true, "aws_default_network_acl": true, "aws_rds_cluster_instance": true, "aws_docdb_cluster_instance": true,
	"aws_neptune_cluster_instance": true,
}

// launchers start ECS tasks, whose groups are those of the tasks; what they do
// without ECS has groups of its own.
var launchers = map[string][]string{
	"aws_cloudwatch_event_target": {"ecs_target"}, "aws_scheduler_schedule": {"ecs_parameters"}, "aws_pipes_pipe": {"ecs_task_parameters"},
}

// maxDepth bounds the search in nested blocks.
const maxDepth = 12

type reader struct {
	d      *design.Design
	s      *topo.Snapshot
	groups wire.Namer
	have   map[ref.ID]bool
}

// Add appends all other endpoints of a design, and its data stores. It comes
// last: what is an endpoint already is left alone.
func Add(d *design.Design, s *topo.Snapshot) {
	r := &reader{d: d, s: s, have: map[ref.ID]bool{}}
	for i := range s.Endpoints {
		r.have[s.Endpoints[i].ID] = true
	}
	r.groups = wire.Names(d, subnetGroups, "name", "replication_subnet_group_id")
	members := r.members()
	var types []string
	for _, res := range d.All() {
		if res.Data || others[res.Type] || r.have[res.ID] || !strings.HasPrefix(res.Type, "aws_") {
			continue
		}
		f := r.search(res)
		if !f.isCarrier(res) {
			continue
		}
		if !slices.Contains(types, res.Type) {
			types = append(types, res.Type)
		}
		r.add(res, f, members[res.ID])
	}
	d.Understand(types...)
	d.Understand("aws_efs_file_system_policy", "aws_efs_file_system", "aws_efs_access_point", "aws_efs_backup_policy", "aws_rds_cluster_instance", "aws_docdb_cluster_instance",
		"aws_neptune_cluster_instance", "aws_db_parameter_group", "aws_rds_cluster_parameter_group", "aws_docdb_cluster_parameter_group",
		"aws_redshift_parameter_group")
	r.fileSystems()
}

// found is what the search met.
type found struct {
	groups, subnets, names []resource.Value
	written                bool // some argument for groups is there
}

// isCarrier reports whether a resource has interfaces: groups are written, or
// its type is in the table and always has some.
func (f found) isCarrier(res resource.Resource) bool {
	if res.Type == "aws_elasticache_cluster" && !res.Get("replication_group_id").IsNull() {
		return false // a member of a replication group has the groups of that
	}
	row := stores[res.Type]
	if row.always || row.groups != "" && len(f.subnets) > 0 {
		return true
	}
	// Lists that are surely empty are the usual way to write "not in a VPC".
	for _, v := range append(slices.Clone(f.groups), f.subnets...) {
		if f.written && wire.Written(v) != fact.No {
			return true
		}
	}
	return false
}

func (r *reader) search(res resource.Resource) found {
	var f found
	f.walk(res.Body, launchers[res.Type], 0)
	return f
}

func (f *found) walk(v resource.Value, skip []string, depth int) {
	if depth > maxDepth {
		return
	}
	switch v.Kind {
	case resource.List:
		for _, e := range v.List {
			if v.Maybe && !e.Maybe {
				e.Maybe, e.Why = true, v.Why
			}
			f.walk(e, skip, depth+1)
		}
	case resource.Map:
		for _, key := range slices.Sorted(maps.Keys(v.Map)) {
			child := v.Get(key)
			switch {
			case slices.Contains(skip, key) || key == "tags" || key == "tags_all":
			case slices.Contains(groupNames, key) && !nested(child):
				f.groups, f.written = append(f.groups, list(child)), true
			case slices.Contains(subnetNames, key) && !nested(child):
				f.subnets = append(f.subnets, list(child))
			case slices.Contains(subnetGroupNames, key):
				f.names = append(f.names, child)
			case child.Kind == resource.Unknown && slices.Contains(networkBlocks, key):
				f.groups, f.subnets, f.written = append(f.groups, child), append(f.subnets, child), true
			default:
				f.walk(child, skip, depth+1)
			}
		}
	}
}

// nested reports whether a value holds blocks: then the name is that of a block.
func nested(v resource.Value) bool {
	return v.Kind == resource.Map || v.Kind == resource.List && len(v.List) > 0 && v.List[0].Kind == resource.Map
}

// list cuts a text of names with commas, as some arguments of EMR are.
func list(v resource.Value) resource.Value {
	if v.Kind != resource.String || !strings.Contains(v.Text, ",") {
		return v
	}
	out := resource.Value{Kind: resource.List, Place: v.Place, Maybe: v.Maybe, Why: v.Why}
	for _, s := range strings.Split(v.Text, ",") {
		out.List = append(out.List, resource.Value{Kind: resource.String, Text: strings.TrimSpace(s), Place: v.Place})
	}
	return out
}

// interfaces reads where the resource is. Groups that are surely not written are
// the default group of the VPC, but only of a type that must have one.
func (r *reader) interfaces(res resource.Resource, f found) wire.Interface {
	subnets := f.subnets
	lost := ""
	for _, name := range f.names {
		link := r.groups.Find(name, res.ID)
		group, ok := r.d.Find(link.ID)
		switch {
		case link.ID == "" && link.Why == "":
		case link.ID == "":
			lost = link.Why
		case !ok || group.Data:
			lost = "the subnet group " + string(link.ID) + " is made elsewhere"
		default:
			subnets = append(subnets, group.Get("subnet_ids"))
		}
	}
	n := wire.Read(r.d, wire.Join(subnets...), wire.Join(f.groups...), wire.First(res.Get("vpc_id"), res.Get("vpc_config", "vpc_id")))
	if lost != "" && n.Subnets.More == "" {
		n.Subnets.More = lost
	}
	if len(n.Subnets.List) == 0 && n.Subnets.More == "" {
		if stores[res.Type].kind == topo.StoreEndpoint && lost == "" && n.VPC == "" && !lives(f) {
			n.VPC = read.DefaultVPC(r.d, res)
			n.Groups = wire.Groups(r.d, wire.Join(f.groups...), n.VPC)
			n.Subnets.More = "no subnet is written, so it is in the default VPC"
		} else {
			n.Subnets.More = "no subnet is written"
		}
	}
	return n
}

// lives reports whether something says where the resource is.
func lives(f found) bool { return len(f.subnets) > 0 || len(f.names) > 0 }

func (r *reader) add(res resource.Resource, f found, instances []resource.Resource) {
	row := stores[res.Type]
	t := r.d.Thing(res, "name", "identifier", "cluster_identifier", "domain_name", "replication_group_id", "cluster_id", "function_name", "cluster_name", "broker_name")
	n := r.interfaces(res, f)
	if !row.always {
		n.Groups = r.d.Links(wire.Join(f.groups...))
		if len(n.Groups.List) == 0 && n.Groups.More == "" || row.groups != "" {
			n.Groups.More = cmp.Or(row.groups, "no group is written, so the service decides")
		}
		if !surely(n.Groups) && !surely(n.Subnets) && t.Exists == fact.Yes {
			t.Exists, t.Why = fact.Unknown, cmp.Or(n.Groups.More, n.Subnets.More, "whether it is in a VPC is not known")
		}
	}
	e := n.Endpoint(t, row.kind)
	e.IPv6 = fact.Missing[bool]("the design does not say whether it has IPv6 addresses", res.Place)
	if ip := design.String(res.Get("ip_address_type"), ""); ip.Or("") == "ipv4" {
		e.IPv6 = fact.Known(false, ip.Place)
	}
	e.PublicIPv4 = fact.Default(false)
	if v := res.Get("publicly_accessible"); !v.IsNull() {
		e.PublicIPv4 = design.Bool(v, false)
	} else if row.kind == topo.CarrierEndpoint && !row.private {
		e.PublicIPv4 = fact.Missing[bool]("whether its interfaces have public addresses is not modelled", res.Place)
	}
	e.Fixed = wire.Addresses(res.Get("ip_address"))
	if row.kind == topo.FunctionEndpoint {
		r.s.Endpoints = append(r.s.Endpoints, e)
		return
	}
	if row.kind != topo.StoreEndpoint {
		e.ListensMore = "what listens on it is not modelled"
		for _, p := range row.ports {
			e.Listens = append(e.Listens, topo.Listen{Ports: p.bounds(), What: p.what, Place: res.Place})
		}
		if res.Type == "aws_ec2_instance_connect_endpoint" || res.Type == "aws_ec2_client_vpn_endpoint" {
			e.ListensMore = "" // people reach hosts from it; nothing in the VPC connects to it
		}
		r.s.Endpoints = append(r.s.Endpoints, e)
		return
	}
	st := r.store(t, res, row)
	for _, i := range instances {
		st.Public = anyTrue(st.Public, design.Bool(i.Get("publicly_accessible"), false), i)
	}
	e.PublicIPv4 = st.Public
	e.Listens, e.ListensMore = row.listens(res, st)
	if res.Type == "aws_efs_mount_target" || res.Type == "aws_s3files_mount_target" {
		e.Owner = r.fileSystem(res)
	} else {
		r.s.Stores = append(r.s.Stores, st)
	}
	r.s.Endpoints = append(r.s.Endpoints, e)
}

func surely(l topo.Links) bool {
	return slices.ContainsFunc(l.List, func(e topo.Link) bool { return e.Exists == fact.Yes })
}

// anyTrue is whether one of two is true, of which the second may not exist.
func anyTrue(a, b fact.Fact[bool], of resource.Resource) fact.Fact[bool] {
	v, known := b.Get()
	switch {
	case a.Or(false), known && !v:
		return a
	case known && of.Exists == fact.Yes:
		return b
	case known:
		return fact.Missing[bool](of.Why, of.Place)
	}
	return b
}

// members are the instances of each cluster that inherits its groups to them.
func (r *reader) members() map[ref.ID][]resource.Resource {
	clusters := wire.Names(r.d, []string{"aws_rds_cluster", "aws_docdb_cluster", "aws_neptune_cluster"}, "cluster_identifier")
	out := map[ref.ID][]resource.Resource{}
	for _, res := range r.d.Of("aws_rds_cluster_instance", "aws_docdb_cluster_instance", "aws_neptune_cluster_instance") {
		if link := clusters.Find(res.Get("cluster_identifier"), res.ID); link.ID != "" {
			out[link.ID] = append(out[link.ID], res)
		}
	}
	return out
}

// fileSystem is the file system of a mount target.
func (r *reader) fileSystem(res resource.Resource) ref.ID {
	link := r.d.Link(res.Get("file_system_id"))
	if link.ID == "" {
		return res.ID
	}
	return link.ID
}

// fileSystems adds the file systems that mount targets are for, each once.
func (r *reader) fileSystems() {
	done := map[ref.ID]bool{}
	policies := map[ref.ID]fact.Fact[bool]{}
	for _, res := range r.d.Of("aws_efs_file_system_policy") {
		f := fact.Missing[bool]("what the policy of the file system denies is not known", res.Place)
		if denies := policyDenies(res.Get("policy")); denies != fact.Unknown && res.Exists == fact.Yes {
			f = fact.Known(denies == fact.Yes, res.Get("policy").Place)
		}
		policies[r.fileSystem(res)] = f
	}
	store := func(t topo.Thing) {
		if done[t.ID] {
			return
		}
		done[t.ID] = true
		st := topo.Store{Thing: t, Engine: fact.Known("efs", t.Place), Port: fact.Default(2049), Public: fact.Default(false), RequireTLS: fact.Default(false)}
		if policy, written := policies[t.ID]; written {
			st.RequireTLS = policy
		} else if t.Elsewhere {
			st.RequireTLS = fact.Missing[bool]("the policy of the file system may require it", t.Place)
		}
		r.s.Stores = append(r.s.Stores, st)
	}
	for _, res := range r.d.Of("aws_efs_file_system") {
		store(r.d.Thing(res, "creation_token"))
	}
	for _, res := range r.d.Of("aws_efs_mount_target") {
		switch id := r.fileSystem(res); {
		case id == res.ID:
			store(r.d.Thing(res))
		default:
			store(r.d.Stub(id, "aws_efs_file_system", res.Place))
		}
	}
}
