// Package compute translates what lives in the network of a CloudFormation
// template beyond new names: load balancers, ECS, hosts, what starts tasks, data
// stores, and the roles they use.
//
// # Model
// [Makers] has a translation for each type. Definitions of containers stay as
// they are, since their reader takes both spellings. User data is the text that
// is encoded, with what cfn-init does put in its place; lines are counted there.
//
// # Guarantees
// Where the provider has a default that CloudFormation does not have, the value
// of CloudFormation is written out; where that depends on what a template does
// not say, it is unknown.
//
// # Not modelled
// Scripts on S3, and state machines whose definition is there.
package compute

import (
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

// Makers are the translations by type of CloudFormation.
var Makers = map[string]form.Maker{
	"AWS::ElasticLoadBalancingV2::LoadBalancer":        balancer,
	"AWS::ElasticLoadBalancingV2::Listener":            listener,
	"AWS::ElasticLoadBalancingV2::ListenerRule":        listenerRule,
	"AWS::ElasticLoadBalancingV2::ListenerCertificate": certificates,
	"AWS::ElasticLoadBalancingV2::TargetGroup":         targetGroup,
	"AWS::ElasticLoadBalancing::LoadBalancer":          classic,

	"AWS::ECS::Service":                service,
	"AWS::ECS::TaskSet":                taskSet,
	"AWS::ECS::TaskDefinition":         taskDefinition,
	"AWS::CodeDeploy::DeploymentGroup": deploymentGroup,

	"AWS::Events::Rule":                rule,
	"AWS::Scheduler::Schedule":         schedule,
	"AWS::StepFunctions::StateMachine": stateMachine,
	"AWS::Serverless::StateMachine":    stateMachine,

	"AWS::EC2::Instance":                    instance,
	"AWS::EC2::LaunchTemplate":              launchTemplate,
	"AWS::AutoScaling::LaunchConfiguration": launchConfiguration,
	"AWS::EC2::SpotFleet":                   spotFleet,

	"AWS::RDS::DBInstance":                 database,
	"AWS::RDS::DBCluster":                  cluster,
	"AWS::DMS::ReplicationInstance":        replication,
	"AWS::RDS::DBParameterGroup":           parameters("aws_db_parameter_group", "DBParameterGroupName"),
	"AWS::RDS::DBClusterParameterGroup":    parameters("aws_rds_cluster_parameter_group", "DBClusterParameterGroupName"),
	"AWS::DocDB::DBClusterParameterGroup":  parameters("aws_docdb_cluster_parameter_group", "Name"),
	"AWS::Redshift::ClusterParameterGroup": redshiftParameters,
	"AWS::Redshift::Cluster":               redshift,
	"AWS::EFS::FileSystem":                 fileSystem,
	"AWS::FSx::FileSystem":                 fsx,
	"AWS::MSK::Cluster":                    kafka,

	"AWS::IAM::Role":            role,
	"AWS::IAM::Policy":          rolePolicy,
	"AWS::IAM::RolePolicy":      rolePolicy,
	"AWS::IAM::ManagedPolicy":   managedPolicy,
	"AWS::IAM::InstanceProfile": instanceProfile,
}

func one(r resource.Resource, typ string, body map[string]resource.Value) []resource.Resource {
	return []resource.Resource{form.As(r, typ, body)}
}
