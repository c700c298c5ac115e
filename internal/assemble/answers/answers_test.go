package answers_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/assemble/answers"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive/describe"
	"github.com/muralla-net/muralla/internal/source/archive/jsonval"
	"github.com/muralla-net/muralla/internal/topo"
)

const (
	lb      = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/1"
	group   = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/shop/2"
	listen  = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/app/shop/1/3"
	cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/main"
	service = "arn:aws:ecs:eu-west-1:111122223333:service/main/shop"
	tasks   = "arn:aws:ecs:eu-west-1:111122223333:task-definition/shop:7"
)

// shop is a small account: a VPC with an ALB in front of a Fargate service.
var shop = map[string]string{
	"vpcs": `{"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": [
		{"AssociationId": "a-1", "CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
		{"AssociationId": "a-2", "CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "disassociated"}}]}]}`,
	"dns":   `{"VpcId": "vpc-1", "EnableDnsSupport": {"Value": true}}`,
	"hosts": `{"VpcId": "vpc-1", "EnableDnsHostnames": {"Value": false}}`,
	"subnets": `{"Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "eu-west-1a", "MapPublicIpOnLaunch": false},
		{"SubnetId": "subnet-2", "VpcId": "vpc-1", "CidrBlock": "10.0.2.0/24", "AvailabilityZone": "eu-west-1b", "MapPublicIpOnLaunch": true}]}`,
	"groups": `{"SecurityGroups": [{"GroupId": "sg-0", "GroupName": "default", "VpcId": "vpc-1", "IpPermissions": [], "IpPermissionsEgress": []},
		{"GroupId": "sg-lb", "GroupName": "lb", "VpcId": "vpc-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
		 "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
		{"GroupId": "sg-task", "GroupName": "task", "VpcId": "vpc-1", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080, "UserIdGroupPairs": [
		  {"GroupId": "sg-lb", "UserId": "111122223333"}, {"GroupId": "sg-gone", "PeeringStatus": "deleted"}]}], "IpPermissionsEgress": []}]}`,
	"tables": `{"RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true, "RouteTableAssociationId": "x"}], "Routes": [
		{"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}]},
		{"RouteTableId": "rtb-2", "VpcId": "vpc-1", "Associations": [{"Main": false, "SubnetId": "subnet-2", "AssociationState": {"State": "associated"}}], "Routes": [
		{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}, {"DestinationCidrBlock": "10.7.0.0/16", "VpcPeeringConnectionId": "pcx-1", "State": "blackhole"}]}]}`,
	"acls": `{"NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "Associations": [{"SubnetId": "subnet-1"}, {"SubnetId": "subnet-2"}], "Entries": [
		{"RuleNumber": 100, "Egress": false, "Protocol": "-1", "RuleAction": "allow", "CidrBlock": "0.0.0.0/0"}, {"RuleNumber": 32767, "Egress": false, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0"},
		{"RuleNumber": 90, "Egress": true, "Protocol": "6", "RuleAction": "deny", "CidrBlock": "10.0.0.0/8", "PortRange": {"From": 22, "To": 22}}]}]}`,
	"gateways":  `{"InternetGateways": [{"InternetGatewayId": "igw-1", "Attachments": [{"VpcId": "vpc-1", "State": "available"}]}]}`,
	"nats":      `{"NatGateways": [{"NatGatewayId": "nat-1", "SubnetId": "subnet-2", "VpcId": "vpc-1", "State": "deleted"}]}`,
	"endpoints": `{"VpcEndpoints": []}`,
	"logs":      `{"FlowLogs": [{"FlowLogId": "fl-1", "ResourceId": "vpc-1", "TrafficType": "ALL", "FlowLogStatus": "ACTIVE", "LogDestinationType": "s3", "MaxAggregationInterval": 60}]}`,
	"balancers": `{"LoadBalancers": [{"LoadBalancerArn": "` + lb + `", "LoadBalancerName": "shop", "Type": "application", "Scheme": "internet-facing", "VpcId": "vpc-1", "IpAddressType": "ipv4",
		"SecurityGroups": ["sg-lb"], "AvailabilityZones": [{"ZoneName": "eu-west-1b", "SubnetId": "subnet-2"}]}]}`,
	"listeners": `{"Listeners": [{"ListenerArn": "` + listen + `", "LoadBalancerArn": "` + lb + `", "Port": 443, "Protocol": "HTTPS", "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
		"Certificates": [{"CertificateArn": "arn:cert"}], "DefaultActions": [{"Type": "forward", "TargetGroupArn": "` + group + `"}]}]}`,
	"rules": `{"Rules": []}`,
	"groups of targets": `{"TargetGroups": [{"TargetGroupArn": "` + group + `", "TargetGroupName": "shop", "Port": 8080, "Protocol": "HTTP", "ProtocolVersion": "HTTP1", "VpcId": "vpc-1", "TargetType": "ip",
		"HealthCheckEnabled": true, "HealthCheckPort": "traffic-port", "HealthCheckProtocol": "HTTP"}]}`,
	"clusters": `{"clusters": [{"clusterArn": "` + cluster + `", "clusterName": "main", "status": "ACTIVE"}]}`,
	"services": `{"services": [{"serviceArn": "` + service + `", "serviceName": "shop", "clusterArn": "` + cluster + `", "status": "ACTIVE", "desiredCount": 2, "launchType": "FARGATE", "platformVersion": "LATEST",
		"taskDefinition": "` + tasks + `", "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-task"], "assignPublicIp": "DISABLED"}},
		"loadBalancers": [{"targetGroupArn": "` + group + `", "containerName": "app", "containerPort": 8080}]}]}`,
	"tasks": `{"taskDefinition": {"taskDefinitionArn": "` + tasks + `", "family": "shop", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"], "status": "ACTIVE",
		"containerDefinitions": [{"name": "app", "image": "app:1", "portMappings": [{"containerPort": 8080, "protocol": "tcp"}]}]}}`,
}

// written is the same account in the form that the assemblers read.
const written = `[
 {"id": "vpc-1", "type": "aws_vpc", "body": {"cidr_block": "10.0.0.0/16", "enable_dns_support": true, "enable_dns_hostnames": false}},
 {"id": "subnet-1", "type": "aws_subnet", "body": {"vpc_id": "vpc-1", "cidr_block": "10.0.1.0/24", "availability_zone": "eu-west-1a", "map_public_ip_on_launch": false}},
 {"id": "subnet-2", "type": "aws_subnet", "body": {"vpc_id": "vpc-1", "cidr_block": "10.0.2.0/24", "availability_zone": "eu-west-1b", "map_public_ip_on_launch": true}},
 {"id": "sg-0", "type": "aws_default_security_group", "body": {"vpc_id": "vpc-1", "ingress": [], "egress": []}},
 {"id": "sg-lb", "type": "aws_security_group", "body": {"vpc_id": "vpc-1", "name": "lb", "ingress": [{"protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_blocks": ["0.0.0.0/0"]}],
   "egress": [{"protocol": "-1", "from_port": 0, "to_port": 0, "cidr_blocks": ["0.0.0.0/0"]}]}},
 {"id": "sg-task", "type": "aws_security_group", "body": {"vpc_id": "vpc-1", "name": "task", "ingress": [{"protocol": "tcp", "from_port": 8080, "to_port": 8080, "security_groups": ["sg-lb"]}], "egress": []}},
 {"id": "rtb-1", "type": "aws_default_route_table", "body": {"vpc_id": "vpc-1", "default_route_table_id": {"ref": "vpc-1", "attr": "default_route_table_id"}, "route": []}},
 {"id": "rtb-2", "type": "aws_route_table", "body": {"vpc_id": "vpc-1", "route": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}, {"cidr_block": "10.7.0.0/16", "vpc_peering_connection_id": "pcx-1", "state": "blackhole"}]}},
 {"id": "assoc", "type": "aws_route_table_association", "body": {"subnet_id": "subnet-2", "route_table_id": "rtb-2"}},
 {"id": "acl-1", "type": "aws_default_network_acl", "body": {"default_network_acl_id": {"ref": "vpc-1", "attr": "default_network_acl_id"}, "subnet_ids": ["subnet-1", "subnet-2"],
   "ingress": [{"rule_no": 100, "action": "allow", "protocol": "-1", "cidr_block": "0.0.0.0/0"}], "egress": [{"rule_no": 90, "action": "deny", "protocol": "tcp", "cidr_block": "10.0.0.0/8", "from_port": 22, "to_port": 22}]}},
 {"id": "igw-1", "type": "aws_internet_gateway", "body": {"vpc_id": "vpc-1"}},
 {"id": "fl-1", "type": "aws_flow_log", "body": {"vpc_id": "vpc-1", "traffic_type": "ALL", "log_destination_type": "s3", "max_aggregation_interval": 60}},
 {"id": "LB", "type": "aws_lb", "body": {"name": "shop", "load_balancer_type": "application", "internal": false, "ip_address_type": "ipv4", "security_groups": ["sg-lb"], "subnets": ["subnet-2"]}},
 {"id": "LISTEN", "type": "aws_lb_listener", "body": {"load_balancer_arn": "LB", "port": 443, "protocol": "HTTPS", "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "certificate_arn": "arn:cert",
   "default_action": [{"type": "forward", "target_group_arn": "GROUP"}]}},
 {"id": "GROUP", "type": "aws_lb_target_group", "body": {"name": "shop", "port": 8080, "protocol": "HTTP", "protocol_version": "HTTP1", "vpc_id": "vpc-1", "target_type": "ip",
   "health_check": [{"enabled": true, "port": "traffic-port", "protocol": "HTTP"}]}},
 {"id": "CLUSTER", "type": "aws_ecs_cluster", "body": {"name": "main"}},
 {"id": "SERVICE", "type": "aws_ecs_service", "body": {"name": "shop", "cluster": "CLUSTER", "task_definition": "TASKS", "desired_count": 2, "launch_type": "FARGATE", "platform_version": "LATEST",
   "network_configuration": [{"subnets": ["subnet-1"], "security_groups": ["sg-task"], "assign_public_ip": false}], "load_balancer": [{"target_group_arn": "GROUP", "container_name": "app", "container_port": 8080}]}},
 {"id": "TASKS", "type": "aws_ecs_task_definition", "body": {"family": "shop:7", "network_mode": "awsvpc", "requires_compatibilities": ["FARGATE"],
   "container_definitions": "[{\"name\": \"app\", \"image\": \"app:1\", \"portMappings\": [{\"containerPort\": 8080, \"protocol\": \"tcp\"}]}]"}}
]`

// described is the set of an account without the answers that are left out.
func described(account map[string]string, without ...string) resource.Set {
	var files []describe.File
	for name, data := range account {
		if !slices.Contains(without, name) {
			files = append(files, describe.File{Name: name + ".json", Data: []byte(data)})
		}
	}
	set, _ := describe.Read(files)
	return set
}

func snapshot(set resource.Set) *topo.Snapshot {
	s, _ := assemble.Snapshot(assemble.Options{}, set)
	return s
}

// design reads resources that are written as JSON; {"ref": …} is a reference.
func design(t *testing.T, text string) resource.Set {
	t.Helper()
	text = strings.NewReplacer(`"LB"`, `"`+lb+`"`, `"GROUP"`, `"`+group+`"`, `"LISTEN"`, `"`+listen+`"`, `"CLUSTER"`, `"`+cluster+`"`, `"SERVICE"`, `"`+service+`"`, `"TASKS"`, `"`+tasks+`"`).Replace(text)
	docs, diags, _ := jsonval.Read("", []byte(text))
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var refs func(v resource.Value) resource.Value
	refs = func(v resource.Value) resource.Value {
		if to := v.Get("ref"); v.Kind == resource.Map && to.Kind == resource.String {
			return resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: ref.ID(to.Text), Attr: v.Get("attr").Text}}
		}
		for k, e := range v.Map {
			v.Map[k] = refs(e)
		}
		for i, e := range v.List {
			v.List[i] = refs(e)
		}
		return v
	}
	set := resource.Set{Kind: "terraform"}
	for _, r := range docs[0].List {
		set.Resources = append(set.Resources, resource.Resource{ID: ref.ID(r.Get("id").Text), Type: r.Get("type").Text, Name: r.Get("id").Text, Region: "eu-west-1", Exists: fact.Yes, Body: refs(r.Get("body"))})
	}
	slices.SortFunc(set.Resources, func(a, b resource.Resource) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return set
}

// An account that is described is the same network as the design that is
// written, apart from places and the names of types.
func TestDescribedIsTheSameAsWritten(t *testing.T) {
	got, want := snapshot(described(shop)), snapshot(design(t, written))
	if len(want.VPCs) != 1 || len(want.Workloads) != 1 || len(want.Listeners) != 1 || len(want.RouteTables) != 2 {
		t.Fatalf("the design is not what was meant: %d VPCs, %d workloads, %d listeners, %d tables", len(want.VPCs), len(want.Workloads), len(want.Listeners), len(want.RouteTables))
	}
	opts := cmp.Options{
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.EquateEmpty(),
		cmp.FilterValues(func(a, b ref.Place) bool { return true }, cmp.Ignore()),
		cmp.FilterPath(func(p cmp.Path) bool {
			switch p.Last().String() {
			case ".Type", ".Name", ".Resources":
				return true
			}
			return false
		}, cmp.Ignore()),
	}
	if d := cmp.Diff(want, got, opts); d != "" {
		t.Errorf("written -, described +:\n%s", d)
	}
}

// What was not listed is unknown, and only that.
func TestWhatIsNotListedIsUnknown(t *testing.T) {
	subnet := func(s *topo.Snapshot) *topo.Subnet { return s.Subnet("subnet-1") }
	for _, tc := range []struct {
		without string
		known   func(*topo.Snapshot) string // "" if it is known, else why not
	}{
		{"acls", func(s *topo.Snapshot) string { return subnet(s).ACL.Why }},
		{"tables", func(s *topo.Snapshot) string { return subnet(s).RouteTable.Why }},
		{"logs", func(s *topo.Snapshot) string { return s.VPC("vpc-1").LogsMore }},
		{"endpoints", func(s *topo.Snapshot) string { return s.VPC("vpc-1").EndpointsMore }},
		{"gateways", func(s *topo.Snapshot) string { return s.VPC("vpc-1").GatewaysMore }},
		{"dns", func(s *topo.Snapshot) string { return s.VPC("vpc-1").DNSSupport.Why }},
		{"hosts", func(s *topo.Snapshot) string { return s.VPC("vpc-1").DNSHostnames.Why }},
		{"groups", func(s *topo.Snapshot) string { return s.SecurityGroup("sg-task").IngressMore }},
		{"listeners", func(s *topo.Snapshot) string { return s.LoadBalancers[0].ListenersMore }},
		{"rules", func(s *topo.Snapshot) string { return s.Listeners[0].RulesMore }},
		{"tasks", func(s *topo.Snapshot) string { return s.TaskDefinitions[0].ContainersMore }},
	} {
		if why := tc.known(snapshot(described(shop))); why != "" {
			t.Errorf("with %s it is unknown: %s", tc.without, why)
		}
		if why := tc.known(snapshot(described(shop, tc.without))); why == "" {
			t.Errorf("without %s it is taken as known", tc.without)
		}
	}
}

// An answer of one Region says nothing of another one, nor one of which pages
// are missing.
func TestListsSpeakForTheirRegion(t *testing.T) {
	two := map[string]string{}
	for name, data := range shop {
		if name == "logs" {
			two["eu-west-1/logs"] = `{"FlowLogs": []}`
		}
		two["eu-west-1/"+name] = data
		for _, s := range []string{"vpc-1", "subnet-1", "subnet-2"} {
			data = strings.ReplaceAll(data, s, s+"us")
		}
		if name == "vpcs" || name == "subnets" {
			two["us-east-1/"+name] = strings.ReplaceAll(data, "eu-west-1", "us-east-1")
		}
	}
	s := snapshot(described(two))
	if near, far := s.VPC("vpc-1").LogsMore, s.VPC("vpc-1us").LogsMore; near != "" || !strings.Contains(far, "us-east-1") {
		t.Errorf("flow logs here: %q; in the other Region: %q", near, far)
	}
	cut := map[string]string{}
	for name, data := range shop {
		cut[name] = data
	}
	cut["logs"] = `{"FlowLogs": [], "NextToken": "more"}`
	if why := snapshot(described(cut)).VPC("vpc-1").LogsMore; !strings.Contains(why, "NextToken") {
		t.Errorf("with a page missing: %q", why)
	}
}

// Interfaces are things of their own only if nothing else that is described has
// them.
func TestInterfacesAreNotDoubled(t *testing.T) {
	nic := func(id, more string) string {
		return `{"NetworkInterfaceId": "` + id + `", "SubnetId": "subnet-1", "VpcId": "vpc-1", "Groups": [{"GroupId": "sg-task"}], "PrivateIpAddress": "10.0.1.9", ` + more + `}`
	}
	account := map[string]string{"nics": `{"NetworkInterfaces": [` + strings.Join([]string{
		nic("eni-task", `"Description": "arn:aws:ecs:eu-west-1:111122223333:attachment/a"`),
		nic("eni-lb", `"Description": "ELB app/shop/1"`), nic("eni-other-lb", `"Description": "ELB app/other/9"`),
		nic("eni-nat", `"Description": "Interface for NAT Gateway nat-1", "InterfaceType": "natGateway"`),
		nic("eni-host", `"Attachment": {"InstanceId": "i-1"}`), nic("eni-far-host", `"Attachment": {"InstanceId": "i-9"}`),
		nic("eni-db", `"Description": "RDSNetworkInterface", "Association": {"PublicIp": "203.0.113.9"}`),
	}, ", ") + `]}`, "hosts2": `{"Reservations": [{"Instances": [{"InstanceId": "i-1", "SubnetId": "subnet-1", "State": {"Name": "running"}}]}]}`}
	for name, data := range shop {
		account[name] = data
	}
	s := snapshot(described(account))
	var got []string
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; e.Kind == topo.InterfaceEndpointENI {
			got = append(got, fmt.Sprint(e.ID, " ", e.PublicIPv4.Or(false)))
		}
	}
	if d := cmp.Diff([]string{"eni-db true", "eni-far-host false", "eni-other-lb false"}, got); d != "" {
		t.Error(d)
	}
}

// The agent of a container instance tells its cluster and that tasks cannot
// reach instance metadata; no user data is needed for that.
func TestContainerInstances(t *testing.T) {
	account := map[string]string{
		"i": `{"Reservations": [{"Instances": [{"InstanceId": "i-1", "SubnetId": "subnet-1", "State": {"Name": "running"}, "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "Groups": [{"GroupId": "sg-task"}]}]},
			{"InstanceId": "i-2", "State": {"Name": "terminated"}}]}]}`,
		"c": `{"containerInstances": [{"containerInstanceArn": "arn:aws:ecs:eu-west-1:111122223333:container-instance/main/abc", "ec2InstanceId": "i-1", "attributes": [{"name": "ecs.capability.task-eni-block-instance-metadata"}]}]}`,
	}
	for name, data := range shop {
		account[name] = data
	}
	s := snapshot(described(account))
	if len(s.Hosts) != 1 || s.Hosts[0].ID != "i-1" || s.Hosts[0].Cluster != cluster {
		t.Fatalf("hosts: %+v", s.Hosts)
	}
	if set := s.Hosts[0].UserData.Agent.Get("ECS_AWSVPC_BLOCK_IMDS"); !set.Known || set.Value != "true" {
		t.Errorf("the block is %v", set)
	}
	if set := s.Hosts[0].UserData.Agent.Get("HTTP_PROXY"); set.Known {
		t.Errorf("a proxy is %v, though nobody told the user data", set)
	}
}

// Whether a database refuses plain connections follows from the version of its
// engine, unless it has a parameter group that somebody made.
func TestParameterGroupsDecide(t *testing.T) {
	for _, tc := range []struct{ name, answer, want string }{
		{"default group, old version", `{"DBInstances": [{"DBInstanceIdentifier": "db", "Engine": "mysql", "EngineVersion": "8.0.36", "DBParameterGroups": [{"DBParameterGroupName": "default.mysql8.0"}]}]}`, "no"},
		{"default group, new version", `{"DBInstances": [{"DBInstanceIdentifier": "db", "Engine": "postgres", "EngineVersion": "16.3", "DBParameterGroups": [{"DBParameterGroupName": "default.postgres16"}]}]}`, "yes"},
		{"another group", `{"DBInstances": [{"DBInstanceIdentifier": "db", "Engine": "postgres", "EngineVersion": "16.3", "DBParameterGroups": [{"DBParameterGroupName": "ours"}]}]}`, "unknown"},
		{"another group of a cluster", `{"DBClusters": [{"DBClusterIdentifier": "db", "Engine": "docdb", "EngineVersion": "5.0.0", "DBClusterParameterGroup": "ours"}]}`, "unknown"},
		{"default group of a cluster", `{"DBClusters": [{"DBClusterIdentifier": "db", "Engine": "docdb", "EngineVersion": "5.0.0", "DBClusterParameterGroup": "default.docdb5.0"}]}`, "yes"},
	} {
		s := snapshot(described(map[string]string{"db": tc.answer}))
		if len(s.Stores) != 1 {
			t.Fatalf("%s: stores: %+v", tc.name, s.Stores)
		}
		got := "unknown"
		if v, known := s.Stores[0].RequireTLS.Get(); known {
			got = map[bool]string{true: "yes", false: "no"}[v]
		}
		if got != tc.want {
			t.Errorf("%s: it requires TLS: %s, want %s", tc.name, got, tc.want)
		}
	}
}

// FuzzTranslate puts any value in the place of any field: nothing panics, and
// the answer is the same twice.
func FuzzTranslate(f *testing.F) {
	for name, data := range shop {
		f.Add(name, data, "3")
	}
	f.Add("x", `{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Groups": {}, "Attachment": []}]}`, `"a"`)
	f.Add("x", `{"TransitGatewayRouteTables": [{"TransitGatewayRouteTableId": "tgw-rtb-1", "TransitGatewayId": "tgw-1"}]}`, `[]`)
	f.Fuzz(func(t *testing.T, name, data, value string) {
		files := []describe.File{{Name: name, Data: []byte(data)}}
		for _, part := range []string{`"vpc-1"`, `"subnet-1"`, `443`, `true`, `"ACTIVE"`, `[]`} {
			files = append(files, describe.File{Name: name + part, Data: []byte(strings.Replace(data, part, value, 1))})
		}
		set, _ := describe.Read(files)
		first, second := answers.Translate(set), answers.Translate(set)
		if d := cmp.Diff(first, second); d != "" {
			t.Fatal(d)
		}
		assemble.Snapshot(assemble.Options{}, set)
	})
}
