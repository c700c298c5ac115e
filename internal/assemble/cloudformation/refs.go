package cloudformation

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// attributes are the attributes of types whose name at the provider does not
// follow from the rules of [linker.attribute].
var attributes = map[string]map[string]string{
	"AWS::EC2::VPC": {
		"DefaultSecurityGroup": "default_security_group_id", "DefaultNetworkAcl": "default_network_acl_id",
		"CidrBlock": "cidr_block", "Ipv6CidrBlocks": "ipv6_cidr_block", "Ipv6CidrBlocks.0": "ipv6_cidr_block",
	},
	"AWS::EC2::Subnet":                          {"Ipv6CidrBlocks": "ipv6_cidr_block", "Ipv6CidrBlocks.0": "ipv6_cidr_block"},
	"AWS::EC2::SecurityGroup":                   {"GroupId": "id"},
	"AWS::EC2::EIP":                             {"Ref": "public_ip", "PublicIp": "public_ip", "AllocationId": "allocation_id"},
	"AWS::EC2::Instance":                        {"PrivateDnsName": "private_dns", "PublicDnsName": "public_dns"},
	"AWS::EC2::NetworkInterface":                {"PrimaryPrivateIpAddress": "private_ip", "SecondaryPrivateIpAddresses": "private_ips"},
	"AWS::EC2::LaunchTemplate":                  {"LatestVersionNumber": "latest_version", "DefaultVersionNumber": "default_version"},
	"AWS::EC2::VPCEndpoint":                     {"DnsEntries": "dns_entry"},
	"AWS::EC2::VPCEndpointService":              {"ServiceId": "id"},
	"AWS::EC2::TransitGatewayAttachment":        {"TransitGatewayAttachmentId": "id"},
	"AWS::EC2::TransitGatewayVpcAttachment":     {"TransitGatewayAttachmentId": "id"},
	"AWS::EC2::TransitGatewayPeeringAttachment": {"TransitGatewayAttachmentId": "id"},
	"AWS::EC2::TransitGatewayConnect":           {"TransitGatewayAttachmentId": "id"},
	"AWS::ElasticLoadBalancingV2::LoadBalancer": {"DNSName": "dns_name", "CanonicalHostedZoneID": "zone_id", "LoadBalancerFullName": "arn_suffix"},
	"AWS::ElasticLoadBalancingV2::TargetGroup":  {"TargetGroupFullName": "arn_suffix"},
	"AWS::ElasticLoadBalancingV2::ListenerRule": {"RuleArn": "arn"},
	"AWS::ElasticLoadBalancing::LoadBalancer":   {"DNSName": "dns_name", "SourceSecurityGroup.GroupName": "source_security_group"},
	"AWS::ECS::Cluster":                         {"Ref": "name"}, // which user data write
	"AWS::ECS::Service":                         {"Name": "name", "ServiceArn": "arn"},
	"AWS::ECS::TaskDefinition":                  {"TaskDefinitionArn": "arn"},
	"AWS::AutoScaling::AutoScalingGroup":        {"AutoScalingGroupARN": "arn"},
	"AWS::RDS::DBInstance":                      {"Endpoint.Address": "address", "Endpoint.Port": "port"},
	"AWS::RDS::DBCluster":                       {"Endpoint.Address": "endpoint", "Endpoint.Port": "port", "ReadEndpoint.Address": "reader_endpoint"},
	"AWS::DocDB::DBCluster":                     {"Endpoint": "endpoint", "Port": "port", "ReadEndpoint": "reader_endpoint"},
	"AWS::ElastiCache::ReplicationGroup":        {"PrimaryEndPoint.Address": "primary_endpoint_address", "ReaderEndPoint.Address": "reader_endpoint_address", "ConfigurationEndPoint.Address": "configuration_endpoint_address", "PrimaryEndPoint.Port": "port", "ReaderEndPoint.Port": "port", "ConfigurationEndPoint.Port": "port"},
	"AWS::ElastiCache::CacheCluster":            {"RedisEndpoint.Port": "port", "ConfigurationEndpoint.Port": "port"},
	"AWS::Neptune::DBCluster":                   {"Port": "port"},
	"AWS::Redshift::Cluster":                    {"Endpoint.Port": "port"},
	"AWS::MemoryDB::Cluster":                    {"ClusterEndpoint.Port": "port"},
	"AWS::EFS::FileSystem":                      {"FileSystemId": "id"},
	"AWS::ECR::Repository":                      {"RepositoryUri": "repository_url"},
	"AWS::IAM::Role":                            {"RoleId": "unique_id"},
	"AWS::EKS::Cluster":                         {"ClusterSecurityGroupId": "vpc_config.0.cluster_security_group_id"},
}

// maxCopies bounds how many values, or pieces of 256 bytes of texts, attributes
// may copy from other resources, maxChain how many resources one value may come
// through, and maxDepth how deep values are followed.
const (
	maxCopies = 50_000
	maxChain  = 6
	maxDepth  = 200
)

// linker gives references the attribute names of the provider.
type linker struct {
	byID   map[ref.ID]resource.Resource
	budget int
}

func newLinker(all []resource.Resource) *linker {
	l := &linker{byID: map[ref.ID]resource.Resource{}, budget: maxCopies}
	for _, r := range all {
		if _, twice := l.byID[r.ID]; !twice {
			l.byID[r.ID] = r
		}
	}
	return l
}

// body is a value in which all references are those of the provider.
func (l *linker) body(v resource.Value) resource.Value { return l.value(v, "", 0, 0) }

// value changes the references in a value. Of is the name of the property that
// holds it, chain how many resources it came through.
func (l *linker) value(v resource.Value, of string, chain, depth int) resource.Value {
	if chain > 0 {
		l.budget -= 1 + len(v.Text)/256
	}
	if depth > maxDepth {
		return form.Unknown("it is nested too deeply", v.Place)
	}
	if len(v.Candidates) > 0 {
		v.Candidates = l.references(v.Candidates)
	}
	switch v.Kind {
	case resource.Ref:
		return l.ref(v, of, chain, depth)
	case resource.List:
		list := make([]resource.Value, len(v.List))
		for i, e := range v.List {
			within := ""
			if of == statementResource {
				within = of
			}
			list[i] = l.value(e, within, chain, depth+1)
		}
		v.List = list
	case resource.Map:
		m := make(map[string]resource.Value, len(v.Map))
		for k, e := range v.Map {
			m[k] = l.value(e, k, chain, depth+1)
		}
		v.Map = m
	case resource.Text:
		parts := make([]resource.Value, len(v.List))
		for i, e := range v.List {
			parts[i] = l.value(e, "", chain, depth+1)
		}
		joined := form.Join(parts)
		joined.Place, joined.Maybe, joined.Sensitive = v.Place, v.Maybe, v.Sensitive || joined.Sensitive
		joined.Why = v.Why
		return joined
	}
	return v
}

// ref is a reference of the provider, or the value that the template sets for
// the attribute.
func (l *linker) ref(v resource.Value, of string, chain, depth int) resource.Value {
	r, ok := l.byID[v.Ref.ID]
	if !ok {
		if v.Ref.Attr == "" && v.Why == "" && !strings.HasPrefix(string(v.Ref.ID), "AWS::") {
			v.Why = "parameter " + string(v.Ref.ID) + " has no value"
			if export, ok := strings.CutPrefix(string(v.Ref.ID), "import:"); ok {
				v.Why = "no template that is here exports " + export
			}
		}
		v.Ref.Attr = identity(v.Ref.Attr)
		if slices.Contains(listProperties, of) && (v.Ref.Attr == "" || strings.HasPrefix(v.Ref.Attr, "Outputs.")) {
			v.Ref.Attr = strings.TrimPrefix(v.Ref.Attr+".ids", ".") // a list: it stands for several things
		}
		return v
	}
	if !foreign(r) {
		v.Ref.Attr = identity(v.Ref.Attr)
		return v
	}
	set := property(r.Body, v.Ref.Attr)
	if names := attributes[r.Type]; v.Ref.Attr != "Ref" && strings.HasPrefix(r.Type, "AWS::") && set.Kind != resource.Null && chain < maxChain && l.budget > 0 && copied(names[v.Ref.Attr]) {
		out := l.value(set, of, chain+1, depth+1)
		if !v.Place.IsZero() {
			out.Place = v.Place
		}
		if v.Maybe && !out.Maybe {
			out.Maybe, out.Why = true, v.Why
		}
		out.Sensitive = out.Sensitive || v.Sensitive
		return out
	}
	everything := r.Type == "AWS::Logs::LogGroup" && v.Ref.Attr == "Arn" && of == statementResource
	v.Ref.Attr = l.attribute(r, v.Ref.Attr)
	if everything {
		return form.Join([]resource.Value{v, {Kind: resource.String, Text: ":*", Place: v.Place}})
	}
	return v
}

// statementResource is the property of a policy statement with what it is about.
// There the ARN of a log group means what is in it: AWS::Logs::LogGroup returns
// it with ":*" at its end, and the provider without.
const statementResource = "Resource"

// copied reports whether an attribute is the value of the property of its name,
// if the template sets that.
func copied(attr string) bool { return attr != "id" && attr != "arn" }

// listProperties are properties that hold several things, of which a template
// may give all by one parameter.
var listProperties = []string{"SubnetIds", "Subnets", "SecurityGroups", "SecurityGroupIds", "VpcSecurityGroupIds", "VPCSecurityGroups", "VPCZoneIdentifier",
	"VpcSubnetIds", "GroupSet", "Groups", "RouteTableIds", "ClientSubnets", "SecurityGroupIdList", "TargetGroupARNs"}

// property is what a template sets for an attribute: the property of its name, or
// an element of it ("SecurityGroups.0").
func property(body resource.Value, attr string) resource.Value {
	name, rest, ok := strings.Cut(attr, ".")
	v := body.Get(name)
	if !ok {
		return v
	}
	if i, err := strconv.Atoi(rest); err == nil && v.Kind == resource.List && !v.Maybe && i >= 0 && i < len(v.List) {
		for _, e := range v.List {
			if e.Maybe || e.Kind == resource.List {
				return resource.Value{}
			}
		}
		return v.List[i]
	}
	return resource.Value{}
}

// references are references of the provider.
func (l *linker) references(in []resource.Reference) []resource.Reference {
	if len(in) == 0 {
		return in
	}
	out := make([]resource.Reference, len(in))
	for i, to := range in {
		out[i] = to
		if r, ok := l.byID[to.ID]; ok && foreign(r) {
			out[i].Attr = l.attribute(r, to.Attr)
		} else {
			out[i].Attr = identity(to.Attr)
		}
	}
	return out
}

// identity is the attribute of a thing that the templates do not hold.
func identity(attr string) string {
	switch attr {
	case "Ref":
		return "id"
	case "Arn":
		return "arn"
	}
	return attr
}

// attribute is the name of the provider for an attribute of a resource.
func (l *linker) attribute(r resource.Resource, attr string) string {
	if name, ok := attributes[r.Type][attr]; ok {
		return name
	}
	thing := r.Type[strings.LastIndex(r.Type, "::")+2:]
	switch {
	case attr == "Ref" || attr == "" || attr == "Id" || strings.EqualFold(attr, thing+"Id"):
		return "id"
	case attr == "Arn" || strings.EqualFold(attr, thing+"Arn"):
		return "arn"
	case strings.EqualFold(attr, thing+"Name"):
		return "name"
	}
	parts := strings.Split(attr, ".")
	for i, p := range parts {
		parts[i] = form.Snake(p)
	}
	return strings.Join(parts, ".")
}
