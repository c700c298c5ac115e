package form_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{
		"VpcId": "vpc_id", "VPCZoneIdentifier": "vpc_zone_identifier", "TargetGroupARNs": "target_group_arns", "DBSubnetGroupName": "db_subnet_group_name",
		"Ipv6CidrBlock": "ipv6_cidr_block", "PrivateIPv4Address": "private_ipv4_address", "IPv6Address": "ipv6_address", "EnforceHTTPS": "enforce_https",
		"TLSSecurityPolicy": "tls_security_policy", "EFSVolumeConfiguration": "efs_volume_configuration", "EBSOptions": "ebs_options",
		"FSxWindowsFileServerVolumeConfiguration": "fsx_windows_file_server_volume_configuration", "WebACLAssociation": "web_acl_association",
		"KmsKeyId": "kms_key_id", "HttpPutResponseHopLimit": "http_put_response_hop_limit", "EC2SecurityGroup": "ec2_security_group",
		"Ec2SubnetId": "ec2_subnet_id", "RequireTLS": "require_tls", "ECSServices": "ecs_services", "DNSName": "dns_name", "S3Bucket": "s3_bucket",
		"CloudWatchLogGroupName": "cloud_watch_log_group_name", "name": "name", "a.b": "a.b", "": "",
	} {
		if got := form.Snake(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

func TestTypeName(t *testing.T) {
	for in, want := range map[string]string{
		"AWS::EC2::VPC": "aws_vpc", "AWS::EC2::TransitGateway": "aws_ec2_transit_gateway", "AWS::EC2::ClientVpnEndpoint": "aws_ec2_client_vpn_endpoint",
		"AWS::EC2::VPNConnection": "aws_vpn_connection", "AWS::EC2::VerifiedAccessEndpoint": "aws_verifiedaccess_endpoint", "AWS::EC2::IPAMPool": "aws_vpc_ipam_pool",
		"AWS::VpcLattice::ServiceNetwork": "aws_vpclattice_service_network", "AWS::NetworkFirewall::Firewall": "aws_networkfirewall_firewall",
		"AWS::DirectConnect::Connection": "aws_dx_connection", "AWS::Lambda::Function": "aws_lambda_function", "AWS::WAFv2::WebACLAssociation": "aws_wafv2_web_acl_association",
		"AWS::Route53Resolver::ResolverRule": "aws_route53_resolver_rule", "AWS::ApiGatewayV2::VpcLink": "aws_apigatewayv2_vpc_link",
		"AWS::GlobalAccelerator::EndpointGroup": "aws_globalaccelerator_endpoint_group", "AWS::CloudFront::VpcOrigin": "aws_cloudfront_vpc_origin",
		"AWS::EC2::InstanceConnectEndpoint": "aws_ec2_instance_connect_endpoint", "AWS::EC2::VPCEncryptionControl": "aws_vpc_encryption_control",
		"Custom::Thing": "", "Own::Service::Thing": "", "AWS::EC2": "", "AWS::::": "", "": "",
	} {
		if got := form.TypeName(in); got != want {
			t.Errorf("%s is %q, want %q", in, got, want)
		}
	}
}

// TestJSON: what is known is the JSON that package encoding/json reads back.
func TestJSON(t *testing.T) {
	kinds := map[string]int{}
	var draw func(rt *rapid.T, depth int) (resource.Value, any)
	draw = func(rt *rapid.T, depth int) (resource.Value, any) {
		most := 5
		if depth == 0 {
			most = 3
		}
		switch rapid.IntRange(0, most).Draw(rt, "kind") {
		case 0:
			return resource.Value{}, nil
		case 1:
			b := rapid.Bool().Draw(rt, "bool")
			return resource.Value{Kind: resource.Bool, Bool: b}, b
		case 2:
			n := rapid.Float64Range(-1e9, 1e9).Draw(rt, "number")
			return resource.Value{Kind: resource.Number, Number: n}, n
		case 3:
			s := strings.ToValidUTF8(rapid.String().Draw(rt, "text"), "")
			return resource.Value{Kind: resource.String, Text: s}, s
		case 4:
			kinds["list"]++
			v, out := resource.Value{Kind: resource.List}, []any{}
			for range rapid.IntRange(0, 3).Draw(rt, "length") {
				e, x := draw(rt, depth-1)
				v.List, out = append(v.List, e), append(out, x)
			}
			return v, out
		default:
			kinds["map"]++
			v, out := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{}}, map[string]any{}
			for range rapid.IntRange(0, 3).Draw(rt, "size") {
				key := strings.ToValidUTF8(rapid.String().Draw(rt, "key"), "")
				v.Map[key], out[key] = draw(rt, depth-1)
			}
			return v, out
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		v, want := draw(rt, 3)
		text := form.JSON(resource.Value{Kind: resource.List, List: []resource.Value{v}})
		var got any
		if err := json.Unmarshal([]byte(text.Text), &got); err != nil || text.Kind != resource.String {
			rt.Fatalf("%+v: %v", text, err)
		}
		if !reflect.DeepEqual(got, []any{want}) {
			rt.Fatalf("got %#v, want %#v", got, want)
		}
	})
	if kinds["list"] == 0 || kinds["map"] == 0 {
		t.Errorf("kinds drawn: %v", kinds)
	}
}

// TestJSONParts: references and what is unknown stay parts of the text.
func TestJSONParts(t *testing.T) {
	arn := resource.Value{Kind: resource.Ref, Ref: resource.Reference{ID: "Bucket", Attr: "arn"}}
	v := resource.Value{Kind: resource.Map, Map: map[string]resource.Value{
		"Resource": {Kind: resource.List, List: []resource.Value{arn, {Kind: resource.Text, List: []resource.Value{arn, {Kind: resource.String, Text: `/"*`}}}}},
		"Unknown":  {Kind: resource.Unknown, Why: "nobody knows"},
		"Maybe":    {Kind: resource.String, Text: "x", Maybe: true, Why: "a condition"},
		"Secret":   {Kind: resource.String, Text: "s", Sensitive: true},
	}}
	got := form.JSON(v)
	var b strings.Builder
	for _, p := range got.List {
		switch p.Kind {
		case resource.String:
			b.WriteString(p.Text)
		case resource.Ref:
			b.WriteString("<" + string(p.Ref.ID) + ">")
		case resource.Unknown:
			b.WriteString("<?" + p.Why + ">")
		}
	}
	if want := `{"Maybe":<?a condition>,"Resource":["<Bucket>","<Bucket>/\"*"],"Secret":"s","Unknown":<?nobody knows>}`; b.String() != want || !got.Sensitive {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}
