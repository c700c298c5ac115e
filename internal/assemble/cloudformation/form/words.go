package form

import (
	"strings"
	"unicode"
)

// spellings are words whose capitals do not tell where they end.
var spellings = strings.NewReplacer(
	"IPv4", "Ipv4", "IPv6", "Ipv6", "IPV4", "Ipv4", "IPV6", "Ipv6", "ARNs", "Arns", "IDs", "Ids", "ACLs", "Acls", "VPCs", "Vpcs", "IPs", "Ips",
	"URLs", "Urls", "FSx", "Fsx", "CIDRs", "Cidrs", "AMIs", "Amis", "OpenZFS", "Openzfs", "NetApp", "Netapp", "OnTap", "Ontap",
	"InfluxDB", "Influxdb", "DynamoDB", "Dynamodb", "MySQL", "Mysql", "PostgreSQL", "Postgresql", "OpenSearch", "Opensearch",
)

// Snake is the name of the provider for a CamelCase name: "VPCZoneIdentifier" is
// "vpc_zone_identifier", "EnforceHTTPS" is "enforce_https". Names that are no
// CamelCase (they have a separator, or begin with a small letter) are only made
// lower case.
func Snake(name string) string {
	name = spellings.Replace(name)
	rs := []rune(name)
	var b strings.Builder
	for i, r := range rs {
		if i > 0 && unicode.IsUpper(r) && letterOrDigit(rs[i-1]) {
			afterSmall := !unicode.IsUpper(rs[i-1])
			beforeSmall := i+1 < len(rs) && unicode.IsLower(rs[i+1])
			if afterSmall || beforeSmall {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// services are the prefixes of the provider for services whose prefix is not
// the name in small letters.
var services = map[string]string{
	"AmazonMQ": "mq", "ApiGateway": "api_gateway", "APS": "prometheus", "AutoScaling": "autoscaling", "CertificateManager": "acm",
	"DirectConnect": "dx", "ElasticLoadBalancing": "elb", "ElasticLoadBalancingV2": "lb", "Events": "cloudwatch_event",
	"KafkaConnect": "mskconnect", "KinesisFirehose": "kinesis_firehose", "Logs": "cloudwatch_log", "OpenSearchService": "opensearch",
	"Route53Resolver": "route53_resolver", "ServiceDiscovery": "service_discovery", "StepFunctions": "sfn", "Timestream": "timestreaminfluxdb",
	"VpcLattice": "vpclattice", "DirectoryService": "directory_service", "ResilienceHub": "resiliencehub",
}

// TypeName is the type of the provider that a CloudFormation type most likely
// is, by the rules after which both are made: "AWS::VpcLattice::Service" is
// "aws_vpclattice_service". It is "" for types that are not AWS's own.
func TypeName(typ string) string {
	parts := strings.Split(typ, "::")
	if len(parts) != 3 || parts[0] != "AWS" || parts[1] == "" || parts[2] == "" {
		return ""
	}
	service, thing := parts[1], parts[2]
	if service == "EC2" {
		switch {
		case strings.HasPrefix(thing, "VerifiedAccess"):
			return "aws_verifiedaccess_" + Snake(strings.TrimPrefix(thing, "VerifiedAccess"))
		case strings.HasPrefix(thing, "IPAM"), strings.HasPrefix(thing, "RouteServer"):
			return "aws_vpc_" + Snake(thing)
		case strings.HasPrefix(thing, "VPC"), strings.HasPrefix(thing, "VPN"):
			return "aws_" + Snake(thing)
		}
		return "aws_ec2_" + Snake(thing)
	}
	prefix, ok := services[service]
	if !ok {
		prefix = strings.ToLower(service)
	}
	if service == "Route53Resolver" {
		thing = strings.TrimPrefix(thing, "Resolver")
	}
	return "aws_" + prefix + "_" + Snake(thing)
}
