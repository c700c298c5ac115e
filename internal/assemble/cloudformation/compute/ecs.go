package compute

import (
	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/resource"
)

// network is a network configuration without the object around it, whose name
// has three spellings.
func network(v resource.Value) resource.Value {
	return form.Each(v, func(m resource.Value) resource.Value {
		for _, name := range []string{"AwsvpcConfiguration", "AwsVpcConfiguration", "awsvpcConfiguration"} {
			inner, ok := m.Map[name]
			if !ok {
				continue
			}
			if m.Maybe && !inner.Maybe {
				inner.Maybe, inner.Why = true, m.Why
			}
			return form.Rename(inner, nil)
		}
		return form.Rename(m, nil)
	})
}

// serviceNames are the arguments of services and task sets that have other names
// than the properties.
var serviceNames = map[string]string{
	"ServiceName": "name", "LoadBalancers": "load_balancer", "LoadBalancerName": "elb_name", "Services": "service",
	"VolumeConfigurations": "volume_configuration", "ClientAliases": "client_alias",
	"IssuerCertificateAuthority": "issuer_cert_authority",
}

// service translates a service. Without a desired count a new service has one
// task (AWS "AWS::ECS::Service", DesiredCount).
func service(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, serviceNames)
	body["network_configuration"] = network(r.Get("NetworkConfiguration"))
	if body["desired_count"].IsNull() {
		body["desired_count"] = resource.Value{Kind: resource.Number, Number: 1, Place: r.Place}
	}
	return one(r, "aws_ecs_service", body)
}

func taskSet(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, serviceNames)
	body["network_configuration"] = network(r.Get("NetworkConfiguration"))
	return one(r, "aws_ecs_task_set", body)
}

// taskDefinition translates a task definition. The definitions of containers
// stay as they are.
func taskDefinition(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"Volumes": "volume", "FilesystemId": "file_system_id"})
	return one(r, "aws_ecs_task_definition", body)
}

// deploymentGroup translates a deployment group of CodeDeploy.
func deploymentGroup(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{
		"ECSServices": "ecs_service", "TargetGroupPairInfoList": "target_group_pair_info", "TargetGroups": "target_group",
		"ElbInfoList": "elb_info", "TargetGroupInfoList": "target_group_info",
	})
	return one(r, "aws_codedeploy_deployment_group", body)
}

// rule translates a rule of EventBridge, with a target for each of its targets.
func rule(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	delete(body, "targets")
	out := one(r, "aws_cloudwatch_event_rule", body)
	for _, e := range form.Elements(r.Get("Targets")) {
		t := e.Content()
		if t.Kind != resource.Map {
			out = append(out, form.Part(r, "aws_cloudwatch_event_target", "Targets", e, map[string]resource.Value{"arn": t}))
			continue
		}
		body := form.Arguments(t, map[string]string{"Id": "target_id", "EcsParameters": "ecs_target"})
		body["rule"] = form.To(r, "name")
		body["ecs_target"] = flat(t.Get("EcsParameters"))
		out = append(out, form.Part(r, "aws_cloudwatch_event_target", "Targets", e, body))
	}
	return out
}

// flat are the parameters of a task with their network configuration.
func flat(v resource.Value) resource.Value {
	return form.Each(v, func(m resource.Value) resource.Value {
		out := form.Arguments(m, nil)
		if net, ok := m.Map["NetworkConfiguration"]; ok {
			out["network_configuration"] = network(net)
		}
		return form.Map(m, out)
	})
}

func schedule(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	body["target"] = form.Each(r.Get("Target"), func(m resource.Value) resource.Value {
		out := form.Arguments(m, nil)
		if p, ok := m.Map["EcsParameters"]; ok {
			out["ecs_parameters"] = flat(p)
		}
		return form.Map(m, out)
	})
	return one(r, "aws_scheduler_schedule", body)
}
