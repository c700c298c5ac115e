package estate

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Where the deployments of these tests are.
const (
	cloudRegion  = "eu-west-1"
	cloudAccount = "111122223333"
)

// object is JSON as AWS answers it.
type object = map[string]any

// cloud is what AWS would have after Terraform applied a design: every resource
// has an id and an ARN, every reference is what it refers to, and what AWS makes
// unasked (main route tables, default groups and ACLs, network interfaces) is
// there.
type cloud struct {
	t       testing.TB
	by      map[ref.ID]resource.Resource
	order   []ref.ID
	known   map[ref.ID]object // attributes that AWS gave or was given
	made    int               // how many ids were given
	origin  map[string]ref.ID // id or ARN → the resource that Terraform calls so
	nics    []object          // network interfaces
	nextIP  map[string]netip.Addr
	answers map[string]object // by name of the file
}

// cloudOf applies a design.
func cloudOf(t testing.TB, set resource.Set) *cloud {
	c := &cloud{t: t, by: map[ref.ID]resource.Resource{}, known: map[ref.ID]object{}, origin: map[string]ref.ID{}, nextIP: map[string]netip.Addr{}, answers: map[string]object{}}
	if len(set.Missing) > 0 {
		t.Fatalf("the design is not whole: %+v", set.Missing)
	}
	for _, r := range set.Resources {
		c.by[r.ID] = r
		c.order = append(c.order, r.ID)
	}
	slices.Sort(c.order)
	for _, id := range c.order {
		c.attrs(id)
	}
	c.describe()
	return c
}

// idPrefix is how ids of things in EC2 and EFS begin (AWS "Resource IDs").
var idPrefix = map[string]string{
	"aws_vpc": "vpc", "aws_subnet": "subnet", "aws_internet_gateway": "igw", "aws_nat_gateway": "nat", "aws_eip": "eipalloc",
	"aws_route_table": "rtb", "aws_route_table_association": "rtbassoc", "aws_security_group": "sg", "aws_network_acl": "acl",
	"aws_vpc_endpoint": "vpce", "aws_flow_log": "fl", "aws_instance": "i", "aws_launch_template": "lt",
	"aws_vpc_security_group_ingress_rule": "sgr", "aws_vpc_security_group_egress_rule": "sgr",
	"aws_vpc_peering_connection": "pcx", "aws_ec2_transit_gateway": "tgw", "aws_ec2_transit_gateway_vpc_attachment": "tgw-attach",
	"aws_efs_file_system": "fs", "aws_efs_mount_target": "fsmt",
}

// hex is a number that was not given before.
func (c *cloud) hex(digits int) string {
	c.made++
	return fmt.Sprintf("%0*x", digits, 0xa0+c.made)
}

func arnOf(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, cloudRegion, cloudAccount, resource)
}

// attrs are the attributes of a resource after apply. They are made when they
// are first asked for: a listener needs the ARN of its load balancer.
func (c *cloud) attrs(id ref.ID) object {
	if a, ok := c.known[id]; ok {
		return a
	}
	r, ok := c.by[id]
	if !ok || r.Data {
		c.t.Fatalf("a deployment does not know what %s is", id)
	}
	a := object{}
	c.known[id] = a
	c.identify(r, a)
	for _, name := range []string{"id", "arn"} {
		if s, ok := a[name].(string); ok && s != "" {
			c.origin[s] = id
		}
	}
	for k, v := range r.Body.Map {
		if !v.IsNull() {
			a[k] = c.value(v)
		}
	}
	return a
}

// identify gives a resource its id and ARN.
func (c *cloud) identify(r resource.Resource, a object) {
	text := func(name string) string {
		s, _ := c.value(r.Get(name)).(string)
		return s
	}
	both := func(arn string) { a["id"], a["arn"] = arn, arn }
	switch r.Type {
	case "aws_lb":
		kind := map[string]string{"network": "net"}[text("load_balancer_type")]
		if kind == "" {
			kind = "app"
		}
		both(arnOf("elasticloadbalancing", "loadbalancer/"+kind+"/"+text("name")+"/"+c.hex(16)))
	case "aws_lb_target_group":
		both(arnOf("elasticloadbalancing", "targetgroup/"+text("name")+"/"+c.hex(16)))
	case "aws_lb_listener":
		both(strings.Replace(text("load_balancer_arn"), ":loadbalancer/", ":listener/", 1) + "/" + c.hex(16))
	case "aws_lb_listener_rule":
		both(strings.Replace(text("listener_arn"), ":listener/", ":listener-rule/", 1) + "/" + c.hex(16))
	case "aws_ecs_cluster":
		both(arnOf("ecs", "cluster/"+text("name")))
	case "aws_ecs_service":
		both(arnOf("ecs", "service/"+c.name(text("cluster"))+"/"+text("name")))
	case "aws_ecs_task_definition":
		a["id"], a["arn"] = text("family"), arnOf("ecs", "task-definition/"+text("family")+":1")
	case "aws_ecs_capacity_provider":
		both(arnOf("ecs", "capacity-provider/"+text("name")))
	case "aws_db_instance":
		a["id"], a["arn"] = text("identifier"), arnOf("rds", "db:"+text("identifier"))
	case "aws_db_subnet_group":
		a["id"], a["arn"] = text("name"), arnOf("rds", "subgrp:"+text("name"))
	case "aws_elasticache_subnet_group":
		a["id"], a["arn"] = text("name"), arnOf("elasticache", "subnetgroup:"+text("name"))
	case "aws_elasticache_replication_group":
		a["id"], a["arn"] = text("replication_group_id"), arnOf("elasticache", "replicationgroup:"+text("replication_group_id"))
	case "aws_autoscaling_group":
		a["id"], a["arn"] = text("name"), arnOf("autoscaling", "autoScalingGroup:0a1b2c3d:autoScalingGroupName/"+text("name"))
	case "aws_s3_bucket":
		a["id"], a["arn"] = text("bucket"), "arn:aws:s3:::"+text("bucket")
	case "aws_cloudwatch_event_rule":
		a["id"], a["arn"] = text("name"), arnOf("events", "rule/"+text("name"))
	case "aws_cloudwatch_event_target", "aws_ecs_cluster_capacity_providers", "aws_route":
		a["id"] = string(r.ID) // no thing of its own in AWS
	default:
		prefix, ok := idPrefix[r.Type]
		if !ok {
			c.t.Fatalf("a deployment does not know the type of %s", r.ID)
		}
		a["id"] = prefix + "-0" + c.hex(16)
		a["arn"] = arnOf("ec2", r.Type+"/"+a["id"].(string))
		if r.Type == "aws_vpc" {
			a["default_security_group_id"], a["main_route_table_id"], a["default_network_acl_id"] = "sg-0"+c.hex(16), "rtb-0"+c.hex(16), "acl-0"+c.hex(16)
		}
		if r.Type == "aws_ec2_transit_gateway" {
			a["association_default_route_table_id"] = "tgw-rtb-0" + c.hex(16)
		}
		if r.Type == "aws_vpc_endpoint" && strings.HasSuffix(text("service_name"), ".s3") {
			a["prefix_list_id"] = "pl-6da54004"
		}
	}
}

// name is the last part of an ARN.
func (c *cloud) name(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// value is a value with its references followed.
func (c *cloud) value(v resource.Value) any {
	if v.Maybe {
		c.t.Fatalf("%v: a deployment cannot decide what may be", v.Place)
	}
	switch v.Kind {
	case resource.Null:
		return nil
	case resource.Bool:
		return v.Bool
	case resource.Number:
		return v.Number
	case resource.String:
		return v.Text
	case resource.List:
		out := []any{}
		for _, e := range v.List {
			out = append(out, c.value(e))
		}
		return out
	case resource.Map:
		out := object{}
		for k, e := range v.Map {
			if !e.IsNull() {
				out[k] = c.value(e)
			}
		}
		return out
	case resource.Ref:
		got, ok := c.attrs(v.Ref.ID)[v.Ref.Attr]
		if !ok {
			c.t.Fatalf("%v: a deployment does not know %s of %s", v.Place, v.Ref.Attr, v.Ref.ID)
		}
		return got
	case resource.Text:
		var b strings.Builder
		for _, e := range v.List {
			fmt.Fprint(&b, c.value(e))
		}
		return b.String()
	}
	c.t.Fatalf("%v: a deployment cannot use a value that is unknown: %s", v.Place, v.Why)
	return nil
}

// of are the attributes of all resources of a type, in order.
func (c *cloud) of(typ string) []object {
	var out []object
	for _, id := range c.order {
		if c.by[id].Type == typ {
			out = append(out, c.known[id])
		}
	}
	return out
}

// with finds the resource of a type that an attribute identifies.
func (c *cloud) with(typ, attr, value string) object {
	for _, a := range c.of(typ) {
		if str(a[attr]) == value {
			return a
		}
	}
	c.t.Fatalf("a deployment has no %s whose %s is %s", typ, attr, value)
	return nil
}

// str, yes, num, strs and objs read attributes; what is not there is empty.
func str(v any) string { s, _ := v.(string); return s }

func yes(v any, otherwise bool) bool {
	if b, ok := v.(bool); ok {
		return b
	}
	return otherwise
}

func num(v any, otherwise float64) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case string:
		var f float64
		if _, err := fmt.Sscan(n, &f); err == nil {
			return f
		}
	}
	return otherwise
}

func strs(v any) []string {
	out := []string{}
	list, _ := v.([]any)
	for _, e := range list {
		out = append(out, str(e))
	}
	return out
}

func objs(v any) []object {
	switch v := v.(type) {
	case object:
		return []object{v}
	case []any:
		var out []object
		for _, e := range v {
			out = append(out, e.(object))
		}
		return out
	}
	return nil
}

// first is the only block of a type, or an empty one.
func first(v any) object {
	if list := objs(v); len(list) > 0 {
		return list[0]
	}
	return object{}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// tags are tags as most services write them.
func tags(a object) []any {
	m, _ := a["tags"].(object)
	out := []any{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, object{"Key": k, "Value": str(m[k])})
	}
	return out
}

// subnet are the attributes of a subnet.
func (c *cloud) subnet(id string) object { return c.with("aws_subnet", "id", id) }

// vpcOf is the VPC of the first of some subnets.
func (c *cloud) vpcOf(subnets []string) string { return str(c.subnet(subnets[0])["vpc_id"]) }

// nic makes a network interface in a subnet, with the next address that is free.
// AWS keeps the first four of every subnet.
func (c *cloud) nic(kind, about, subnet string, groups []string, more object) object {
	in := c.subnet(subnet)
	ip, ok := c.nextIP[subnet]
	if !ok {
		ip = netip.MustParsePrefix(str(in["cidr_block"])).Addr()
		for range 9 {
			ip = ip.Next()
		}
	}
	ip = ip.Next()
	c.nextIP[subnet] = ip
	holds := []any{}
	for _, g := range groups {
		holds = append(holds, object{"GroupId": g, "GroupName": c.groupName(g)})
	}
	n := object{
		"NetworkInterfaceId": "eni-0" + c.hex(16), "InterfaceType": kind, "Description": about, "SubnetId": subnet, "VpcId": in["vpc_id"],
		"AvailabilityZone": in["availability_zone"], "OwnerId": cloudAccount, "Status": "in-use", "Groups": holds, "SourceDestCheck": true,
		"PrivateIpAddress": ip.String(), "PrivateIpAddresses": []any{object{"Primary": true, "PrivateIpAddress": ip.String()}},
		"Ipv6Addresses": []any{}, "TagSet": []any{}, "RequesterManaged": kind != "interface",
	}
	maps.Copy(n, more)
	c.nics = append(c.nics, n)
	return n
}

func (c *cloud) groupName(id string) string {
	for _, g := range c.of("aws_security_group") {
		if str(g["id"]) == id {
			return or(str(g["name"]), "terraform-"+id)
		}
	}
	return "default"
}

// answer adds things to the answer to a call.
func (c *cloud) answer(file, key string, things ...object) {
	if c.answers[file] == nil {
		c.answers[file] = object{}
	}
	list, _ := c.answers[file][key].([]any)
	if list == nil {
		list = []any{}
	}
	for _, e := range things {
		list = append(list, e)
	}
	c.answers[file][key] = list
}
