package check

import "github.com/muralla-net/muralla/internal/intent"

// sensitive is the least declared sensitivity that raises severities.
const sensitive = intent.Confidential

// recommendations in the order of the documentation.
var recommendations = []Recommendation{
	{"tls-client", "Clients reach public services only over TLS", judgeTLSClient},
	{"tls-redirect", "Plain HTTP on a public load balancer only redirects", judgeTLSRedirect},
	{"tls-policy", "TLS listeners accept TLS 1.2 or newer, by a named policy", judgeTLSPolicy},
	{"tls-backend", "The leg from load balancer to task is encrypted where it has to be", judgeTLSBackend},
	{"tls-internal", "Traffic between services is encrypted where it has to be", judgeTLSInternal},
	{"tls-data", "Traffic to data stores and file systems is encrypted where it has to be", judgeTLSData},
	{"mode-awsvpc", "Tasks use the awsvpc network mode", judgeModeAWSVPC},
	{"task-sg", "Each workload has a narrow security group of its own", judgeTaskSG},
	{"sg-from-alb", "Behind an Application Load Balancer, only the load balancer reaches the task", judgeSGFromALB},
	{"sg-from-nlb", "Behind a Network Load Balancer, only the VPC or the load balancer's group is admitted", judgeSGFromNLB},
	{"sg-data", "Data stores admit only the workloads that use them", judgeSGData},
	{"path-works", "The intended path is not broken by the wall", judgePathWorks},
	{"exposure", "No task, host or data store is reachable from the internet past its load balancer", judgeExposure},
	{"public-ip", "Tasks run in private subnets without public addresses", judgePublicIP},
	{"endpoints", "Every service of AWS that tasks need has a VPC endpoint, or a way", judgeEndpoints},
	{"endpoint-reach", "Tasks can use the VPC endpoints of the services that they need", judgeEndpointReach},
	{"endpoint-private", "Calls to services of AWS do not go round their VPC endpoints", judgeEndpointPrivate},
	{"endpoint-policy", "VPC endpoints that tasks need have a policy that restricts accounts", judgeEndpointPolicy},
	{"endpoint-policy-same", "The VPC endpoints ecr.api and ecr.dkr have the same policy", judgeEndpointPolicySame},
	{"endpoint-policy-works", "The policies of VPC endpoints let the calls that tasks need pass", judgeEndpointPolicyWorks},
	{"imds", "Tasks cannot reach the instance metadata service", judgeIMDS},
	{"imds-v2", "Container instances require IMDSv2 with a hop limit of 1", judgeIMDSv2},
	{"agent-host-role", "Host-mode tasks get the credentials of their own role", judgeAgentHostRole},
	{"agent-proxy", "Where egress goes through a proxy, agent, ecs-init and Docker are told so, and what has to go round it", judgeAgentProxy},
	{"agent-fargate", "Agent settings are not put where they cannot act", judgeAgentFargate},
	{"isolation-vpc", "Isolated clusters have VPCs of their own and no path between them", judgeIsolationVPC},
	{"isolation-exposure", "Only endpoint services and declared flows cross the border of isolated clusters", judgeIsolationExposure},
	{"flow-logs", "Flow logs cover every task interface, with all traffic", judgeFlowLogs},
	{"flow-logs-format", "Flow logs have the fields that name the task", judgeFlowLogsFormat},
	{"flow-logs-delivery", "Records of flow logs arrive where they are kept", judgeFlowLogsDelivery},
}
