package answers

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// owners finds the instance that each interface is attached to.
func (t *translator) owners() {
	for _, r := range t.of["ec2:Instance"] {
		for _, id := range strs(get(r.Body, "NetworkInterfaces"), "NetworkInterfaceId") {
			t.owner[id] = string(r.ID)
		}
	}
	for _, r := range t.of["ec2:NetworkInterface"] {
		if host := str(get(r.Body, "Attachment", "InstanceId")); host != "" && t.byID[ref.ID(host)].Type == "ec2:Instance" {
			t.owner[string(r.ID)] = host
		}
	}
}

// instances translates DescribeInstances. Their groups are those of their
// interfaces.
func (t *translator) instances() {
	joined := map[string]resource.Resource{}
	for _, r := range t.of["ecs:ContainerInstance"] {
		joined[str(get(r.Body, "Ec2InstanceId"))] = r
	}
	attached := map[string][]resource.Value{}
	for _, r := range t.of["ec2:NetworkInterface"] {
		if host := t.owner[string(r.ID)]; host != "" {
			attached[host] = append(attached[host], r.Body)
		}
	}
	for _, r := range t.of["ec2:Instance"] {
		if s := str(get(r.Body, "State", "Name")); s == "terminated" || s == "shutting-down" {
			continue
		}
		id := string(r.ID)
		nics := get(r.Body, "NetworkInterfaces").Items()
		if len(nics) == 0 {
			nics = attached[id]
		}
		public, v6 := str(get(r.Body, "PublicIpAddress")) != "", false
		var list []resource.Value
		check := scalar(get(r.Body, "SourceDestCheck"))
		for _, n := range nics {
			if n.Kind != resource.Map {
				continue
			}
			public = public || str(get(n, "Association", "PublicIp")) != ""
			v6 = v6 || len(get(n, "Ipv6Addresses").Items()) > 0
			if c := scalar(get(n, "SourceDestCheck")); check.IsNull() || c.Kind == resource.Bool && !c.Bool {
				check = c
			}
			list = append(list, block(body{"subnet_id": scalar(get(n, "SubnetId")), "security_groups": texts(strs(get(n, "Groups"), "GroupId"), n.Place),
				"private_ips": texts(addresses(n), n.Place)}, n.Place))
		}
		b := body{"network_interface": blocks(list, r.Place), "associate_public_ip_address": truth(public), "source_dest_check": check,
			"iam_instance_profile": scalar(get(r.Body, "IamInstanceProfile", "Arn")), "user_data": t.userData(r)}
		if len(list) == 0 {
			b["subnet_id"] = scalar(get(r.Body, "SubnetId"))
			b["vpc_security_group_ids"] = unknown("the answer has no NetworkInterfaces for it", r.Place)
			if groups := get(r.Body, "SecurityGroups"); groups.Kind == resource.List && len(groups.List) > 0 {
				b["vpc_security_group_ids"] = texts(strs(groups, "GroupId"), groups.Place)
			}
			if b["subnet_id"].IsNull() {
				b["subnet_id"] = unknown("the answer names no subnet for it", r.Place)
			}
			b["private_ip"] = scalar(get(r.Body, "PrivateIpAddress"))
		}
		if v6 {
			b["ipv6_address_count"] = number(1)
		}
		if o := get(r.Body, "MetadataOptions"); o.Kind == resource.Map {
			b["metadata_options"] = block(body{"http_endpoint": scalar(get(o, "HttpEndpoint")), "http_tokens": scalar(get(o, "HttpTokens")),
				"http_put_response_hop_limit": scalar(get(o, "HttpPutResponseHopLimit")), "http_protocol_ipv6": scalar(get(o, "HttpProtocolIpv6"))}, o.Place)
		}
		if c, ok := joined[id]; ok {
			b["container_instance"] = containerInstance(c)
		}
		t.put(r, id, "aws_instance", "EC2 instance", b)
	}
}

// containerInstance is what an agent that registered itself told about its
// host: its cluster, and that it keeps tasks from instance metadata.
func containerInstance(c resource.Resource) resource.Value {
	b := body{"cluster": text(clusterOf(c))}
	if slices.Contains(strs(get(c.Body, "Attributes"), "Name"), "ecs.capability.task-eni-block-instance-metadata") {
		b["block_instance_metadata"] = truth(true)
	}
	return block(b, c.Place)
}

// clusterOf is the ARN of the cluster of a container instance, from its own
// (AWS "Amazon Resource Names (ARNs) and IDs").
func clusterOf(c resource.Resource) string {
	if cluster := str(get(c.Body, "ClusterArn")); cluster != "" {
		return cluster
	}
	a, err := ref.ParseARN(string(c.ID))
	if err != nil {
		return ""
	}
	if parts := strings.Split(a.Resource, "/"); len(parts) == 3 {
		a.Resource = "cluster/" + parts[1]
		return a.String()
	}
	return ""
}

// userData is the user data of an instance, which only one call tells.
func (t *translator) userData(r resource.Resource) resource.Value {
	a, ok := t.byID[r.ID+"/UserData"]
	if !ok {
		return unknown("no answer to DescribeInstanceAttribute with userData is here for it", r.Place)
	}
	v := get(a.Body, "UserData", "Value")
	data, err := base64.StdEncoding.DecodeString(str(v))
	if err != nil {
		return unknown("its user data is not written in base64", a.Place)
	}
	return resource.Value{Kind: resource.String, Text: string(data), Place: a.Place, Sensitive: true}
}

// addresses are the private addresses of an interface.
func addresses(n resource.Value) []string {
	out := strs(get(n, "PrivateIpAddresses"), "PrivateIpAddress")
	if len(out) == 0 {
		if ip := str(get(n, "PrivateIpAddress")); ip != "" {
			out = []string{ip}
		}
	}
	for _, ip := range get(n, "Ipv6Addresses").Items() {
		if s := str(get(ip, "Ipv6Address")); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// interfaces translates the interfaces that belong to nothing else that is
// described.
func (t *translator) interfaces() {
	for _, r := range t.of["ec2:NetworkInterface"] {
		id := string(r.ID)
		if t.owner[id] != "" || t.belongs(r) {
			continue
		}
		b := body{
			"subnet_id": scalar(get(r.Body, "SubnetId")), "security_groups": texts(strs(get(r.Body, "Groups"), "GroupId"), r.Place),
			"private_ips": texts(addresses(r.Body), r.Place), "source_dest_check": scalar(get(r.Body, "SourceDestCheck")),
			"description": scalar(get(r.Body, "Description")), "interface_type": scalar(get(r.Body, "InterfaceType")),
		}
		if len(b["security_groups"].List) == 0 {
			b["security_groups"] = unknown("the answer has no Groups for it", r.Place)
		}
		if ip := get(r.Body, "Association", "PublicIp"); str(ip) != "" {
			b["association"] = block(body{"public_ip": ip}, ip.Place)
		}
		if host := str(get(r.Body, "Attachment", "InstanceId")); host != "" {
			b["attachment"] = block(body{"instance": text(host)}, r.Place)
		}
		if n := len(get(r.Body, "Ipv6Addresses").Items()); n > 0 {
			b["ipv6_address_count"] = number(float64(n))
		}
		t.put(r, id, "aws_network_interface", "EC2 network interface", b)
	}
}

// belongs reports whether an interface is a part of a thing that is described,
// or of one that holds no security groups: so says its type, or its description
// (AWS "Requester-managed network interfaces").
func (t *translator) belongs(r resource.Resource) bool {
	kind, about := str(get(r.Body, "InterfaceType")), str(get(r.Body, "Description"))
	rest := func(prefix string) (string, bool) { return strings.CutPrefix(about, prefix) }
	known := func(typ, id string) bool { return t.byID[ref.ID(id)].Type == typ }
	switch {
	case kind == "natGateway" || kind == "nat_gateway" || kind == "transit_gateway" || kind == "gateway_load_balancer":
		return true
	case strings.HasPrefix(about, "Interface for NAT Gateway "), strings.HasPrefix(about, "Network Interface for Transit Gateway Attachment "):
		return true
	case strings.HasPrefix(about, "VPC Endpoint Interface "):
		id, _ := rest("VPC Endpoint Interface ")
		return known("ec2:VpcEndpoint", id)
	case strings.HasPrefix(about, "ELB "):
		name, _ := rest("ELB ")
		for _, lb := range t.of["elbv2:LoadBalancer"] {
			if strings.HasSuffix(string(lb.ID), "loadbalancer/"+name) {
				return true
			}
		}
		return slices.ContainsFunc(t.of["elb:LoadBalancer"], func(lb resource.Resource) bool { return str(get(lb.Body, "LoadBalancerName")) == name })
	case strings.HasPrefix(about, "arn:aws") && strings.Contains(about, ":attachment/"):
		return t.tasks[string(r.ID)] || t.holds(r, "aws_ecs_service", "network_configuration")
	case strings.HasPrefix(about, "AWS Lambda VPC ENI"):
		return t.holds(r, "aws_lambda_function", "vpc_config")
	case strings.HasPrefix(about, "RDSNetworkInterface"):
		return t.holds(r, "aws_db_instance", "") || t.holds(r, "aws_rds_cluster", "") || t.holds(r, "aws_db_proxy", "")
	case strings.HasPrefix(about, "ElastiCache "):
		return t.holds(r, "aws_elasticache_cluster", "") || t.holds(r, "aws_elasticache_replication_group", "")
	case strings.HasPrefix(about, "EFS mount target for "):
		return t.holds(r, "aws_efs_mount_target", "")
	case strings.HasPrefix(about, "ES ") || strings.HasPrefix(about, "OpenSearch"):
		return t.holds(r, "aws_opensearch_domain", "vpc_options")
	}
	return false
}

// holds reports whether a thing of a type that was translated holds exactly the
// groups of an interface, and is in its subnet.
func (t *translator) holds(r resource.Resource, typ, in string) bool {
	groups, subnet := strs(get(r.Body, "Groups"), "GroupId"), str(get(r.Body, "SubnetId"))
	slices.Sort(groups)
	for _, o := range t.out {
		if o.Type != typ {
			continue
		}
		b := o.Body
		if in != "" {
			b = o.Get(in)
		}
		var have, subnets []string
		for _, key := range []string{"security_groups", "security_group_ids", "vpc_security_group_ids"} {
			have = append(have, strs(b.Get(key))...)
		}
		for _, key := range []string{"subnets", "subnet_ids"} {
			subnets = append(subnets, strs(b.Get(key))...)
		}
		if s := str(b.Get("subnet_id")); s != "" {
			subnets = append(subnets, s)
		}
		slices.Sort(have)
		if slices.Equal(have, groups) && slices.Contains(subnets, subnet) {
			return true
		}
	}
	return false
}
