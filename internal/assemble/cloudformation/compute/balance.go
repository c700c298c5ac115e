package compute

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// internal is the scheme of a load balancer as the provider has it; none is
// internet-facing in both (AWS "AWS::ElasticLoadBalancingV2::LoadBalancer").
func internal(scheme resource.Value) resource.Value {
	switch form.Word(scheme) {
	case "internal":
		return form.Bool(true, scheme.Place)
	case "internet-facing":
		return form.Bool(false, scheme.Place)
	}
	if scheme.Kind == resource.String && !scheme.Maybe {
		return form.Unknown("its scheme is not one that AWS knows", scheme.Place)
	}
	return scheme
}

// attribute is an attribute of a list of keys and values. If the list may have
// further elements, or some of a key that is not known, one that is not in it is
// unknown.
func attribute(list resource.Value, key string) resource.Value {
	if v, ok := form.Pairs(list, "Key", "Value")[key]; ok {
		return v
	}
	if why := form.Incomplete(list); why != "" {
		return form.Unknown(why, list.Place)
	}
	for _, e := range form.Elements(list) {
		if k := e.Get("Key"); k.Kind != resource.String || k.Maybe {
			return form.Unknown(form.Why(k, "the key of an attribute is not known"), list.Place)
		}
	}
	return resource.Value{}
}

// balancerAttributes are the arguments of the provider that are attributes in
// CloudFormation.
var balancerAttributes = map[string]string{
	"load_balancing.cross_zone.enabled": "enable_cross_zone_load_balancing", "idle_timeout.timeout_seconds": "idle_timeout",
	"client_keep_alive.seconds": "client_keep_alive", "routing.http.drop_invalid_header_fields.enabled": "drop_invalid_header_fields",
	"routing.http.desync_mitigation_mode": "desync_mitigation_mode", "routing.http.xff_header_processing.mode": "xff_header_processing_mode",
	"routing.http.preserve_host_header.enabled": "preserve_host_header", "routing.http2.enabled": "enable_http2",
	"waf.fail_open.enabled": "enable_waf_fail_open", "deletion_protection.enabled": "enable_deletion_protection",
	"dns_record.client_routing_policy": "dns_record_client_routing_policy",
}

func balancer(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"Type": "load_balancer_type", "SubnetMappings": "subnet_mapping"})
	delete(body, "scheme")
	delete(body, "load_balancer_attributes")
	body["internal"] = internal(r.Get("Scheme"))
	for key, argument := range balancerAttributes {
		body[argument] = attribute(r.Get("LoadBalancerAttributes"), key)
	}
	return one(r, "aws_lb", body)
}

// actions are listener actions as blocks.
func actions(v resource.Value) resource.Value {
	return form.Each(v, func(m resource.Value) resource.Value {
		out := form.Arguments(m, map[string]string{
			"RedirectConfig": "redirect", "FixedResponseConfig": "fixed_response", "AuthenticateOidcConfig": "authenticate_oidc",
			"AuthenticateCognitoConfig": "authenticate_cognito", "JwtValidationConfig": "jwt_validation",
		})
		delete(out, "forward_config")
		if forward, ok := m.Map["ForwardConfig"]; ok {
			out["forward"] = form.Rename(forward, map[string]string{
				"TargetGroups": "target_group", "TargetGroupArn": "arn", "TargetGroupStickinessConfig": "stickiness",
			})
		}
		return form.Map(m, out)
	})
}

func listener(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, nil)
	delete(body, "default_actions")
	delete(body, "certificates")
	body["default_action"] = actions(r.Get("DefaultActions"))
	body["certificate_arn"] = form.Pluck(r.Get("Certificates"), "CertificateArn")
	body["tcp_idle_timeout_seconds"] = attribute(r.Get("ListenerAttributes"), "tcp.idle_timeout.seconds")
	return one(r, "aws_lb_listener", body)
}

// certificates translates further certificates of a listener.
func certificates(_ *form.Scope, r resource.Resource) []resource.Resource {
	return one(r, "aws_lb_listener_certificate", map[string]resource.Value{
		"listener_arn": r.Get("ListenerArn"), "certificate_arn": form.Pluck(r.Get("Certificates"), "CertificateArn"),
	})
}

// conditionKinds are the objects of a condition and the blocks of the provider.
var conditionKinds = map[string]string{
	"HostHeaderConfig": "host_header", "PathPatternConfig": "path_pattern", "HttpHeaderConfig": "http_header",
	"HttpRequestMethodConfig": "http_request_method", "QueryStringConfig": "query_string", "SourceIpConfig": "source_ip",
}

func listenerRule(_ *form.Scope, r resource.Resource) []resource.Resource {
	return one(r, "aws_lb_listener_rule", map[string]resource.Value{
		"listener_arn": r.Get("ListenerArn"), "priority": r.Get("Priority"), "action": actions(r.Get("Actions")),
		"condition": form.Each(r.Get("Conditions"), func(m resource.Value) resource.Value {
			out := form.Arguments(m, conditionKinds)
			for property := range conditionKinds {
				if v, ok := m.Map[property]; ok && !v.IsNull() {
					delete(out, "field") // the old form, which the object replaces
				}
			}
			if v, ok := out["query_string"]; ok {
				out["query_string"] = form.First(v.Get("values"), v)
			}
			return form.Map(m, out)
		}),
	})
}

// targetAttributes are the arguments of the provider that are attributes of a
// target group in CloudFormation.
var targetAttributes = map[string]string{
	"preserve_client_ip.enabled": "preserve_client_ip", "proxy_protocol_v2.enabled": "proxy_protocol_v2",
	"deregistration_delay.timeout_seconds": "deregistration_delay", "load_balancing.cross_zone.enabled": "load_balancing_cross_zone_enabled",
	"deregistration_delay.connection_termination.enabled": "connection_termination",
}

// targetGroup translates a target group, with an attachment for each target.
func targetGroup(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := map[string]resource.Value{}
	for name, v := range form.Arguments(r.Body, nil) {
		if !strings.HasPrefix(name, "health_check") && name != "targets" && name != "target_group_attributes" {
			body[name] = v
		}
	}
	body["health_check"] = healthCheck(r)
	for key, argument := range targetAttributes {
		body[argument] = attribute(r.Get("TargetGroupAttributes"), key)
	}
	out := one(r, "aws_lb_target_group", body)
	for _, e := range form.Elements(r.Get("Targets")) {
		target := e.Content()
		id := target.Get("Id")
		if target.Kind != resource.Map {
			id = target
		}
		out = append(out, form.Part(r, "aws_lb_target_group_attachment", "Targets", e, map[string]resource.Value{
			"target_group_arn": form.To(r, "arn"), "target_id": id, "port": target.Get("Port"), "availability_zone": target.Get("AvailabilityZone"),
		}))
	}
	return out
}

// healthCheck is the health check as a block, if something of it is written. The
// provider has defaults for what a block does not say, CloudFormation has those
// of the API.
func healthCheck(r resource.Resource) resource.Value {
	block := map[string]resource.Value{}
	var at ref.Place
	for property, argument := range map[string]string{
		"HealthCheckEnabled": "enabled", "HealthCheckPort": "port", "HealthCheckProtocol": "protocol", "HealthCheckPath": "path",
		"HealthCheckIntervalSeconds": "interval", "HealthCheckTimeoutSeconds": "timeout", "HealthyThresholdCount": "healthy_threshold",
		"UnhealthyThresholdCount": "unhealthy_threshold", "Matcher": "matcher",
	} {
		if v := r.Get(property); !v.IsNull() {
			block[argument] = v
			if at.IsZero() || !v.Place.IsZero() && v.Place.Compare(at) < 0 {
				at = v.Place
			}
		}
	}
	if len(block) == 0 {
		return resource.Value{}
	}
	kind, protocol := r.Get("TargetType"), r.Get("Protocol")
	if form.Word(kind) == "lambda" && r.Get("HealthCheckEnabled").IsNull() {
		block["enabled"] = form.Bool(false, at)
	}
	if r.Get("HealthCheckProtocol").IsNull() && form.Word(kind) != "lambda" {
		switch p := strings.ToUpper(form.Word(protocol)); p {
		case "HTTP", "HTTPS":
			block["protocol"] = form.Text("HTTP", at)
		case "":
			block["protocol"] = form.Unknown(form.Why(protocol, "the protocol of the group is not known"), at)
		default:
			block["protocol"] = form.Text("TCP", at)
		}
	}
	return form.Map(resource.Value{Place: at}, block)
}

// classic translates a Classic Load Balancer. Its policies, and which listener
// uses which, are resources of their own at the provider.
func classic(_ *form.Scope, r resource.Resource) []resource.Resource {
	body := form.Arguments(r.Body, map[string]string{"LoadBalancerName": "name", "CrossZone": "cross_zone_load_balancing"})
	for _, name := range []string{"scheme", "listeners", "policies"} {
		delete(body, name)
	}
	body["internal"] = internal(r.Get("Scheme"))
	if body["cross_zone_load_balancing"].IsNull() {
		body["cross_zone_load_balancing"] = form.Bool(false, r.Place)
	}
	body["listener"] = form.Each(r.Get("Listeners"), func(m resource.Value) resource.Value {
		content := m
		content.Maybe = false
		return form.Map(m, map[string]resource.Value{
			"lb_port": content.Get("LoadBalancerPort"), "lb_protocol": content.Get("Protocol"), "instance_port": content.Get("InstancePort"),
			"instance_protocol":  form.First(content.Get("InstanceProtocol"), form.Unknown("no InstanceProtocol is written", m.Place)),
			"ssl_certificate_id": content.Get("SSLCertificateId"),
		})
	})
	out := one(r, "aws_elb", body)
	for _, e := range form.Elements(r.Get("Listeners")) {
		l := e.Content()
		names := l.Get("PolicyNames")
		if l.Kind != resource.Map || names.IsNull() || names.Kind == resource.List && len(names.List) == 0 {
			continue
		}
		out = append(out, form.Part(r, "aws_load_balancer_listener_policy", "Listeners", e, map[string]resource.Value{
			"load_balancer_name": form.To(r, "id"), "load_balancer_port": l.Get("LoadBalancerPort"), "policy_names": names,
		}))
	}
	for _, e := range form.Elements(r.Get("Policies")) {
		p := e.Content()
		out = append(out, form.Part(r, "aws_load_balancer_policy", "Policies", e, map[string]resource.Value{
			"load_balancer_name": form.To(r, "id"), "policy_name": p.Get("PolicyName"), "policy_type_name": p.Get("PolicyType"),
			"policy_attribute": form.Rename(p.Get("Attributes"), nil),
		}))
	}
	return out
}
