package check

import (
	"regexp"
	"strings"

	"github.com/muralla-net/muralla/internal/topo"
)

// spelling is how the sources other than Terraform write a setting. What the
// calls that describe things write is as in CloudFormation if described is empty.
type spelling struct {
	cloudFormation, described string
	values                    map[string]string // Terraform's values where both write others
}

// onOff is how AWS writes what the Terraform provider made a boolean of.
var onOff = map[string]string{"true": "ENABLED", "false": "DISABLED"}

// spellings are the settings that findings name, by their Terraform names
// (Terraform AWS provider; AWS CloudFormation "Template reference"; the API
// references of Amazon ECS, Amazon EC2, Elastic Load Balancing and others).
var spellings = map[string]spelling{
	"acceptance_required":              {cloudFormation: "AcceptanceRequired"},
	"allowed_principals":               {cloudFormation: "AllowedPrincipals"},
	"assign_public_ip":                 {cloudFormation: "AssignPublicIp", described: "assignPublicIp", values: onOff},
	"certificate_arn":                  {cloudFormation: "CertificateArn"},
	"cluster_endpoint_encryption_type": {cloudFormation: "ClusterEndpointEncryptionType"},
	"client_broker":                    {cloudFormation: "ClientBroker"},
	"container_definitions":            {cloudFormation: "ContainerDefinitions", described: "containerDefinitions"},
	"domain_endpoint_options":          {cloudFormation: "DomainEndpointOptions"},
	"efs_volume_configuration":         {cloudFormation: "EFSVolumeConfiguration", described: "efsVolumeConfiguration"},
	"encryption_in_transit":            {cloudFormation: "EncryptionInTransit"},
	"enforce_https":                    {cloudFormation: "EnforceHTTPS"},
	"execution_role_arn":               {cloudFormation: "ExecutionRoleArn", described: "executionRoleArn"},
	"http_endpoint":                    {cloudFormation: "HttpEndpoint"},
	"http_put_response_hop_limit":      {cloudFormation: "HttpPutResponseHopLimit"},
	"http_tokens":                      {cloudFormation: "HttpTokens"},
	"iam_role_arn":                     {cloudFormation: "DeliverLogsPermissionArn"},
	"issuer_cert_authority":            {cloudFormation: "IssuerCertificateAuthority", described: "issuerCertificateAuthority"},
	"kms_key_id":                       {cloudFormation: "KmsKeyId", described: "kmsKeyId"},
	"log_destination":                  {cloudFormation: "LogDestination"},
	"log_destination_type":             {cloudFormation: "LogDestinationType"},
	"log_format":                       {cloudFormation: "LogFormat"},
	"max_aggregation_interval":         {cloudFormation: "MaxAggregationInterval"},
	"metadata_options":                 {cloudFormation: "MetadataOptions"},
	"network_configuration":            {cloudFormation: "NetworkConfiguration", described: "networkConfiguration"},
	"network_mode":                     {cloudFormation: "NetworkMode", described: "networkMode"},
	"policy":                           {cloudFormation: "PolicyDocument"},
	"private_dns_enabled":              {cloudFormation: "PrivateDnsEnabled"},
	"protocol_version":                 {cloudFormation: "ProtocolVersion"},
	"publicly_accessible":              {cloudFormation: "PubliclyAccessible"},
	"require_tls":                      {cloudFormation: "RequireTLS"},
	"role_arn":                         {cloudFormation: "RoleArn", described: "roleArn"},
	"retention_in_days":                {cloudFormation: "RetentionInDays", described: "retentionInDays"},
	"route_table_ids":                  {cloudFormation: "RouteTableIds"},
	"security_group_ids":               {cloudFormation: "SecurityGroupIds", described: "Groups"},
	"security_groups":                  {cloudFormation: "SecurityGroups", described: "securityGroups"},
	"service_connect_configuration": {
		cloudFormation: "ServiceConnectConfiguration", described: "serviceConnectConfiguration"},
	"ssl_certificate_id":         {cloudFormation: "SSLCertificateId"},
	"ssl_policy":                 {cloudFormation: "SslPolicy"},
	"subnet_ids":                 {cloudFormation: "SubnetIds"},
	"subnets":                    {cloudFormation: "Subnets", described: "subnets"},
	"task_role_arn":              {cloudFormation: "TaskRoleArn", described: "taskRoleArn"},
	"tls":                        {cloudFormation: "Tls", described: "tls"},
	"tls_enabled":                {cloudFormation: "TLSEnabled"},
	"traffic_type":               {cloudFormation: "TrafficType"},
	"transit_encryption":         {cloudFormation: "TransitEncryption", described: "transitEncryption"},
	"transit_encryption_enabled": {cloudFormation: "TransitEncryptionEnabled"},
	"transit_encryption_mode":    {cloudFormation: "TransitEncryptionMode"},
	"user_data":                  {cloudFormation: "UserData"},
	"vpc_endpoint_type":          {cloudFormation: "VpcEndpointType"},
}

// word is the name of a setting as the source of the thing writes it: of
// "assign_public_ip" for a service of a CloudFormation template,
// "AssignPublicIp". A test holds that all names that are asked for are known.
func (r *run) word(t topo.Thing, name string) string {
	s := spellings[name]
	switch {
	case strings.HasPrefix(t.Type, "AWS::") && s.cloudFormation != "":
		return s.cloudFormation
	case fromTerraform(t) || s.cloudFormation == "":
		return name
	case s.described != "":
		return s.described
	}
	return s.cloudFormation
}

// set is a setting with a value, as the source of the thing writes both:
// "assign_public_ip to false", "AssignPublicIp to DISABLED".
func (r *run) set(t topo.Thing, name, value string) string {
	if v, ok := spellings[name].values[value]; ok && !fromTerraform(t) {
		value = v
	}
	return r.word(t, name) + " to " + value
}

// fromTerraform is whether a design in Terraform wrote the thing. Things that a
// design only refers to may have no type; what they are set to is not its to say.
func fromTerraform(t topo.Thing) bool { return t.Type == "" || strings.HasPrefix(t.Type, "aws_") }

// What designs call what AWS tells them: the Region, the partition and the account
// where they are, and a repository that they do not make (Terraform AWS provider,
// "aws_region", "aws_partition", "aws_caller_identity"; AWS CloudFormation "Pseudo
// parameters").
var (
	regionName          = regexp.MustCompile(`^\$\{(AWS::Region|(.*\.)?data\.aws_region\.[^{}]*\.(name|id|region))\}$`)
	partitionName       = regexp.MustCompile(`^\$\{(AWS::Partition|(.*\.)?data\.aws_partition\.[^{}]*\.(partition|id))\}$`)
	accountName         = regexp.MustCompile(`^\$\{(AWS::AccountId|(.*\.)?data\.aws_caller_identity\.[^{}]*\.(account_id|id))\}$`)
	repositoryElsewhere = "data.aws_ecr_repository."
)
