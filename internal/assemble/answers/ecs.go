package answers

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

func itoa(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// ecs translates clusters, services, tasks that no service starts, and the task
// definitions that these use.
func (t *translator) ecs() {
	for _, r := range t.of["ecs:CapacityProvider"] {
		b := body{"name": scalar(get(r.Body, "Name"))}
		if p := get(r.Body, "AutoScalingGroupProvider"); p.Kind == resource.Map {
			b["auto_scaling_group_provider"] = block(body{"auto_scaling_group_arn": scalar(get(p, "AutoScalingGroupArn"))}, p.Place)
		} else if p := get(r.Body, "ManagedInstancesProvider"); p.Kind == resource.Map {
			n := get(p, "InstanceLaunchTemplate", "NetworkConfiguration")
			b["cluster"] = scalar(get(r.Body, "Cluster"))
			b["managed_instances_provider"] = block(body{"instance_launch_template": block(body{
				"ec2_instance_profile_arn": scalar(get(p, "InstanceLaunchTemplate", "Ec2InstanceProfileArn")),
				"network_configuration":    block(body{"subnets": texts(strs(get(n, "Subnets")), n.Place), "security_groups": texts(strs(get(n, "SecurityGroups")), n.Place)}, n.Place),
			}, p.Place)}, p.Place)
		} else {
			continue // FARGATE and FARGATE_SPOT, which are known by name
		}
		t.put(r, string(r.ID), "aws_ecs_capacity_provider", "ECS capacity provider", b)
	}
	for _, r := range t.of["ecs:Cluster"] {
		if !in(get(r.Body, "Status"), "ACTIVE", "PROVISIONING") {
			continue
		}
		b := body{"name": scalar(get(r.Body, "ClusterName")), "capacity_providers": texts(strs(get(r.Body, "CapacityProviders")), r.Place),
			"default_capacity_provider_strategy": strategy(get(r.Body, "DefaultCapacityProviderStrategy"))}
		if c := get(r.Body, "Configuration", "ExecuteCommandConfiguration"); c.Kind == resource.Map {
			b["configuration"] = block(body{"execute_command_configuration": block(body{"logging": scalar(get(c, "Logging")), "kms_key_id": scalar(get(c, "KmsKeyId")),
				"log_configuration": block(body{"cloud_watch_log_group_name": scalar(get(c, "LogConfiguration", "CloudWatchLogGroupName"))}, c.Place)}, c.Place)}, c.Place)
		}
		t.put(r, string(r.ID), "aws_ecs_cluster", "ECS cluster", b)
	}
	used := map[string]bool{}
	for _, r := range t.of["ecs:Service"] {
		if in(get(r.Body, "Status"), "ACTIVE", "DRAINING") {
			t.service(r, used)
		}
	}
	t.attachments(used)
	t.eventTargets(used)
	t.definitions(used)
}

func strategy(list resource.Value) resource.Value {
	var out []resource.Value
	for _, e := range list.Items() {
		if p := scalar(get(e, "CapacityProvider")); !p.IsNull() {
			out = append(out, block(body{"capacity_provider": p}, e.Place))
		}
	}
	return blocks(out, list.Place)
}

// network is a network configuration as a block.
func network(v resource.Value) resource.Value {
	n := get(v, "AwsvpcConfiguration")
	if n.Kind != resource.Map {
		n = get(v, "AwsVpcConfiguration")
	}
	if n.Kind != resource.Map {
		return resource.Value{}
	}
	b := body{"subnets": texts(strs(get(n, "Subnets")), n.Place), "security_groups": texts(strs(get(n, "SecurityGroups")), n.Place),
		"assign_public_ip": truth(strings.EqualFold(str(get(n, "AssignPublicIp")), "ENABLED"))}
	if len(b["security_groups"].List) == 0 {
		delete(b, "security_groups") // the default group of the VPC (AWS "AwsVpcConfiguration")
	}
	return block(b, n.Place)
}

// launch is the launch type, or the strategy that takes its place. A provider
// with an Auto Scaling group means instances that registered themselves, and
// those are described one by one.
func (t *translator) launch(r resource.Value) (typ, providers resource.Value) {
	list := get(r, "CapacityProviderStrategy")
	typ = scalar(get(r, "LaunchType"))
	if !typ.IsNull() || list.Kind != resource.List || len(list.List) == 0 {
		return typ, resource.Value{}
	}
	for _, e := range list.List {
		name := str(get(e, "CapacityProvider"))
		ofGroup := slices.ContainsFunc(t.of["ecs:CapacityProvider"], func(p resource.Resource) bool {
			return str(get(p.Body, "Name")) == name && get(p.Body, "AutoScalingGroupProvider").Kind == resource.Map
		})
		if !ofGroup {
			return typ, strategy(list)
		}
	}
	return resource.Value{Kind: resource.String, Text: "EC2", Place: list.Place}, resource.Value{}
}

func (t *translator) service(r resource.Resource, used map[string]bool) {
	id := string(r.ID)
	b := body{"name": scalar(get(r.Body, "ServiceName")), "cluster": scalar(get(r.Body, "ClusterArn")), "desired_count": scalar(get(r.Body, "DesiredCount")),
		"scheduling_strategy": scalar(get(r.Body, "SchedulingStrategy")), "platform_version": scalar(get(r.Body, "PlatformVersion")),
		"enable_execute_command": scalar(get(r.Body, "EnableExecuteCommand")), "service_registries": registries(get(r.Body, "ServiceRegistries"))}
	if c := scalar(get(r.Body, "DeploymentController", "Type")); !c.IsNull() {
		b["deployment_controller"] = block(body{"type": c}, r.Place)
	}
	primary := resource.Value{}
	for _, d := range append(get(r.Body, "Deployments").Items(), get(r.Body, "TaskSets").Items()...) {
		if str(get(d, "Status")) == "PRIMARY" {
			primary = d
		}
	}
	b["launch_type"], b["capacity_provider_strategy"] = t.launch(r.Body)
	if b["launch_type"].IsNull() && b["capacity_provider_strategy"].IsNull() && primary.Kind == resource.Map {
		b["launch_type"], b["capacity_provider_strategy"] = t.launch(primary)
	}
	definition := cmp.Or(str(get(r.Body, "TaskDefinition")), str(get(primary, "TaskDefinition")))
	used[definition] = true
	b["task_definition"] = text(definition)
	b["network_configuration"] = network(get(r.Body, "NetworkConfiguration"))
	if b["network_configuration"].IsNull() {
		b["network_configuration"] = network(get(primary, "NetworkConfiguration"))
	}
	if b["platform_version"].IsNull() {
		b["platform_version"] = scalar(get(primary, "PlatformVersion"))
	}
	balancers := get(r.Body, "LoadBalancers")
	if len(balancers.Items()) == 0 {
		balancers = get(primary, "LoadBalancers")
	}
	b["load_balancer"] = t.bindings(balancers)
	if c := get(primary, "ServiceConnectConfiguration"); c.Kind == resource.Map {
		b["service_connect_configuration"] = connect(c)
	}
	t.put(r, id, "aws_ecs_service", "ECS service", b)
	for _, d := range get(r.Body, "Deployments").Items() {
		// Another deployment that still runs tasks is a task set of its own.
		def := str(get(d, "TaskDefinition"))
		if str(get(d, "Status")) != "ACTIVE" || def == "" || def == definition {
			continue
		}
		used[def] = true
		set := body{"service": text(id), "cluster": scalar(get(r.Body, "ClusterArn")), "task_definition": text(def),
			"network_configuration": network(get(d, "NetworkConfiguration")), "load_balancer": b["load_balancer"]}
		if set["network_configuration"].IsNull() {
			set["network_configuration"] = b["network_configuration"]
		}
		set["launch_type"], set["capacity_provider_strategy"] = t.launch(d)
		t.put(part(r, d), "deployment "+str(get(d, "Id"))+" of "+id, "aws_ecs_task_set", "ECS deployment", set)
	}
	for _, d := range get(r.Body, "TaskSets").Items() {
		if str(get(d, "Status")) == "PRIMARY" || str(get(d, "TaskDefinition")) == "" {
			continue
		}
		used[str(get(d, "TaskDefinition"))] = true
		set := body{"service": text(id), "cluster": scalar(get(r.Body, "ClusterArn")), "task_definition": scalar(get(d, "TaskDefinition")),
			"network_configuration": network(get(d, "NetworkConfiguration")), "load_balancer": t.bindings(get(d, "LoadBalancers"))}
		set["launch_type"], set["capacity_provider_strategy"] = t.launch(d)
		t.put(part(r, d), "task set "+str(get(d, "Id"))+" of "+id, "aws_ecs_task_set", "ECS task set", set)
	}
}

func registries(list resource.Value) resource.Value {
	var out []resource.Value
	for _, e := range list.Items() {
		out = append(out, block(body{"registry_arn": scalar(get(e, "RegistryArn"))}, e.Place))
	}
	return blocks(out, list.Place)
}

func (t *translator) bindings(list resource.Value) resource.Value {
	var out []resource.Value
	for _, e := range list.Items() {
		if e.Kind != resource.Map {
			continue
		}
		b := body{"target_group_arn": scalar(get(e, "TargetGroupArn")), "container_name": scalar(get(e, "ContainerName")), "container_port": scalar(get(e, "ContainerPort"))}
		if name := str(get(e, "LoadBalancerName")); name != "" {
			b["elb_name"] = text("elb " + name)
		}
		t.bound[str(get(e, "TargetGroupArn"))] = true
		if a := get(e, "AdvancedConfiguration"); a.Kind == resource.Map {
			t.bound[str(get(a, "AlternateTargetGroupArn"))] = true
			b["advanced_configuration"] = block(body{"alternate_target_group_arn": scalar(get(a, "AlternateTargetGroupArn"))}, a.Place)
		}
		out = append(out, block(b, e.Place))
	}
	return blocks(out, list.Place)
}

// connect is a Service Connect configuration.
func connect(c resource.Value) resource.Value {
	var services []resource.Value
	for _, s := range get(c, "Services").Items() {
		b := body{"port_name": scalar(get(s, "PortName")), "ingress_port_override": scalar(get(s, "IngressPortOverride"))}
		if tls := get(s, "Tls"); tls.Kind == resource.Map {
			b["tls"] = block(body{"role_arn": scalar(get(tls, "RoleArn")), "kms_key": scalar(get(tls, "KmsKey"))}, tls.Place)
		}
		services = append(services, block(b, s.Place))
	}
	return block(body{"enabled": scalar(get(c, "Enabled")), "namespace": scalar(get(c, "Namespace")), "service": blocks(services, c.Place)}, c.Place)
}

// attachments reads running tasks. Those of services are known by their
// services; the others are tasks that somebody started, with the groups of
// their interfaces.
func (t *translator) attachments(used map[string]bool) {
	services := map[string]bool{}
	for _, s := range t.of["ecs:Service"] {
		services[str(get(s.Body, "ClusterArn"))+" "+str(get(s.Body, "ServiceName"))] = true
	}
	for _, r := range t.of["ecs:Task"] {
		if !in(get(r.Body, "LastStatus"), "RUNNING", "PENDING", "PROVISIONING", "ACTIVATING") {
			continue
		}
		var nics []resource.Resource
		for _, a := range get(r.Body, "Attachments").Items() {
			for _, d := range get(a, "Details").Items() {
				if str(get(d, "Name")) == "networkInterfaceId" {
					id := str(get(d, "Value"))
					t.tasks[id] = true
					if n, ok := t.byID[ref.ID(id)]; ok {
						nics = append(nics, n)
					}
				}
			}
		}
		cluster, group := str(get(r.Body, "ClusterArn")), str(get(r.Body, "Group"))
		if name, ok := strings.CutPrefix(group, "service:"); ok && services[cluster+" "+name] {
			continue
		}
		definition := str(get(r.Body, "TaskDefinitionArn"))
		used[definition] = true
		n := body{"subnets": unknown("its network interface is not described", r.Place), "security_groups": unknown("its network interface is not described", r.Place),
			"assign_public_ip": unknown("its network interface is not described", r.Place)}
		for _, nic := range nics {
			n["subnets"] = texts([]string{str(get(nic.Body, "SubnetId"))}, nic.Place)
			n["security_groups"] = texts(strs(get(nic.Body, "Groups"), "GroupId"), nic.Place)
			n["assign_public_ip"] = truth(str(get(nic.Body, "Association", "PublicIp")) != "")
		}
		b := body{"arn": text(cluster), "target_id": text(cmp.Or(strings.TrimPrefix(group, "family:"), string(r.ID)))}
		task := body{"task_definition_arn": text(definition), "launch_type": scalar(get(r.Body, "LaunchType")), "platform_version": scalar(get(r.Body, "PlatformVersion")),
			"enable_execute_command": scalar(get(r.Body, "EnableExecuteCommand"))}
		if task["launch_type"].IsNull() {
			task["launch_type"] = unknown("the answer tells no launch type of it", r.Place)
		}
		if len(get(r.Body, "Attachments").Items()) > 0 {
			task["network_configuration"] = block(n, r.Place)
		}
		b["ecs_target"] = block(task, r.Place)
		t.put(r, string(r.ID), "aws_cloudwatch_event_target", "ECS task", b)
	}
}

func (t *translator) eventTargets(used map[string]bool) {
	for _, r := range t.of["events:Target"] {
		p := get(r.Body, "EcsParameters")
		definition := t.newest(str(get(p, "TaskDefinitionArn")))
		used[definition] = true
		task := body{"task_definition_arn": text(definition), "platform_version": scalar(get(p, "PlatformVersion")),
			"network_configuration": network(get(p, "NetworkConfiguration")), "enable_execute_command": scalar(get(p, "EnableExecuteCommand"))}
		task["launch_type"], task["capacity_provider_strategy"] = t.launch(p)
		t.put(r, "target "+str(get(r.Body, "Id"))+" of EventBridge", "aws_cloudwatch_event_target", "EventBridge target",
			body{"arn": scalar(get(r.Body, "Arn")), "target_id": scalar(get(r.Body, "Id")), "ecs_target": block(task, r.Place)})
	}
}

// family cuts the ARN of a task definition before its revision.
func family(arn string) (string, int) {
	if i := strings.LastIndexByte(arn, ':'); i > 0 {
		if n, err := strconv.Atoi(arn[i+1:]); err == nil {
			return arn[:i], n
		}
	}
	return arn, 0
}

// newest is the ARN with the newest revision that is described, if none is
// written.
func (t *translator) newest(arn string) string {
	if _, n := family(arn); n > 0 || arn == "" {
		return arn
	}
	best, out := 0, arn
	for _, d := range t.of["ecs:TaskDefinition"] {
		if f, n := family(string(d.ID)); f == arn && n > best && in(get(d.Body, "Status"), "ACTIVE") {
			best, out = n, string(d.ID)
		}
	}
	return out
}

// definitions translates the task definitions that something uses. Old
// revisions are kept by AWS for ever; without any user the newest of each family
// is taken, as something that may be started.
func (t *translator) definitions(used map[string]bool) {
	running := len(t.of["ecs:Service"])+len(t.of["ecs:Task"])+len(t.of["events:Target"]) > 0
	for _, r := range t.of["ecs:TaskDefinition"] {
		id := string(r.ID)
		f, _ := family(id)
		if !used[id] && (running || t.newest(f) != id) {
			continue
		}
		name := id[strings.LastIndexByte(id, '/')+1:]
		b := body{"family": text(name), "network_mode": scalar(get(r.Body, "NetworkMode")), "pid_mode": scalar(get(r.Body, "PidMode")),
			"requires_compatibilities": texts(strs(get(r.Body, "RequiresCompatibilities")), r.Place),
			"task_role_arn":            scalar(get(r.Body, "TaskRoleArn")), "execution_role_arn": scalar(get(r.Body, "ExecutionRoleArn")),
			"container_definitions": told(r.Body, "containerDefinitions", "ContainerDefinitions")}
		if os := scalar(get(r.Body, "RuntimePlatform", "OperatingSystemFamily")); !os.IsNull() {
			b["runtime_platform"] = block(body{"operating_system_family": os}, r.Place)
		}
		if p := get(r.Body, "ProxyConfiguration"); p.Kind == resource.Map {
			b["proxy_configuration"] = block(body{"type": scalar(get(p, "Type")), "container_name": scalar(get(p, "ContainerName"))}, p.Place)
		}
		var volumes []resource.Value
		for _, v := range get(r.Body, "Volumes").Items() {
			vol := body{"name": scalar(get(v, "Name"))}
			if e := get(v, "EfsVolumeConfiguration"); e.Kind == resource.Map {
				vol["efs_volume_configuration"] = block(body{"file_system_id": scalar(get(e, "FileSystemId")), "transit_encryption": scalar(get(e, "TransitEncryption"))}, e.Place)
			}
			if e := get(v, "FsxWindowsFileServerVolumeConfiguration"); e.Kind == resource.Map {
				vol["fsx_windows_file_server_volume_configuration"] = block(body{"file_system_id": scalar(get(e, "FileSystemId"))}, e.Place)
			}
			volumes = append(volumes, block(vol, v.Place))
		}
		b["volume"] = blocks(volumes, r.Place)
		if c := b["container_definitions"]; c.Kind != resource.Unknown {
			b["container_definitions"] = asText(c, r.Place)
		}
		t.put(r, id, "aws_ecs_task_definition", "ECS task definition", b)
	}
}

// asText is a value as the JSON text that the provider has in its place.
func asText(v resource.Value, at ref.Place) resource.Value {
	data, err := json.Marshal(native(v))
	if err != nil {
		return unknown("its containers cannot be written as JSON", at)
	}
	return resource.Value{Kind: resource.String, Text: string(data), Place: at}
}

func native(v resource.Value) any {
	switch v.Kind {
	case resource.Bool:
		return v.Bool
	case resource.Number:
		return v.Number
	case resource.String:
		return v.Text
	case resource.List:
		out := make([]any, len(v.List))
		for i, e := range v.List {
			out[i] = native(e)
		}
		return out
	case resource.Map:
		out := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(v.Map)) {
			out[k] = native(v.Map[k])
		}
		return out
	}
	return nil
}
