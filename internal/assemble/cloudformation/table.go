package cloudformation

// row is a type whose name at the provider, or the names of some of whose
// properties, do not follow from the rules of package form.
type row struct {
	to    string            // type of the provider; empty if the rules give it
	names map[string]string // property → argument, at every depth
}

func to(typ string) row { return row{to: typ} }

func named(typ string, pairs ...string) row {
	r := row{to: typ, names: map[string]string{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		r.names[pairs[i]] = pairs[i+1]
	}
	return r
}

// rows are the types that need more than the rules and less than code.
var rows = map[string]row{
	"AWS::EC2::RouteTable":                      to("aws_route_table"),
	"AWS::EC2::Route":                           named("aws_route", "EgressOnlyInternetGatewayId", "egress_only_gateway_id"),
	"AWS::EC2::SubnetRouteTableAssociation":     to("aws_route_table_association"),
	"AWS::EC2::GatewayRouteTableAssociation":    to("aws_route_table_association"),
	"AWS::EC2::SubnetCidrBlock":                 to("aws_subnet_cidr_block"),
	"AWS::EC2::InternetGateway":                 to("aws_internet_gateway"),
	"AWS::EC2::EgressOnlyInternetGateway":       to("aws_egress_only_internet_gateway"),
	"AWS::EC2::NatGateway":                      named("aws_nat_gateway", "PrivateIpAddress", "private_ip"),
	"AWS::EC2::EIP":                             named("aws_eip", "InstanceId", "instance"),
	"AWS::EC2::EIPAssociation":                  to("aws_eip_association"),
	"AWS::EC2::CustomerGateway":                 to("aws_customer_gateway"),
	"AWS::EC2::NetworkAcl":                      to("aws_network_acl"),
	"AWS::EC2::SubnetNetworkAclAssociation":     to("aws_network_acl_association"),
	"AWS::EC2::SecurityGroupVpcAssociation":     named("aws_vpc_security_group_vpc_association", "GroupId", "security_group_id"),
	"AWS::EC2::NetworkInterfaceAttachment":      to("aws_network_interface_attachment"),
	"AWS::EC2::NetworkInterfacePermission":      to("aws_network_interface_permission"),
	"AWS::EC2::DHCPOptions":                     to("aws_vpc_dhcp_options"),
	"AWS::EC2::VPCDHCPOptionsAssociation":       to("aws_vpc_dhcp_options_association"),
	"AWS::EC2::TransitGatewayRouteTable":        to("aws_ec2_transit_gateway_route_table"),
	"AWS::EC2::TransitGatewayPeeringAttachment": to("aws_ec2_transit_gateway_peering_attachment"),
	"AWS::EC2::EC2Fleet":                        to("aws_ec2_fleet"),
	"AWS::EC2::Volume":                          to("aws_ebs_volume"),
	"AWS::EC2::KeyPair":                         to("aws_key_pair"),

	"AWS::ElasticLoadBalancingV2::TrustStore": to("aws_lb_trust_store"),

	"AWS::ECS::Cluster":                             named("aws_ecs_cluster", "ClusterName", "name", "ClusterSettings", "setting"),
	"AWS::ECS::ClusterCapacityProviderAssociations": named("aws_ecs_cluster_capacity_providers", "Cluster", "cluster_name"),
	"AWS::ECS::CapacityProvider":                    named("aws_ecs_capacity_provider", "ClusterName", "cluster"),
	"AWS::ECS::ExpressGatewayService":               to("aws_ecs_express_gateway_service"),
	"AWS::Pipes::Pipe": named("aws_pipes_pipe", "AwsvpcConfiguration", "aws_vpc_configuration", "AwsVpcConfiguration", "aws_vpc_configuration",
		"SecurityGroup", "security_groups"),
	"AWS::Batch::ComputeEnvironment": named("aws_batch_compute_environment", "ComputeEnvironmentName", "name"),

	"AWS::AutoScaling::AutoScalingGroup": named("aws_autoscaling_group", "AutoScalingGroupName", "name", "LaunchConfigurationName", "launch_configuration",
		"Overrides", "override", "LoadBalancerNames", "load_balancers", "TrafficSources", "traffic_source"),

	"AWS::RDS::DBSubnetGroup":               named("aws_db_subnet_group", "DBSubnetGroupName", "name"),
	"AWS::RDS::DBProxy":                     named("aws_db_proxy", "DBProxyName", "name"),
	"AWS::RDS::DBProxyEndpoint":             named("aws_db_proxy_endpoint", "DBProxyEndpointName", "db_proxy_endpoint_name"),
	"AWS::RDS::OptionGroup":                 to("aws_db_option_group"),
	"AWS::DocDB::DBCluster":                 named("aws_docdb_cluster", "DBClusterIdentifier", "cluster_identifier", "DBClusterParameterGroupName", "db_cluster_parameter_group_name"),
	"AWS::DocDB::DBInstance":                named("aws_docdb_cluster_instance", "DBClusterIdentifier", "cluster_identifier", "DBInstanceIdentifier", "identifier"),
	"AWS::DocDB::DBSubnetGroup":             named("aws_docdb_subnet_group", "DBSubnetGroupName", "name"),
	"AWS::Neptune::DBCluster":               named("aws_neptune_cluster", "DBClusterIdentifier", "cluster_identifier", "DBPort", "port", "DBSubnetGroupName", "neptune_subnet_group_name"),
	"AWS::Neptune::DBInstance":              named("aws_neptune_cluster_instance", "DBClusterIdentifier", "cluster_identifier", "DBInstanceIdentifier", "identifier"),
	"AWS::Neptune::DBSubnetGroup":           named("aws_neptune_subnet_group", "DBSubnetGroupName", "name"),
	"AWS::Neptune::DBClusterParameterGroup": to("aws_neptune_cluster_parameter_group"),
	"AWS::ElastiCache::CacheCluster":        named("aws_elasticache_cluster", "VpcSecurityGroupIds", "security_group_ids", "CacheSubnetGroupName", "subnet_group_name", "ClusterName", "cluster_id"),
	"AWS::ElastiCache::ReplicationGroup":    named("aws_elasticache_replication_group", "CacheSubnetGroupName", "subnet_group_name"),
	"AWS::ElastiCache::ServerlessCache":     named("aws_elasticache_serverless_cache", "ServerlessCacheName", "name"),
	"AWS::ElastiCache::SubnetGroup":         named("aws_elasticache_subnet_group", "CacheSubnetGroupName", "name"),
	"AWS::MemoryDB::Cluster":                named("aws_memorydb_cluster", "ClusterName", "name"),
	"AWS::MemoryDB::SubnetGroup":            named("aws_memorydb_subnet_group", "SubnetGroupName", "name"),
	"AWS::DAX::Cluster":                     named("aws_dax_cluster", "ClusterName", "cluster_name"),
	"AWS::DAX::SubnetGroup":                 named("aws_dax_subnet_group", "SubnetGroupName", "name"),
	"AWS::Redshift::ClusterSubnetGroup":     to("aws_redshift_subnet_group"),
	"AWS::MSK::ServerlessCluster":           named("aws_msk_serverless_cluster", "VpcConfigs", "vpc_config"),
	"AWS::DMS::ReplicationSubnetGroup":      named("aws_dms_replication_subnet_group", "ReplicationSubnetGroupIdentifier", "replication_subnet_group_id"),
	"AWS::Timestream::InfluxDBInstance":     to("aws_timestreaminfluxdb_db_instance"),
	"AWS::Timestream::InfluxDBCluster":      to("aws_timestreaminfluxdb_db_cluster"),
	"AWS::DataSync::LocationFSxLustre":      to("aws_datasync_location_fsx_lustre_file_system"),
	"AWS::DataSync::LocationFSxWindows":     to("aws_datasync_location_fsx_windows_file_system"),
	"AWS::DataSync::LocationFSxOpenZFS":     to("aws_datasync_location_fsx_openzfs_file_system"),
	"AWS::DataSync::LocationFSxONTAP":       to("aws_datasync_location_fsx_ontap_file_system"),

	"AWS::EKS::Cluster":   named("aws_eks_cluster", "ResourcesVpcConfig", "vpc_config"),
	"AWS::EKS::Nodegroup": to("aws_eks_node_group"),
	"AWS::EMR::Cluster":   named("aws_emr_cluster", "Instances", "ec2_attributes", "Ec2SubnetId", "subnet_id", "Ec2SubnetIds", "subnet_ids"),

	"AWS::Serverless::Function":                     to("aws_lambda_function"),
	"AWS::IoT::TopicRuleDestination":                to("aws_iot_topic_rule_destination"),
	"AWS::Logs::LogGroup":                           named("aws_cloudwatch_log_group", "LogGroupName", "name"),
	"AWS::S3::Bucket":                               named("aws_s3_bucket", "BucketName", "bucket"),
	"AWS::S3::BucketPolicy":                         named("aws_s3_bucket_policy", "PolicyDocument", "policy"),
	"AWS::KMS::Key":                                 named("aws_kms_key", "KeyPolicy", "policy"),
	"AWS::ECR::Repository":                          named("aws_ecr_repository", "RepositoryName", "name"),
	"AWS::SecretsManager::Secret":                   to("aws_secretsmanager_secret"),
	"AWS::Route53::HostedZone":                      named("aws_route53_zone", "VPCs", "vpc", "VPCId", "vpc_id", "VPCRegion", "vpc_region"),
	"AWS::Route53::RecordSet":                       named("aws_route53_record", "ResourceRecords", "records", "HostedZoneId", "zone_id"),
	"AWS::ApiGateway::VpcLink":                      to("aws_api_gateway_vpc_link"),
	"AWS::VpcLattice::ServiceNetworkVpcAssociation": to("aws_vpclattice_service_network_vpc_association"),
}
