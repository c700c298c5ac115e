package cfn

import (
	"fmt"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
)

// word is a property for an attribute of the Terraform provider.
type word struct {
	path   string            // from Properties, with slashes
	values map[string]string // other words for values
	entry  bool              // a list of entries that Terraform writes as blocks
}

var onOff = map[string]string{"true": "ENABLED", "false": "DISABLED"}

// words are the properties by type and by the path in Terraform (AWS
// CloudFormation "Template reference").
var words = map[string]map[string]word{
	"AWS::EC2::LaunchTemplate": {
		"metadata_options":                             {path: "LaunchTemplateData/MetadataOptions"},
		"metadata_options/http_tokens":                 {path: "LaunchTemplateData/MetadataOptions/HttpTokens"},
		"metadata_options/http_put_response_hop_limit": {path: "LaunchTemplateData/MetadataOptions/HttpPutResponseHopLimit"},
		"user_data": {path: "LaunchTemplateData/UserData"},
	},
	"AWS::EC2::Instance": {
		"metadata_options":                             {path: "MetadataOptions"},
		"metadata_options/http_tokens":                 {path: "MetadataOptions/HttpTokens"},
		"metadata_options/http_put_response_hop_limit": {path: "MetadataOptions/HttpPutResponseHopLimit"},
		"user_data": {path: "UserData"},
	},
	"AWS::AutoScaling::LaunchConfiguration": {
		"metadata_options":                             {path: "MetadataOptions"},
		"metadata_options/http_tokens":                 {path: "MetadataOptions/HttpTokens"},
		"metadata_options/http_put_response_hop_limit": {path: "MetadataOptions/HttpPutResponseHopLimit"},
		"user_data": {path: "UserData"},
	},
	"AWS::ElasticLoadBalancingV2::Listener": {
		"ssl_policy":                       {path: "SslPolicy"},
		"default_action":                   {path: "DefaultActions", entry: true},
		"default_action/type":              {path: "DefaultActions/Type"},
		"default_action/redirect":          {path: "DefaultActions/RedirectConfig"},
		"default_action/redirect/protocol": {path: "DefaultActions/RedirectConfig/Protocol"},
		"default_action/redirect/port":     {path: "DefaultActions/RedirectConfig/Port"},
		"default_action/redirect/status_code": {
			path: "DefaultActions/RedirectConfig/StatusCode"},
	},
	"AWS::EC2::FlowLog": {
		"traffic_type":         {path: "TrafficType"},
		"log_format":           {path: "LogFormat"},
		"log_destination_type": {path: "LogDestinationType"},
	},
	"AWS::EC2::VPCEndpoint": {
		"private_dns_enabled": {path: "PrivateDnsEnabled"},
		"policy":              {path: "PolicyDocument"},
		"route_table_ids":     {path: "RouteTableIds"},
	},
	"AWS::EC2::VPC": {
		"enable_dns_support":   {path: "EnableDnsSupport"},
		"enable_dns_hostnames": {path: "EnableDnsHostnames"},
	},
	"AWS::ECS::Service": {
		"network_configuration/assign_public_ip": {
			path: "NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp", values: onOff},
	},
	"AWS::ECS::TaskDefinition": {
		"volume": {path: "Volumes", entry: true},
		"volume/efs_volume_configuration/transit_encryption": {path: "Volumes/EFSVolumeConfiguration/TransitEncryption"},
		"volume/name": {path: "Volumes/Name"},
	},
	"AWS::RDS::DBInstance": {"publicly_accessible": {path: "PubliclyAccessible"}},
	"AWS::EC2::SecurityGroup": {
		"ingress":                  {path: "SecurityGroupIngress", entry: true},
		"ingress/security_groups":  {path: "SecurityGroupIngress/SourceSecurityGroupId"},
		"ingress/cidr_blocks":      {path: "SecurityGroupIngress/CidrIp"},
		"ingress/ipv6_cidr_blocks": {path: "SecurityGroupIngress/CidrIpv6"},
		"ingress/protocol":         {path: "SecurityGroupIngress/IpProtocol"},
		"ingress/from_port":        {path: "SecurityGroupIngress/FromPort"},
		"ingress/to_port":          {path: "SecurityGroupIngress/ToPort"},
	},
	"AWS::EC2::SecurityGroupIngress": {
		"source_security_group_id":     {path: "SourceSecurityGroupId"},
		"referenced_security_group_id": {path: "SourceSecurityGroupId"},
		"cidr_blocks":                  {path: "CidrIp"},
		"cidr_ipv4":                    {path: "CidrIp"},
		"ipv6_cidr_blocks":             {path: "CidrIpv6"},
		"cidr_ipv6":                    {path: "CidrIpv6"},
	},
}

// ids are the types of which Ref does not give what Terraform calls id.
var ids = map[string]string{"AWS::EC2::SecurityGroup": "GroupId"}

// translate puts a change into the words of CloudFormation.
func translate(kind string, c finding.Change) ([]finding.Step, finding.Value, error) {
	names := make([]string, len(c.Path))
	for i, s := range c.Path {
		names[i] = s.Name
	}
	full := strings.Join(names, "/")
	w, ok := words[kind][full]
	if !ok {
		return nil, finding.Value{}, fmt.Errorf("how %s writes %s is not known here", kind, strings.Join(names, "."))
	}
	// Steps that say which of several blocks is meant say so of the entry.
	var path []finding.Step
	for _, name := range strings.Split(w.path, "/") {
		path = append(path, finding.Step{Name: name})
	}
	for i, s := range c.Path {
		if s.Key == "" && s.Line == 0 {
			continue
		}
		prefix := words[kind][strings.Join(names[:i+1], "/")]
		at := strings.Count(prefix.path, "/")
		if prefix.path == "" || !prefix.entry {
			return nil, finding.Value{}, fmt.Errorf("how %s writes several %s is not known here", kind, s.Name)
		}
		path[at].Key, path[at].Is, path[at].Line = s.Key, s.Is, s.Line
		if s.Key != "" {
			key := words[kind][strings.Join(append(names[:i+1:i+1], s.Key), "/")].path
			path[at].Key = key[strings.LastIndexByte(key, '/')+1:]
		}
	}
	if c.Operation == finding.Exchange { // its fields are beside the path, not below it
		full = strings.Join(names[:len(names)-1], "/")
	}
	value, err := translateValue(kind, full, w, c.Value)
	return path, value, err
}

func translateValue(kind, at string, w word, v finding.Value) (finding.Value, error) {
	if other, ok := w.values[v.Text]; ok {
		return finding.Value{Text: other}, nil
	}
	if v.Fields == nil {
		return v, nil
	}
	out := finding.Value{}
	for _, f := range v.Fields {
		below := strings.TrimPrefix(at+"/"+f.Name, "/")
		inner, ok := words[kind][below]
		if !ok {
			return v, fmt.Errorf("how %s writes %s is not known here", kind, f.Name)
		}
		value, err := translateValue(kind, below, inner, f.Value)
		if err != nil {
			return v, err
		}
		out.Fields = append(out.Fields, finding.Field{Name: inner.path[strings.LastIndexByte(inner.path, '/')+1:], Value: value})
	}
	return out, nil
}
