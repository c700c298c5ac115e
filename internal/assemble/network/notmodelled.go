package network

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/finding"
)

// notModelled are types that could change what is reachable, by the beginning
// of their name, with the reason. The longest beginning decides; without a
// reason the type does not matter.
var notModelled = map[string]string{
	"aws_dx_":                              "Direct Connect joins other networks",
	"aws_dx_lag":                           "",
	"aws_vpn_connection":                   "a VPN joins other networks",
	"aws_ec2_client_vpn_":                  "Client VPN lets remote users into a VPC",
	"aws_globalaccelerator_":               "an accelerator gives its endpoints public addresses of its own",
	"aws_cloudfront_vpc_origin":            "CloudFront enters a VPC through its VPC origins",
	"aws_networkfirewall_":                 "what its rules drop is not known: traffic through it is undecided",
	"aws_networkfirewall_logging":          "",
	"aws_vpclattice_":                      "VPC Lattice joins services across VPCs",
	"aws_networkmanager_":                  "a core network joins VPCs",
	"aws_ec2_carrier_gateway":              "a carrier gateway joins the network of a mobile carrier",
	"aws_ec2_local_gateway_":               "a local gateway joins the network of an Outpost",
	"aws_route53_resolver_":                "the Resolver answers or blocks names",
	"aws_ec2_traffic_mirror_":              "a mirror copies traffic to another place",
	"aws_verifiedaccess_":                  "Verified Access lets users in without a VPN",
	"aws_ec2_instance_connect_endpoint":    "EC2 Instance Connect lets users reach instances without public addresses",
	"aws_ec2_transit_gateway_connect":      "Connect attachments join other networks",
	"aws_ec2_transit_gateway_policy_table": "policy tables choose routes",
	"aws_ec2_transit_gateway_multicast_":   "multicast is not analysed",
	"aws_vpc_encryption_control":           "encryption controls may cut plain traffic",
	"aws_vpc_route_server":                 "a route server adds routes",
	"aws_vpc_dhcp_options":                 "DHCP options may lead names to other resolvers",
	"aws_vpc_dhcp_options_association":     "",
	"aws_wafv2_web_acl_association":        "AWS WAF judges requests, not packets",
	"aws_wafregional_web_acl_association":  "AWS WAF judges requests, not packets",
	"aws_apigatewayv2_vpc_link":            "API Gateway sends what it gets, perhaps from the internet, on to tasks",
	"aws_api_gateway_vpc_link":             "API Gateway sends what it gets, perhaps from the internet, on to load balancers",
	"aws_odb_":                             "Oracle Database@AWS joins other networks",
}

// notModelled lists what the design has and the model does not.
func (f *finisher) notModelled() {
	found := map[string]*finding.NotModelled{}
	for _, res := range f.All() {
		if res.Data {
			continue
		}
		why := reason(res.Type)
		if why == "" {
			continue
		}
		typ := cmp.Or(res.Called, res.Type)
		n := found[typ]
		if n == nil {
			n = &finding.NotModelled{Type: typ, Why: why, First: res.Place}
			found[typ] = n
		}
		n.Count++
		if res.Place.Compare(n.First) < 0 {
			n.First = res.Place
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(found)) {
		f.s.NotModelled = append(f.s.NotModelled, *found[typ])
	}
}

// reason is why a type that is not modelled could matter, or "".
func reason(typ string) string {
	best, why := "", ""
	for prefix, w := range notModelled {
		if strings.HasPrefix(typ, prefix) && len(prefix) > len(best) {
			best, why = prefix, w
		}
	}
	return why
}
