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
	{"mode-awsvpc", "Tasks use the awsvpc network mode", judgeModeAWSVPC},
	{"path-works", "The intended path is not broken by the wall", judgePathWorks},
	{"imds", "Tasks cannot reach the instance metadata service", judgeIMDS},
	{"imds-v2", "Container instances require IMDSv2 with a hop limit of 1", judgeIMDSv2},
	{"agent-fargate", "Agent settings are not put where they cannot act", judgeAgentFargate},
	{"flow-logs", "Flow logs cover every task interface, with all traffic", judgeFlowLogs},
	{"flow-logs-format", "Flow logs have the fields that name the task", judgeFlowLogsFormat},
}
