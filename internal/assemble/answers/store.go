package answers

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/resource"
)

// stores translates data stores and whatever else holds security groups.
func (t *translator) stores() {
	groups := map[string][]string{} // subnet groups of ElastiCache and Redshift
	for _, k := range []struct{ typ, name, subnet string }{
		{"elasticache:SubnetGroup", "CacheSubnetGroupName", "SubnetIdentifier"}, {"redshift:SubnetGroup", "ClusterSubnetGroupName", "SubnetIdentifier"},
	} {
		for _, r := range t.of[k.typ] {
			groups[k.typ+" "+str(get(r.Body, k.name))] = strs(get(r.Body, "Subnets"), k.subnet)
		}
	}
	subnets := func(typ, name string, r resource.Resource) resource.Value {
		if ids := groups[typ+" "+name]; len(ids) > 0 {
			return texts(ids, r.Place)
		}
		return unknown("its subnet group is not described", r.Place)
	}
	sgs := func(r resource.Resource, field, id string) resource.Value {
		list := get(r.Body, field)
		if list.Kind != resource.List || len(list.List) == 0 {
			return unknown("the answer has no "+field+" for it", r.Place)
		}
		var out []string
		for _, g := range list.List {
			if in(get(g, "Status"), "active", "adding") {
				out = append(out, str(get(g, id)))
			}
		}
		return texts(out, list.Place)
	}
	clusters := map[string]bool{}
	for _, r := range t.of["rds:DBCluster"] {
		clusters[str(get(r.Body, "DBClusterIdentifier"))] = true
		var in []string // a cluster names its subnet group only; its members name the subnets
		for _, m := range t.of["rds:DBInstance"] {
			if str(get(m.Body, "DBClusterIdentifier")) == str(get(r.Body, "DBClusterIdentifier")) {
				in = append(in, strs(get(m.Body, "DBSubnetGroup", "Subnets"), "SubnetIdentifier")...)
			}
		}
		slices.Sort(in)
		b := body{"cluster_identifier": scalar(get(r.Body, "DBClusterIdentifier")), "engine": scalar(get(r.Body, "Engine")), "port": scalar(get(r.Body, "Port")),
			"vpc_security_group_ids": sgs(r, "VpcSecurityGroups", "VpcSecurityGroupId"), "publicly_accessible": scalar(get(r.Body, "PubliclyAccessible")),
			"engine_version": scalar(get(r.Body, "EngineVersion")), "db_cluster_parameter_group_name": scalar(get(r.Body, "DBClusterParameterGroup")),
			"subnet_ids": unknown("its subnet group is not described", r.Place)}
		if len(in) > 0 {
			b["subnet_ids"] = texts(slices.Compact(in), r.Place)
		}
		t.put(r, cmp.Or(arnOf(r), string(r.ID)), clusterType(r), "RDS DB cluster", b)
	}
	for _, r := range t.of["rds:DBInstance"] {
		port := scalar(get(r.Body, "Endpoint", "Port"))
		b := body{"identifier": scalar(get(r.Body, "DBInstanceIdentifier")), "engine": scalar(get(r.Body, "Engine")), "port": port,
			"publicly_accessible": told(r.Body, "PubliclyAccessible", "PubliclyAccessible"), "vpc_security_group_ids": sgs(r, "VpcSecurityGroups", "VpcSecurityGroupId"),
			"subnet_ids": texts(strs(get(r.Body, "DBSubnetGroup", "Subnets"), "SubnetIdentifier"), r.Place), "cluster_identifier": scalar(get(r.Body, "DBClusterIdentifier")),
			"engine_version": scalar(get(r.Body, "EngineVersion"))}
		for _, g := range get(r.Body, "DBParameterGroups").Items() {
			b["parameter_group_name"] = scalar(get(g, "DBParameterGroupName"))
		}
		typ := "aws_db_instance"
		if clusters[str(get(r.Body, "DBClusterIdentifier"))] {
			typ = strings.Replace(clusterType(r), "_cluster", "_cluster_instance", 1)
		} else if len(b["subnet_ids"].List) == 0 {
			b["subnet_ids"] = unknown("the answer names no subnets for it", r.Place)
		}
		t.put(r, cmp.Or(arnOf(r), string(r.ID)), typ, "RDS DB instance", b)
	}
	for _, r := range t.of["rds:DBProxy"] {
		t.put(r, cmp.Or(str(get(r.Body, "DBProxyArn")), string(r.ID)), "aws_db_proxy", "RDS proxy", body{"name": scalar(get(r.Body, "DBProxyName")),
			"engine_family": scalar(get(r.Body, "EngineFamily")), "require_tls": told(r.Body, "RequireTLS", "RequireTLS"),
			"vpc_subnet_ids": texts(strs(get(r.Body, "VpcSubnetIds")), r.Place), "vpc_security_group_ids": texts(strs(get(r.Body, "VpcSecurityGroupIds")), r.Place)})
	}
	replicated := map[string]bool{}
	for _, r := range t.of["elasticache:ReplicationGroup"] {
		id := str(get(r.Body, "ReplicationGroupId"))
		replicated[id] = true
		b := body{"replication_group_id": text(id), "transit_encryption_enabled": told(r.Body, "TransitEncryptionEnabled", "TransitEncryptionEnabled"), "engine": scalar(get(r.Body, "Engine")),
			"security_group_ids": unknown("no answer to DescribeCacheClusters is here for it", r.Place), "subnet_ids": unknown("its subnet group is not described", r.Place)}
		for _, m := range t.of["elasticache:CacheCluster"] {
			if str(get(m.Body, "ReplicationGroupId")) == id {
				b["security_group_ids"] = sgs(m, "SecurityGroups", "SecurityGroupId")
				b["subnet_ids"] = subnets("elasticache:SubnetGroup", str(get(m.Body, "CacheSubnetGroupName")), m)
			}
		}
		for _, n := range get(r.Body, "NodeGroups").Items() {
			if p := scalar(get(n, "PrimaryEndpoint", "Port")); !p.IsNull() {
				b["port"] = p
			}
		}
		t.put(r, cmp.Or(arnOf(r), string(r.ID)), "aws_elasticache_replication_group", "ElastiCache replication group", b)
	}
	for _, r := range t.of["elasticache:CacheCluster"] {
		if replicated[str(get(r.Body, "ReplicationGroupId"))] {
			continue
		}
		b := body{"cluster_id": scalar(get(r.Body, "CacheClusterId")), "engine": scalar(get(r.Body, "Engine")), "transit_encryption_enabled": scalar(get(r.Body, "TransitEncryptionEnabled")),
			"security_group_ids": sgs(r, "SecurityGroups", "SecurityGroupId"), "subnet_ids": subnets("elasticache:SubnetGroup", str(get(r.Body, "CacheSubnetGroupName")), r),
			"port": scalar(get(r.Body, "ConfigurationEndpoint", "Port"))}
		t.put(r, cmp.Or(arnOf(r), string(r.ID)), "aws_elasticache_cluster", "ElastiCache cluster", b)
	}
	for _, r := range t.of["efs:FileSystem"] {
		t.put(r, string(r.ID), "aws_efs_file_system", "EFS file system", body{"creation_token": scalar(get(r.Body, "Name"))})
	}
	for _, r := range t.of["efs:MountTarget"] {
		b := body{"file_system_id": scalar(get(r.Body, "FileSystemId")), "subnet_id": scalar(get(r.Body, "SubnetId")), "ip_address": scalar(get(r.Body, "IpAddress")),
			"security_groups": unknown("its network interface is not described", r.Place)}
		if nic, ok := t.byID[refID(str(get(r.Body, "NetworkInterfaceId")))]; ok {
			b["security_groups"] = texts(strs(get(nic.Body, "Groups"), "GroupId"), nic.Place)
		}
		t.put(r, string(r.ID), "aws_efs_mount_target", "EFS mount target", b)
	}
	for _, r := range t.of["lambda:Function"] {
		v := get(r.Body, "VpcConfig")
		if len(strs(get(v, "SubnetIds"))) == 0 {
			continue // it is in no VPC
		}
		t.put(r, string(r.ID), "aws_lambda_function", "Lambda function", body{"function_name": scalar(get(r.Body, "FunctionName")),
			"vpc_config": block(body{"subnet_ids": texts(strs(get(v, "SubnetIds")), v.Place), "security_group_ids": texts(strs(get(v, "SecurityGroupIds")), v.Place)}, v.Place)})
	}
	for _, r := range t.of["es:Domain"] {
		v := get(r.Body, "VPCOptions")
		if len(strs(get(v, "SubnetIds"))) == 0 {
			continue
		}
		b := body{"domain_name": scalar(get(r.Body, "DomainName")), "vpc_options": block(body{"subnet_ids": texts(strs(get(v, "SubnetIds")), v.Place),
			"security_group_ids": texts(strs(get(v, "SecurityGroupIds")), v.Place)}, v.Place)}
		if o := get(r.Body, "DomainEndpointOptions"); o.Kind == resource.Map {
			b["domain_endpoint_options"] = block(body{"enforce_https": scalar(get(o, "EnforceHTTPS")), "tls_security_policy": scalar(get(o, "TLSSecurityPolicy"))}, o.Place)
		}
		t.put(r, cmp.Or(arnOf(r), string(r.ID)), "aws_opensearch_domain", "OpenSearch domain", b)
	}
	for _, r := range t.of["redshift:Cluster"] {
		t.put(r, string(r.ID), "aws_redshift_cluster", "Redshift cluster", body{"cluster_identifier": scalar(get(r.Body, "ClusterIdentifier")), "port": scalar(get(r.Body, "Endpoint", "Port")),
			"publicly_accessible": told(r.Body, "PubliclyAccessible", "PubliclyAccessible"), "vpc_security_group_ids": sgs(r, "VpcSecurityGroups", "VpcSecurityGroupId"),
			"subnet_ids": subnets("redshift:SubnetGroup", str(get(r.Body, "ClusterSubnetGroupName")), r)})
	}
	for _, r := range t.of["memorydb:Cluster"] {
		t.put(r, string(r.ID), "aws_memorydb_cluster", "MemoryDB cluster", body{"name": scalar(get(r.Body, "Name")), "port": scalar(get(r.Body, "ClusterEndpoint", "Port")),
			"tls_enabled": told(r.Body, "TLSEnabled", "TLSEnabled"), "security_group_ids": sgs(r, "SecurityGroups", "SecurityGroupId"), "subnet_ids": unknown("its subnet group is not described", r.Place)})
	}
	for _, r := range t.of["kafka:Cluster"] {
		n := get(r.Body, "BrokerNodeGroupInfo")
		if n.IsNull() {
			n = get(r.Body, "Provisioned", "BrokerNodeGroupInfo")
		}
		encryption := get(r.Body, "EncryptionInfo", "EncryptionInTransit")
		b := body{"cluster_name": scalar(get(r.Body, "ClusterName")), "broker_node_group_info": block(body{"client_subnets": texts(strs(get(n, "ClientSubnets")), n.Place),
			"security_groups": texts(strs(get(n, "SecurityGroups")), n.Place), "connectivity_info": block(body{"public_access": block(body{"type": scalar(get(n, "ConnectivityInfo", "PublicAccess", "Type"))}, n.Place)}, n.Place)}, n.Place)}
		if encryption.Kind == resource.Map {
			b["encryption_info"] = block(body{"encryption_in_transit": block(body{"client_broker": scalar(get(encryption, "ClientBroker")), "in_cluster": scalar(get(encryption, "InCluster"))}, encryption.Place)}, encryption.Place)
		}
		t.put(r, string(r.ID), "aws_msk_cluster", "MSK cluster", b)
	}
}

// clusterType is the type of a database cluster: three services share one API.
func clusterType(r resource.Resource) string {
	switch str(get(r.Body, "Engine")) {
	case "docdb":
		return "aws_docdb_cluster"
	case "neptune":
		return "aws_neptune_cluster"
	}
	return "aws_rds_cluster"
}
