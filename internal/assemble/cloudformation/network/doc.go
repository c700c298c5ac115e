// Package network translates what the network of a CloudFormation template has
// beyond new names: security groups, network ACLs, gateways, endpoints, flow logs.
//
// # Model
// [Makers] has a translation for each type. Rules in a security group become
// blocks; the rules that AWS adds by itself become blocks too.
//
// # Guarantees
// A group has the outbound rules that it has after a first deployment. Where the
// order in which CloudFormation makes things decides whether a rule stays, the
// rule is possible and a diagnostic says so.
//
// # Not modelled
// What earlier versions of a template left behind.
package network

import "github.com/muralla-net/muralla/internal/assemble/cloudformation/form"

// Makers are the translations by type of CloudFormation.
var Makers = map[string]form.Maker{
	"AWS::EC2::SecurityGroup":                 group,
	"AWS::EC2::SecurityGroupIngress":          ingressRule,
	"AWS::EC2::SecurityGroupEgress":           egressRule,
	"Custom::VpcRestrictDefaultSG":            restricted,
	"AWS::EC2::NetworkAclEntry":               aclEntry,
	"AWS::EC2::VPCCidrBlock":                  cidrBlock,
	"AWS::EC2::Subnet":                        subnet,
	"AWS::EC2::VPCGatewayAttachment":          gatewayAttachment,
	"AWS::EC2::VPNGatewayRoutePropagation":    propagation,
	"AWS::EC2::NetworkInterface":              networkInterface,
	"AWS::EC2::VPCPeeringConnection":          peering,
	"AWS::EC2::TransitGatewayAttachment":      transitAttachment,
	"AWS::EC2::TransitGatewayVpcAttachment":   transitAttachment,
	"AWS::EC2::VPCEndpoint":                   endpoint,
	"AWS::EC2::VPCEndpointServicePermissions": permissions,
	"AWS::EC2::FlowLog":                       flowLog,
	"AWS::EC2::PrefixList":                    prefixList,
	"AWS::RAM::ResourceShare":                 share,
}
