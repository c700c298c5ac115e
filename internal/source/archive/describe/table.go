package describe

import (
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// shape is one kind of thing that AWS describes: the type that its resource
// gets, and the field that names it, which tells shapes of one key apart unless
// another field does.
type shape struct{ typ, id, has string }

// shapes are the lists in answers by their key. Calls that answer about one
// thing have the key of the list.
var shapes = map[string][]shape{
	"Vpcs":                         {{"ec2:Vpc", "VpcId", ""}},
	"Subnets":                      {{"ec2:Subnet", "SubnetId", ""}},
	"SecurityGroups":               {{"ec2:SecurityGroup", "GroupId", ""}},
	"SecurityGroupRules":           {{"ec2:SecurityGroupRule", "SecurityGroupRuleId", ""}},
	"SecurityGroupVpcAssociations": {{"ec2:SecurityGroupVpcAssociation", "GroupId", ""}},
	"NetworkInterfaces":            {{"ec2:NetworkInterface", "NetworkInterfaceId", ""}},
	"Instances":                    {{"ec2:Instance", "InstanceId", ""}},
	"AutoScalingGroups":            {{"autoscaling:AutoScalingGroup", "AutoScalingGroupARN", ""}, {"autoscaling:AutoScalingGroup", "AutoScalingGroupName", ""}}, // its Instances are not those of EC2
	"RouteTables":                  {{"ec2:RouteTable", "RouteTableId", ""}},
	"NetworkAcls":                  {{"ec2:NetworkAcl", "NetworkAclId", ""}},
	"InternetGateways":             {{"ec2:InternetGateway", "InternetGatewayId", ""}},
	"EgressOnlyInternetGateways":   {{"ec2:EgressOnlyInternetGateway", "EgressOnlyInternetGatewayId", ""}},
	"NatGateways":                  {{"ec2:NatGateway", "NatGatewayId", ""}},
	"VpnGateways":                  {{"ec2:VpnGateway", "VpnGatewayId", ""}},
	"VpnConnections":               {{"ec2:VpnConnection", "VpnConnectionId", ""}},
	"VpcEndpoints":                 {{"ec2:VpcEndpoint", "VpcEndpointId", ""}},
	"ServiceConfigurations":        {{"ec2:VpcEndpointService", "ServiceId", ""}},
	"VpcPeeringConnections":        {{"ec2:VpcPeeringConnection", "VpcPeeringConnectionId", ""}},
	"TransitGateways":              {{"ec2:TransitGateway", "TransitGatewayId", ""}},
	"TransitGatewayAttachments":    {{"ec2:TransitGatewayAttachment", "TransitGatewayAttachmentId", ""}},
	"TransitGatewayVpcAttachments": {{"ec2:TransitGatewayVpcAttachment", "TransitGatewayAttachmentId", ""}},
	"TransitGatewayRouteTables":    {{"ec2:TransitGatewayRouteTable", "TransitGatewayRouteTableId", ""}},
	"TransitGatewayPropagations":   {{"ec2:TransitGatewayPropagations", "TransitGatewayRouteTableId", ""}},
	"TransitGatewayStaticRoutes":   {{"ec2:TransitGatewayRoutes", "TransitGatewayRouteTableId", ""}},
	"FlowLogs":                     {{"ec2:FlowLog", "FlowLogId", ""}},
	"PrefixLists":                  {{"ec2:PrefixList", "PrefixListId", ""}},

	"LoadBalancers":            {{"elbv2:LoadBalancer", "LoadBalancerArn", ""}},
	"LoadBalancerDescriptions": {{"elb:LoadBalancer", "LoadBalancerName", ""}},
	"Listeners":                {{"elbv2:Listener", "ListenerArn", ""}},
	"Rules":                    {{"elbv2:Rule", "RuleArn", ""}},
	"TargetGroups":             {{"elbv2:TargetGroup", "TargetGroupArn", ""}},
	"LoadBalancerTargetHealth": {{"elbv2:TargetHealth", "TargetGroupArn", ""}},
	"LoadBalancerAttributes":   {{"elbv2:LoadBalancerAttributes", "LoadBalancerArn", ""}},

	"clusters":           {{"ecs:Cluster", "clusterArn", ""}},
	"services":           {{"ecs:Service", "serviceArn", ""}},
	"taskSets":           {{"ecs:TaskSet", "taskSetArn", ""}},
	"taskDefinition":     {{"ecs:TaskDefinition", "taskDefinitionArn", ""}},
	"tasks":              {{"ecs:Task", "taskArn", ""}},
	"containerInstances": {{"ecs:ContainerInstance", "containerInstanceArn", ""}},
	"capacityProviders":  {{"ecs:CapacityProvider", "capacityProviderArn", ""}},
	"Targets":            {{"events:Target", "Id", "EcsParameters"}},

	"DBInstances":         {{"rds:DBInstance", "DBInstanceIdentifier", ""}},
	"DBClusters":          {{"rds:DBCluster", "DBClusterIdentifier", ""}},
	"DBProxies":           {{"rds:DBProxy", "DBProxyName", ""}},
	"CacheClusters":       {{"elasticache:CacheCluster", "CacheClusterId", ""}},
	"ReplicationGroups":   {{"elasticache:ReplicationGroup", "ReplicationGroupId", ""}},
	"CacheSubnetGroups":   {{"elasticache:SubnetGroup", "CacheSubnetGroupName", ""}},
	"MountTargets":        {{"efs:MountTarget", "MountTargetId", ""}},
	"FileSystems":         {{"efs:FileSystem", "FileSystemId", "NumberOfMountTargets"}},
	"Functions":           {{"lambda:Function", "FunctionArn", ""}},
	"DomainStatusList":    {{"es:Domain", "DomainName", ""}},
	"Clusters":            {{"redshift:Cluster", "ClusterIdentifier", ""}, {"memorydb:Cluster", "Name", "SecurityGroups"}},
	"ClusterSubnetGroups": {{"redshift:SubnetGroup", "ClusterSubnetGroupName", ""}},
	"ClusterInfoList":     {{"kafka:Cluster", "ClusterArn", ""}},
}

// groups are lists of answers about one thing each, which hold the real list:
// "Reservations" of DescribeInstances, and what Batfish makes of one call for
// each load balancer.
var groups = map[string]string{
	"Reservations":          "Instances",
	"LoadBalancerListeners": "Listeners",
}

// singles are answers about one thing that name it: DescribeVpcAttribute and
// DescribeInstanceAttribute.
var singles = []struct{ typ, id, field string }{
	{"ec2:VpcAttribute", "VpcId", "EnableDnsSupport"},
	{"ec2:VpcAttribute", "VpcId", "EnableDnsHostnames"},
	{"ec2:InstanceAttribute", "InstanceId", "UserData"},
}

// anonymous are answers that do not say whom they are about. The name of the
// file has to: AWS names begin so.
var anonymous = map[string]struct{ typ, id, prefix string }{
	"TargetHealthDescriptions":             {"elbv2:TargetHealth", "TargetGroupArn", ":targetgroup/"},
	"Attributes":                           {"elbv2:LoadBalancerAttributes", "LoadBalancerArn", ":loadbalancer/"},
	"Routes":                               {"ec2:TransitGatewayRoutes", "TransitGatewayRouteTableId", "tgw-rtb-"},
	"TransitGatewayRouteTablePropagations": {"ec2:TransitGatewayPropagations", "TransitGatewayRouteTableId", "tgw-rtb-"},
	"Entries":                              {"ec2:PrefixListEntries", "PrefixListId", "pl-"},
}

// spellings are keys of other programs for lists of AWS.
var spellings = map[string]string{
	"vpcs": "Vpcs", "subnets": "Subnets", "security_groups": "SecurityGroups", "instances": "Instances", "network_acls": "NetworkAcls",
	"network_interfaces": "NetworkInterfaces", "route_tables": "RouteTables", "internet_gateways": "InternetGateways", "nat_gateways": "NatGateways",
	"vpc_endpoints": "VpcEndpoints", "flow_logs": "FlowLogs", "transit_gateways": "TransitGateways",
	"taskDefinitions": "taskDefinition", "service": "services", "task": "tasks", "containerInstance": "containerInstances",
}

// field is a field of an answer, with its first letter in either case.
func field(v resource.Value, name string) resource.Value {
	if f := v.Get(name); !f.IsNull() || name == "" {
		return f
	}
	return v.Get(strings.ToLower(name[:1]) + name[1:])
}

// keyOf is the known key that a key stands for, or "".
func keyOf(key string) string {
	if s, ok := spellings[key]; ok {
		return s
	}
	if shapes[key] != nil || groups[key] != "" {
		return key
	}
	return ""
}
