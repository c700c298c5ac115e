package estate

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"strings"
)

func (c *cloud) describeBalancers() {
	for _, b := range c.of("aws_lb") {
		arn := str(b["arn"])
		kind := or(str(b["load_balancer_type"]), "application")
		scheme := "internet-facing"
		if yes(b["internal"], false) {
			scheme = "internal"
		}
		subnets, zones := strs(b["subnets"]), []any{}
		_, node, _ := strings.Cut(arn, "loadbalancer/")
		for _, s := range subnets {
			zones = append(zones, object{"SubnetId": s, "ZoneName": c.subnet(s)["availability_zone"], "LoadBalancerAddresses": []any{}})
			c.nic(map[string]string{"application": "interface", "network": "network_load_balancer"}[kind], "ELB "+node, s, strs(b["security_groups"]), object{"RequesterManaged": true})
		}
		lb := object{"LoadBalancerArn": arn, "LoadBalancerName": b["name"], "DNSName": str(b["name"]) + "-1234567890.eu-west-1.elb.amazonaws.com", "Scheme": scheme, "Type": kind, "VpcId": c.vpcOf(subnets),
			"State": object{"Code": "active"}, "AvailabilityZones": zones, "IpAddressType": "ipv4", "CanonicalHostedZoneId": "Z32O12XQLNTSW2"}
		if groups := strs(b["security_groups"]); len(groups) > 0 {
			lb["SecurityGroups"] = groups
			if kind == "network" {
				lb["EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"] = "on"
			}
		}
		c.answer("elbv2-describe-load-balancers", "LoadBalancers", lb)
		c.answers["elbv2-describe-load-balancer-attributes/"+url.PathEscape(arn)] = object{"Attributes": []any{
			object{"Key": "load_balancing.cross_zone.enabled", "Value": fmt.Sprint(yes(b["enable_cross_zone_load_balancing"], kind == "application"))},
			object{"Key": "deletion_protection.enabled", "Value": "false"}, object{"Key": "access_logs.s3.enabled", "Value": "false"}}}
	}
	for _, l := range c.of("aws_lb_listener") {
		listener := object{"ListenerArn": l["arn"], "LoadBalancerArn": l["load_balancer_arn"], "Port": l["port"], "Protocol": or(str(l["protocol"]), "HTTP"), "DefaultActions": actions(l["default_action"])}
		if p := str(l["protocol"]); p == "HTTPS" || p == "TLS" {
			listener["SslPolicy"] = or(str(l["ssl_policy"]), "ELBSecurityPolicy-2016-08")
			listener["Certificates"] = []any{object{"CertificateArn": l["certificate_arn"]}}
			listener["MutualAuthentication"] = object{"Mode": "off"}
		}
		c.answer("elbv2-describe-listeners", "Listeners", listener)
		if strings.Contains(str(l["arn"]), "listener/app/") {
			c.answer("elbv2-describe-rules", "Rules", object{"RuleArn": strings.Replace(str(l["arn"]), ":listener/", ":listener-rule/", 1) + "/" + c.hex(16), "Priority": "default", "IsDefault": true, "Conditions": []any{}, "Actions": actions(l["default_action"])})
		}
	}
	for _, r := range c.of("aws_lb_listener_rule") {
		conditions := []any{}
		for _, e := range objs(r["condition"]) {
			if p := first(e["path_pattern"]); len(p) > 0 {
				conditions = append(conditions, object{"Field": "path-pattern", "Values": p["values"], "PathPatternConfig": object{"Values": p["values"]}})
			}
		}
		c.answer("elbv2-describe-rules", "Rules", object{"RuleArn": r["arn"], "Priority": fmt.Sprint(r["priority"]), "IsDefault": false, "Conditions": conditions, "Actions": actions(r["action"])})
	}
	for _, g := range c.of("aws_lb_target_group") {
		arn, h := str(g["arn"]), first(g["health_check"])
		tcp := str(g["protocol"]) == "TCP"
		group := object{"TargetGroupArn": arn, "TargetGroupName": g["name"], "Port": g["port"], "Protocol": g["protocol"], "VpcId": g["vpc_id"], "TargetType": or(str(g["target_type"]), "instance"),
			"HealthCheckEnabled": true, "HealthCheckPort": or(str(h["port"]), "traffic-port"), "HealthCheckProtocol": str(h["protocol"]), "IpAddressType": "ipv4", "LoadBalancerArns": c.uses(arn)}
		switch {
		case !tcp:
			group["ProtocolVersion"] = or(str(g["protocol_version"]), "HTTP1")
			group["HealthCheckProtocol"], group["HealthCheckPath"] = or(str(h["protocol"]), "HTTP"), or(str(h["path"]), "/")
		case group["HealthCheckProtocol"] == "":
			group["HealthCheckProtocol"] = "TCP"
		}
		c.answer("elbv2-describe-target-groups", "TargetGroups", group)
		list := []any{object{"Key": "stickiness.enabled", "Value": "false"}, object{"Key": "deregistration_delay.timeout_seconds", "Value": "300"}}
		if tcp {
			list = append(list, object{"Key": "preserve_client_ip.enabled", "Value": or(str(g["preserve_client_ip"]), fmt.Sprint(str(g["target_type"]) != "ip"))})
		}
		c.answers["elbv2-describe-target-group-attributes/"+url.PathEscape(arn)] = object{"Attributes": list}
		c.answers["elbv2-describe-target-health/"+url.PathEscape(arn)] = object{"TargetHealthDescriptions": []any{}}
	}
}

// uses are the load balancers that forward to a target group.
func (c *cloud) uses(group string) []any {
	out := []any{}
	for _, l := range c.of("aws_lb_listener") {
		for _, a := range objs(l["default_action"]) {
			if str(a["target_group_arn"]) == group {
				return append(out, l["load_balancer_arn"])
			}
		}
	}
	return out
}

func actions(v any) []any {
	out := []any{}
	for i, a := range objs(v) {
		e := object{"Type": a["type"], "Order": i + 1}
		if group := str(a["target_group_arn"]); group != "" {
			e["TargetGroupArn"] = group
			e["ForwardConfig"] = object{"TargetGroups": []any{object{"TargetGroupArn": group, "Weight": 1}}, "TargetGroupStickinessConfig": object{"Enabled": false}}
		}
		if r := first(a["redirect"]); len(r) > 0 {
			e["RedirectConfig"] = object{"Protocol": or(str(r["protocol"]), "#{protocol}"), "Port": or(str(r["port"]), "#{port}"), "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}", "StatusCode": r["status_code"]}
		}
		if r := first(a["fixed_response"]); len(r) > 0 {
			e["FixedResponseConfig"] = object{"StatusCode": r["status_code"], "ContentType": r["content_type"]}
		}
		out = append(out, e)
	}
	return out
}

// awsvpc is a network configuration.
func awsvpc(v any) object {
	n := first(v)
	if len(n) == 0 {
		return nil
	}
	assign := "DISABLED"
	if yes(n["assign_public_ip"], false) {
		assign = "ENABLED"
	}
	return object{"awsvpcConfiguration": object{"subnets": strs(n["subnets"]), "securityGroups": strs(n["security_groups"]), "assignPublicIp": assign}}
}

func (c *cloud) describeECS() {
	for _, k := range c.of("aws_ecs_cluster") {
		providers := []string{}
		for _, p := range c.of("aws_ecs_cluster_capacity_providers") {
			if p["cluster_name"] == k["name"] {
				providers = strs(p["capacity_providers"])
			}
		}
		c.answer("ecs-describe-clusters", "clusters", object{"clusterArn": k["arn"], "clusterName": k["name"], "status": "ACTIVE", "capacityProviders": providers, "defaultCapacityProviderStrategy": []any{}})
	}
	for _, name := range []string{"FARGATE", "FARGATE_SPOT"} {
		c.answer("ecs-describe-capacity-providers", "capacityProviders", object{"capacityProviderArn": arnOf("ecs", "capacity-provider/"+name), "name": name, "status": "ACTIVE"})
	}
	for _, p := range c.of("aws_ecs_capacity_provider") {
		c.answer("ecs-describe-capacity-providers", "capacityProviders", object{"capacityProviderArn": p["arn"], "name": p["name"], "status": "ACTIVE",
			"autoScalingGroupProvider": object{"autoScalingGroupArn": first(p["auto_scaling_group_provider"])["auto_scaling_group_arn"], "managedTerminationProtection": "DISABLED"}})
	}
	c.describeScaling()
	for _, d := range c.of("aws_ecs_task_definition") {
		def := object{"taskDefinitionArn": d["arn"], "family": d["family"], "revision": 1, "status": "ACTIVE", "networkMode": or(str(d["network_mode"]), "bridge"), "requiresCompatibilities": strs(d["requires_compatibilities"])}
		for attr, f := range map[string]string{"execution_role_arn": "executionRoleArn", "task_role_arn": "taskRoleArn", "pid_mode": "pidMode"} {
			if v := str(d[attr]); v != "" {
				def[f] = v
			}
		}
		var containers []object
		if err := json.Unmarshal([]byte(str(d["container_definitions"])), &containers); err != nil {
			c.t.Fatal(err)
		}
		list := []any{}
		for _, k := range containers {
			filled := object{"cpu": 0, "essential": true, "environment": []any{}, "mountPoints": []any{}, "volumesFrom": []any{}, "portMappings": []any{}, "systemControls": []any{}}
			maps.Copy(filled, k)
			for _, p := range objs(filled["portMappings"]) {
				if p["protocol"] == nil {
					p["protocol"] = "tcp"
				}
				if p["hostPort"] == nil && def["networkMode"] != "bridge" {
					p["hostPort"] = p["containerPort"]
				} else if p["hostPort"] == nil {
					p["hostPort"] = 0
				}
			}
			list = append(list, filled)
		}
		def["containerDefinitions"] = list
		volumes := []any{}
		for _, v := range objs(d["volume"]) {
			e := first(v["efs_volume_configuration"])
			vol := object{"fileSystemId": e["file_system_id"], "rootDirectory": "/"}
			if s := str(e["transit_encryption"]); s != "" {
				vol["transitEncryption"] = s
			}
			volumes = append(volumes, object{"name": v["name"], "efsVolumeConfiguration": vol})
		}
		def["volumes"] = volumes
		c.answers["ecs-describe-task-definition-"+str(d["family"])] = object{"taskDefinition": def, "tags": []any{}}
	}
	c.answer("ecs-describe-tasks", "tasks")
	for _, s := range c.of("aws_ecs_service") {
		c.service(s)
	}
	for _, e := range c.of("aws_cloudwatch_event_target") {
		p := first(e["ecs_target"])
		n := awsvpc(p["network_configuration"])
		n["awsvpcConfiguration"] = capital(n["awsvpcConfiguration"].(object))
		c.answer("events-list-targets-by-rule-"+str(e["rule"]), "Targets", object{"Id": e["target_id"], "Arn": e["arn"], "RoleArn": e["role_arn"],
			"EcsParameters": object{"TaskDefinitionArn": p["task_definition_arn"], "TaskCount": num(p["task_count"], 1), "LaunchType": or(str(p["launch_type"]), "EC2"), "NetworkConfiguration": n, "EnableExecuteCommand": false}})
		c.origin["target "+str(e["target_id"])+" of EventBridge"] = c.origin[str(e["id"])]
	}
}

// capital are fields as EventBridge writes them.
func capital(v object) object {
	out := object{}
	for k, e := range v {
		out[strings.ToUpper(k[:1])+k[1:]] = e
	}
	return out
}

func (c *cloud) service(s object) {
	arn, cluster, n := str(s["arn"]), str(s["cluster"]), awsvpc(s["network_configuration"])
	if !strings.HasPrefix(cluster, "arn:") {
		cluster = arnOf("ecs", "cluster/"+cluster)
	}
	balancers := []any{}
	for _, b := range objs(s["load_balancer"]) {
		balancers = append(balancers, object{"targetGroupArn": b["target_group_arn"], "containerName": b["container_name"], "containerPort": b["container_port"]})
	}
	primary := object{"id": "ecs-svc/" + c.hex(16), "status": "PRIMARY", "taskDefinition": s["task_definition"], "desiredCount": s["desired_count"], "rolloutState": "COMPLETED"}
	out := object{"serviceArn": arn, "serviceName": s["name"], "clusterArn": cluster, "status": "ACTIVE", "desiredCount": s["desired_count"], "schedulingStrategy": or(str(s["scheduling_strategy"]), "REPLICA"), "taskDefinition": s["task_definition"],
		"loadBalancers": balancers, "serviceRegistries": []any{}, "enableExecuteCommand": yes(s["enable_execute_command"], false), "deploymentController": object{"type": "ECS"}, "deployments": []any{primary}, "propagateTags": "NONE"}
	launch := or(str(s["launch_type"]), "EC2")
	for _, m := range []object{out, primary} {
		if list := objs(s["capacity_provider_strategy"]); len(list) > 0 {
			launch = "EC2"
			m["capacityProviderStrategy"] = []any{object{"capacityProvider": list[0]["capacity_provider"], "weight": 1, "base": 0}}
		} else {
			m["launchType"] = launch
		}
		if launch == "FARGATE" {
			m["platformVersion"], m["platformFamily"] = "LATEST", "Linux"
		}
		if n != nil {
			m["networkConfiguration"] = n
		}
	}
	c.answer("ecs-describe-services", "services", out)
	for i := range int(num(s["desired_count"], 1)) {
		id := c.hex(32)
		task := object{"taskArn": arnOf("ecs", "task/"+c.name(cluster)+"/"+id), "clusterArn": cluster, "taskDefinitionArn": s["task_definition"], "group": "service:" + str(s["name"]), "launchType": launch, "lastStatus": "RUNNING", "desiredStatus": "RUNNING", "attachments": []any{}}
		if n != nil {
			in := n["awsvpcConfiguration"].(object)
			subnets := in["subnets"].([]string)
			more := object{}
			if in["assignPublicIp"] == "ENABLED" {
				more["Association"] = object{"PublicIp": fmt.Sprintf("203.0.113.%d", 90+i)}
			}
			nic := c.nic("interface", arnOf("ecs", "attachment/"+c.hex(32)), subnets[i%len(subnets)], in["securityGroups"].([]string), more)
			task["attachments"] = []any{object{"id": c.hex(32), "type": "ElasticNetworkInterface", "status": "ATTACHED", "details": []any{
				object{"name": "subnetId", "value": nic["SubnetId"]}, object{"name": "networkInterfaceId", "value": nic["NetworkInterfaceId"]}, object{"name": "privateIPv4Address", "value": nic["PrivateIpAddress"]}}}}
		}
		c.answer("ecs-describe-tasks", "tasks", task)
	}
}

// describeScaling describes Auto Scaling groups, their instances, and the
// registrations of these with the clusters that their user data name.
func (c *cloud) describeScaling() {
	for _, g := range c.of("aws_autoscaling_group") {
		template := c.with("aws_launch_template", "id", str(first(g["launch_template"])["id"]))
		script, err := base64.StdEncoding.DecodeString(str(template["user_data"]))
		if err != nil {
			c.t.Fatal(err)
		}
		groups := strs(template["vpc_security_group_ids"])
		subnets, members := strs(g["vpc_zone_identifier"]), []any{}
		for i := range int(num(g["desired_capacity"], 1)) {
			id := c.instance(template, subnets[i%len(subnets)], groups, yes(c.subnet(subnets[0])["map_public_ip_on_launch"], false))
			c.origin[id] = c.origin[str(g["id"])]
			members = append(members, object{"InstanceId": id, "LifecycleState": "InService", "HealthStatus": "Healthy"})
			_, rest, found := strings.Cut(string(script), "ECS_CLUSTER=")
			if !found {
				continue
			}
			cluster := strings.Fields(rest)[0]
			attributes := []any{object{"name": "ecs.capability.task-eni"}, object{"name": "com.amazonaws.ecs.capability.docker-remote-api.1.44"}}
			if strings.Contains(string(script), "ECS_AWSVPC_BLOCK_IMDS=true") {
				attributes = append(attributes, object{"name": "ecs.capability.task-eni-block-instance-metadata"})
			}
			c.answer("ecs-describe-container-instances", "containerInstances", object{"containerInstanceArn": arnOf("ecs", "container-instance/"+cluster+"/"+c.hex(32)), "ec2InstanceId": id, "status": "ACTIVE", "agentConnected": true, "attributes": attributes})
		}
		c.answer("autoscaling-describe-auto-scaling-groups", "AutoScalingGroups", object{"AutoScalingGroupName": g["name"], "AutoScalingGroupARN": g["arn"], "VPCZoneIdentifier": strings.Join(subnets, ","), "Instances": members})
	}
}

func (c *cloud) describeStores() {
	for _, d := range c.of("aws_db_instance") {
		group := c.with("aws_db_subnet_group", "name", str(d["db_subnet_group_name"]))
		in, groups := []any{}, []any{}
		for _, s := range strs(group["subnet_ids"]) {
			in = append(in, object{"SubnetIdentifier": s, "SubnetStatus": "Active", "SubnetAvailabilityZone": object{"Name": c.subnet(s)["availability_zone"]}})
		}
		for _, g := range strs(d["vpc_security_group_ids"]) {
			groups = append(groups, object{"VpcSecurityGroupId": g, "Status": "active"})
		}
		port := map[string]float64{"postgres": 5432, "mysql": 3306}[str(d["engine"])]
		c.answer("rds-describe-db-instances", "DBInstances", object{"DBInstanceIdentifier": d["identifier"], "DBInstanceArn": d["arn"], "DBInstanceStatus": "available", "Engine": d["engine"], "EngineVersion": d["engine_version"],
			"Endpoint": object{"Address": str(d["identifier"]) + ".abcdefghijkl.eu-west-1.rds.amazonaws.com", "Port": num(d["port"], port)}, "PubliclyAccessible": yes(d["publicly_accessible"], false), "VpcSecurityGroups": groups,
			"DBParameterGroups": []any{object{"DBParameterGroupName": or(str(d["parameter_group_name"]), "default."+str(d["engine"])), "ParameterApplyStatus": "in-sync"}},
			"DBSubnetGroup":     object{"DBSubnetGroupName": group["name"], "VpcId": c.vpcOf(strs(group["subnet_ids"])), "SubnetGroupStatus": "Complete", "Subnets": in}})
		c.nic("interface", "RDSNetworkInterface", strs(group["subnet_ids"])[0], strs(d["vpc_security_group_ids"]), object{"RequesterManaged": true})
	}
	for _, g := range c.of("aws_elasticache_subnet_group") {
		in := []any{}
		for _, s := range strs(g["subnet_ids"]) {
			in = append(in, object{"SubnetIdentifier": s, "SubnetAvailabilityZone": object{"Name": c.subnet(s)["availability_zone"]}})
		}
		c.answer("elasticache-describe-cache-subnet-groups", "CacheSubnetGroups", object{"CacheSubnetGroupName": g["name"], "ARN": g["arn"], "VpcId": c.vpcOf(strs(g["subnet_ids"])), "Subnets": in})
	}
	for _, r := range c.of("aws_elasticache_replication_group") {
		id, engine, port := str(r["replication_group_id"]), or(str(r["engine"]), "redis"), num(r["port"], 6379)
		tls, members, groups := yes(r["transit_encryption_enabled"], false), []any{}, []any{}
		for _, g := range strs(r["security_group_ids"]) {
			groups = append(groups, object{"SecurityGroupId": g, "Status": "active"})
		}
		subnets := strs(c.with("aws_elasticache_subnet_group", "name", str(r["subnet_group_name"]))["subnet_ids"])
		for i := range int(num(r["num_cache_clusters"], 1)) {
			member := fmt.Sprintf("%s-%03d", id, i+1)
			members = append(members, member)
			c.answer("elasticache-describe-cache-clusters", "CacheClusters", object{"CacheClusterId": member, "ARN": arnOf("elasticache", "cluster:"+member), "CacheClusterStatus": "available", "Engine": engine, "ReplicationGroupId": id,
				"SecurityGroups": groups, "CacheSubnetGroupName": r["subnet_group_name"], "TransitEncryptionEnabled": tls, "NumCacheNodes": 1})
			c.nic("interface", "ElastiCache "+member, subnets[i%len(subnets)], strs(r["security_group_ids"]), object{"RequesterManaged": true})
		}
		c.answer("elasticache-describe-replication-groups", "ReplicationGroups", object{"ReplicationGroupId": id, "ARN": r["arn"], "Status": "available", "Engine": engine, "MemberClusters": members, "TransitEncryptionEnabled": tls,
			"NodeGroups": []any{object{"NodeGroupId": "0001", "Status": "available", "PrimaryEndpoint": object{"Address": id + ".abcdef.ng.0001.euw1.cache.amazonaws.com", "Port": port}}}})
	}
	for _, f := range c.of("aws_efs_file_system") {
		c.answer("efs-describe-file-systems", "FileSystems", object{"FileSystemId": f["id"], "FileSystemArn": arnOf("elasticfilesystem", "file-system/"+str(f["id"])), "OwnerId": cloudAccount, "CreationToken": f["creation_token"], "LifeCycleState": "available",
			"NumberOfMountTargets": 2, "Encrypted": yes(f["encrypted"], false), "Tags": tags(f)})
	}
	for _, m := range c.of("aws_efs_mount_target") {
		n := c.nic("efs", "EFS mount target for "+str(m["file_system_id"])+" ("+str(m["id"])+")", str(m["subnet_id"]), strs(m["security_groups"]), nil)
		c.answer("efs-describe-mount-targets", "MountTargets", object{"MountTargetId": m["id"], "FileSystemId": m["file_system_id"], "SubnetId": m["subnet_id"], "LifeCycleState": "available", "OwnerId": cloudAccount,
			"IpAddress": n["PrivateIpAddress"], "NetworkInterfaceId": n["NetworkInterfaceId"], "VpcId": n["VpcId"]})
	}
}
