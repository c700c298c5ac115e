package cloudformation_test

import (
	"testing"

	"github.com/muralla-net/muralla/internal/topo"
)

// TestStores: data stores, what only connects, and carriers by their shape.
func TestStores(t *testing.T) {
	s := twins(t, vpcTemplate+sgTemplate+`
	"Subnets": {"Type": "AWS::RDS::DBSubnetGroup", "Properties": {"DBSubnetGroupDescription": "d", "SubnetIds": [{"Ref": "A"}, {"Ref": "B"}]}},
	"Params": {"Type": "AWS::RDS::DBParameterGroup", "Properties": {"Family": "postgres14", "Parameters": {"rds.force_ssl": "1", "log_statement": "all"}}},
	"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres", "VPCSecurityGroups": [{"Ref": "Sg"}], "DBSubnetGroupName": {"Ref": "Subnets"}, "DBParameterGroupName": {"Ref": "Params"}, "PubliclyAccessible": false}},
	"Aurora": {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "aurora-mysql", "VpcSecurityGroupIds": [{"Ref": "Sg"}], "DBSubnetGroupName": {"Ref": "Subnets"}, "Port": 3307, "DBClusterParameterGroupName": {"Ref": "ClusterParams"}}},
	"ClusterParams": {"Type": "AWS::RDS::DBClusterParameterGroup", "Properties": {"Family": "aurora-mysql8.0", "Parameters": {"require_secure_transport": "ON"}}},
	"Member": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "aurora-mysql", "DBClusterIdentifier": {"Ref": "Aurora"}, "PubliclyAccessible": true}},
	"Proxy": {"Type": "AWS::RDS::DBProxy", "Properties": {"EngineFamily": "MYSQL", "VpcSubnetIds": [{"Ref": "A"}], "VpcSecurityGroupIds": [{"Ref": "Sg"}], "RequireTLS": true}},
	"CacheSubnets": {"Type": "AWS::ElastiCache::SubnetGroup", "Properties": {"CacheSubnetGroupName": "cache", "Description": "d", "SubnetIds": [{"Ref": "A"}]}},
	"Redis": {"Type": "AWS::ElastiCache::ReplicationGroup", "Properties": {"ReplicationGroupDescription": "r", "SecurityGroupIds": [{"Ref": "Sg"}], "CacheSubnetGroupName": "cache", "TransitEncryptionEnabled": true, "Port": 6380}},
	"Memcached": {"Type": "AWS::ElastiCache::CacheCluster", "Properties": {"Engine": "memcached", "VpcSecurityGroupIds": [{"Ref": "Sg"}], "CacheSubnetGroupName": {"Ref": "CacheSubnets"}}},
	"Mem": {"Type": "AWS::MemoryDB::Cluster", "Properties": {"ClusterName": "m", "SecurityGroupIds": [{"Ref": "Sg"}], "SubnetGroupName": {"Ref": "MemSubnets"}, "TLSEnabled": false}},
	"MemSubnets": {"Type": "AWS::MemoryDB::SubnetGroup", "Properties": {"SubnetGroupName": "ms", "SubnetIds": [{"Ref": "A"}]}},
	"Fs": {"Type": "AWS::EFS::FileSystem", "Properties": {"Encrypted": true}},
	"Mount": {"Type": "AWS::EFS::MountTarget", "Properties": {"FileSystemId": {"Ref": "Fs"}, "SubnetId": {"Ref": "A"}, "SecurityGroups": [{"Fn::GetAtt": ["Sg", "GroupId"]}]}},
	"Lustre": {"Type": "AWS::FSx::FileSystem", "Properties": {"FileSystemType": "LUSTRE", "SubnetIds": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}},
	"Kafka": {"Type": "AWS::MSK::Cluster", "Properties": {"BrokerNodeGroupInfo": {"ClientSubnets": [{"Ref": "A"}], "SecurityGroups": [{"Ref": "Sg"}]}, "EncryptionInfo": {"EncryptionInTransit": {"ClientBroker": "TLS_PLAINTEXT"}},
		"ClientAuthentication": {"Sasl": {"Iam": {"Enabled": true}}, "Unauthenticated": {"Enabled": false}, "Tls": {"Enabled": false}}}},
	"Search": {"Type": "AWS::OpenSearchService::Domain", "Properties": {"VPCOptions": {"SubnetIds": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}, "DomainEndpointOptions": {"EnforceHTTPS": true}}},
	"Warehouse": {"Type": "AWS::Redshift::Cluster", "Properties": {"VpcSecurityGroupIds": [{"Ref": "Sg"}], "ClusterSubnetGroupName": {"Ref": "RsSubnets"}, "PubliclyAccessible": false, "ClusterParameterGroupName": {"Ref": "RsParams"}}},
	"RsSubnets": {"Type": "AWS::Redshift::ClusterSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "B"}]}},
	"RsParams": {"Type": "AWS::Redshift::ClusterParameterGroup", "Properties": {"Parameters": [{"ParameterName": "require_ssl", "ParameterValue": "true"}]}},
	"Docs": {"Type": "AWS::DocDB::DBCluster", "Properties": {"VpcSecurityGroupIds": [{"Ref": "Sg"}], "DBSubnetGroupName": {"Ref": "DocSubnets"}, "DBClusterParameterGroupName": {"Ref": "DocParams"}}},
	"DocSubnets": {"Type": "AWS::DocDB::DBSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "B"}]}},
	"DocParams": {"Type": "AWS::DocDB::DBClusterParameterGroup", "Properties": {"Family": "docdb5.0", "Parameters": {"tls": "disabled"}}},
	"Graph": {"Type": "AWS::Neptune::DBCluster", "Properties": {"VpcSecurityGroupIds": [{"Ref": "Sg"}], "DBSubnetGroupName": {"Ref": "GraphSubnets"}, "DBPort": 8183}},
	"GraphSubnets": {"Type": "AWS::Neptune::DBSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "B"}]}},
	"Broker": {"Type": "AWS::AmazonMQ::Broker", "Properties": {"EngineType": "RABBITMQ", "SubnetIds": [{"Ref": "A"}], "SecurityGroups": [{"Ref": "Sg"}], "PubliclyAccessible": false}},
	"Dax": {"Type": "AWS::DAX::Cluster", "Properties": {"SecurityGroupIds": [{"Ref": "Sg"}], "SubnetGroupName": {"Ref": "DaxSubnets"}, "ClusterEndpointEncryptionType": "TLS"}},
	"DaxSubnets": {"Type": "AWS::DAX::SubnetGroup", "Properties": {"SubnetIds": [{"Ref": "A"}]}},
	"Dms": {"Type": "AWS::DMS::ReplicationInstance", "Properties": {"VpcSecurityGroupIds": [{"Ref": "Sg"}], "ReplicationSubnetGroupIdentifier": {"Ref": "DmsSubnets"}}},
	"DmsSubnets": {"Type": "AWS::DMS::ReplicationSubnetGroup", "Properties": {"SubnetIds": [{"Ref": "A"}]}},
	"Fn": {"Type": "AWS::Lambda::Function", "Properties": {"FunctionName": "f", "VpcConfig": {"SubnetIds": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}}},
	"Link": {"Type": "AWS::ApiGatewayV2::VpcLink", "Properties": {"Name": "l", "SubnetIds": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}},
	"Build": {"Type": "AWS::CodeBuild::Project", "Properties": {"VpcConfig": {"VpcId": {"Ref": "Vpc"}, "Subnets": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}}},
	"Eks": {"Type": "AWS::EKS::Cluster", "Properties": {"ResourcesVpcConfig": {"SubnetIds": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}}},
	"Emr": {"Type": "AWS::EMR::Cluster", "Properties": {"Instances": {"Ec2SubnetId": {"Ref": "A"}, "EmrManagedMasterSecurityGroup": {"Ref": "Sg"}}}},
	"Glue": {"Type": "AWS::Glue::Connection", "Properties": {"ConnectionInput": {"PhysicalConnectionRequirements": {"SecurityGroupIdList": [{"Ref": "Sg"}], "SubnetId": {"Ref": "A"}}}}},
	"Resolver": {"Type": "AWS::Route53Resolver::ResolverEndpoint", "Properties": {"Direction": "INBOUND", "SecurityGroupIds": [{"Ref": "Sg"}], "IpAddresses": [{"SubnetId": {"Ref": "A"}}]}},
	"Batch": {"Type": "AWS::Batch::ComputeEnvironment", "Properties": {"ComputeResources": {"Type": "FARGATE", "Subnets": [{"Ref": "A"}], "SecurityGroupIds": [{"Ref": "Sg"}]}}}
	`, vpcConfiguration+sgConfiguration+`
	resource "aws_db_subnet_group" "Subnets" { subnet_ids = [aws_subnet.A.id, aws_subnet.B.id] }
	resource "aws_db_parameter_group" "Params" {
		parameter {
			name = "rds.force_ssl"
			value = "1"
		}
	}
	resource "aws_db_instance" "Db" {
		engine = "postgres"
		vpc_security_group_ids = [aws_security_group.Sg.id]
		db_subnet_group_name = aws_db_subnet_group.Subnets.name
		parameter_group_name = aws_db_parameter_group.Params.name
	}
	resource "aws_rds_cluster" "Aurora" {
		engine = "aurora-mysql"
		port = 3307
		vpc_security_group_ids = [aws_security_group.Sg.id]
		db_subnet_group_name = aws_db_subnet_group.Subnets.name
		db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.ClusterParams.name
	}
	resource "aws_rds_cluster_parameter_group" "ClusterParams" {
		parameter {
			name = "require_secure_transport"
			value = "ON"
		}
	}
	resource "aws_rds_cluster_instance" "Member" {
		cluster_identifier = aws_rds_cluster.Aurora.id
		publicly_accessible = true
	}
	resource "aws_db_proxy" "Proxy" {
		engine_family = "MYSQL"
		vpc_subnet_ids = [aws_subnet.A.id]
		vpc_security_group_ids = [aws_security_group.Sg.id]
		require_tls = true
	}
	resource "aws_elasticache_subnet_group" "CacheSubnets" {
		name = "cache"
		subnet_ids = [aws_subnet.A.id]
	}
	resource "aws_elasticache_replication_group" "Redis" {
		security_group_ids = [aws_security_group.Sg.id]
		subnet_group_name = "cache"
		transit_encryption_enabled = true
		port = 6380
	}
	resource "aws_elasticache_cluster" "Memcached" {
		engine = "memcached"
		security_group_ids = [aws_security_group.Sg.id]
		subnet_group_name = aws_elasticache_subnet_group.CacheSubnets.name
	}
	resource "aws_memorydb_cluster" "Mem" {
		name = "m"
		security_group_ids = [aws_security_group.Sg.id]
		subnet_group_name = aws_memorydb_subnet_group.MemSubnets.id
		tls_enabled = false
	}
	resource "aws_memorydb_subnet_group" "MemSubnets" {
		name = "ms"
		subnet_ids = [aws_subnet.A.id]
	}
	resource "aws_efs_file_system" "Fs" { encrypted = true }
	resource "aws_efs_mount_target" "Mount" {
		file_system_id = aws_efs_file_system.Fs.id
		subnet_id = aws_subnet.A.id
		security_groups = [aws_security_group.Sg.id]
	}
	resource "aws_fsx_lustre_file_system" "Lustre" {
		subnet_ids = [aws_subnet.A.id]
		security_group_ids = [aws_security_group.Sg.id]
	}
	resource "aws_msk_cluster" "Kafka" {
		broker_node_group_info {
			client_subnets = [aws_subnet.A.id]
			security_groups = [aws_security_group.Sg.id]
		}
		encryption_info {
			encryption_in_transit { client_broker = "TLS_PLAINTEXT" }
		}
		client_authentication {
			unauthenticated = false
			sasl { iam = true }
		}
	}
	resource "aws_opensearch_domain" "Search" {
		vpc_options {
			subnet_ids = [aws_subnet.A.id]
			security_group_ids = [aws_security_group.Sg.id]
		}
		domain_endpoint_options { enforce_https = true }
	}
	resource "aws_redshift_cluster" "Warehouse" {
		vpc_security_group_ids = [aws_security_group.Sg.id]
		cluster_subnet_group_name = aws_redshift_subnet_group.RsSubnets.name
		publicly_accessible = false
		cluster_parameter_group_name = aws_redshift_parameter_group.RsParams.name
	}
	resource "aws_redshift_subnet_group" "RsSubnets" { subnet_ids = [aws_subnet.B.id] }
	resource "aws_redshift_parameter_group" "RsParams" {
		parameter {
			name = "require_ssl"
			value = "true"
		}
	}
	resource "aws_docdb_cluster" "Docs" {
		vpc_security_group_ids = [aws_security_group.Sg.id]
		db_subnet_group_name = aws_docdb_subnet_group.DocSubnets.name
		db_cluster_parameter_group_name = aws_docdb_cluster_parameter_group.DocParams.name
	}
	resource "aws_docdb_subnet_group" "DocSubnets" { subnet_ids = [aws_subnet.B.id] }
	resource "aws_docdb_cluster_parameter_group" "DocParams" {
		parameter {
			name = "tls"
			value = "disabled"
		}
	}
	resource "aws_neptune_cluster" "Graph" {
		vpc_security_group_ids = [aws_security_group.Sg.id]
		neptune_subnet_group_name = aws_neptune_subnet_group.GraphSubnets.name
		port = 8183
	}
	resource "aws_neptune_subnet_group" "GraphSubnets" { subnet_ids = [aws_subnet.B.id] }
	resource "aws_mq_broker" "Broker" {
		engine_type = "RABBITMQ"
		subnet_ids = [aws_subnet.A.id]
		security_groups = [aws_security_group.Sg.id]
	}
	resource "aws_dax_cluster" "Dax" {
		security_group_ids = [aws_security_group.Sg.id]
		subnet_group_name = aws_dax_subnet_group.DaxSubnets.id
		cluster_endpoint_encryption_type = "TLS"
	}
	resource "aws_dax_subnet_group" "DaxSubnets" { subnet_ids = [aws_subnet.A.id] }
	resource "aws_dms_replication_instance" "Dms" {
		publicly_accessible = true
		vpc_security_group_ids = [aws_security_group.Sg.id]
		replication_subnet_group_id = aws_dms_replication_subnet_group.DmsSubnets.id
	}
	resource "aws_dms_replication_subnet_group" "DmsSubnets" { subnet_ids = [aws_subnet.A.id] }
	resource "aws_lambda_function" "Fn" {
		function_name = "f"
		vpc_config {
			subnet_ids = [aws_subnet.A.id]
			security_group_ids = [aws_security_group.Sg.id]
		}
	}
	resource "aws_apigatewayv2_vpc_link" "Link" {
		name = "l"
		subnet_ids = [aws_subnet.A.id]
		security_group_ids = [aws_security_group.Sg.id]
	}
	resource "aws_codebuild_project" "Build" {
		vpc_config {
			vpc_id = aws_vpc.Vpc.id
			subnets = [aws_subnet.A.id]
			security_group_ids = [aws_security_group.Sg.id]
		}
	}
	resource "aws_eks_cluster" "Eks" {
		vpc_config {
			subnet_ids = [aws_subnet.A.id]
			security_group_ids = [aws_security_group.Sg.id]
		}
	}
	resource "aws_emr_cluster" "Emr" {
		ec2_attributes {
			subnet_id = aws_subnet.A.id
			emr_managed_master_security_group = aws_security_group.Sg.id
		}
	}
	resource "aws_glue_connection" "Glue" {
		physical_connection_requirements {
			security_group_id_list = [aws_security_group.Sg.id]
			subnet_id = aws_subnet.A.id
		}
	}
	resource "aws_route53_resolver_endpoint" "Resolver" {
		security_group_ids = [aws_security_group.Sg.id]
		ip_address { subnet_id = aws_subnet.A.id }
	}
	resource "aws_batch_compute_environment" "Batch" {
		compute_resources {
			type = "FARGATE"
			subnets = [aws_subnet.A.id]
			security_group_ids = [aws_security_group.Sg.id]
		}
	}
	`)
	open := snapshot(t, template(t, `"Db": {"Type": "AWS::RDS::DBInstance", "Properties": {"Engine": "postgres"}}, "Rs": {"Type": "AWS::Redshift::Cluster"},
		"Cluster": {"Type": "AWS::RDS::DBCluster", "Properties": {"Engine": "mysql", "DBClusterInstanceClass": "db.m6gd.large"}}`))
	for _, st := range open.Stores {
		if st.Public.IsKnown() || st.Public.Why == "" {
			t.Errorf("whether %s is public is %+v", st.ID, st.Public)
		}
	}
	kinds := map[topo.EndpointKind]int{}
	for _, e := range s.Endpoints {
		kinds[e.Kind]++
	}
	if kinds[topo.StoreEndpoint] != 15 || kinds[topo.FunctionEndpoint] != 5 || kinds[topo.CarrierEndpoint] != 4 {
		t.Errorf("endpoints by kind are %v", kinds)
	}
}
