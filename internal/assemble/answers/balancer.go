package answers

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// attributes are the attributes of a load balancer or target group by key.
func attributes(list resource.Value) map[string]resource.Value {
	out := map[string]resource.Value{}
	for _, e := range list.Items() {
		out[str(get(e, "Key"))] = scalar(get(e, "Value"))
	}
	return out
}

func (t *translator) balancers() {
	for _, r := range t.of["elbv2:LoadBalancer"] {
		if s := str(get(r.Body, "State", "Code")); s == "failed" {
			continue
		}
		id, kind := string(r.ID), str(get(r.Body, "Type"))
		settings := attributes(get(t.byID[r.ID+"/attributes"].Body, "Attributes"))
		if _, ok := t.byID[r.ID+"/attributes"]; !ok && kind != "application" {
			settings["load_balancing.cross_zone.enabled"] = unknown("no answer to DescribeLoadBalancerAttributes is here for it", r.Place)
		}
		b := body{"name": scalar(get(r.Body, "LoadBalancerName")), "load_balancer_type": told(r.Body, "Type", "Type"), "internal": unknown("the answer has no Scheme for it", r.Place),
			"security_groups": texts(strs(get(r.Body, "SecurityGroups")), r.Place), "ip_address_type": scalar(get(r.Body, "IpAddressType")),
			"enable_cross_zone_load_balancing": settings["load_balancing.cross_zone.enabled"], "vpc_id": scalar(get(r.Body, "VpcId")),
			"enforce_security_group_inbound_rules_on_private_link_traffic": scalar(get(r.Body, "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"))}
		if s := str(get(r.Body, "Scheme")); s != "" {
			b["internal"] = truth(s == "internal")
		}
		if kind == "application" && len(b["security_groups"].List) == 0 {
			b["security_groups"] = unknown("the answer has no SecurityGroups for it", r.Place)
		}
		var mapped []resource.Value
		for _, z := range get(r.Body, "AvailabilityZones").Items() {
			subnet := str(get(z, "SubnetId"))
			if subnet == "" {
				continue
			}
			m := body{"subnet_id": text(subnet)}
			for _, a := range get(z, "LoadBalancerAddresses").Items() {
				m["private_ipv4_address"] = scalar(get(a, "PrivateIPv4Address"))
			}
			if m["private_ipv4_address"].IsNull() && kind == "network" {
				m["private_ipv4_address"] = t.nodeAddress(id, subnet)
			}
			mapped = append(mapped, block(m, z.Place))
		}
		b["subnet_mapping"] = blocks(mapped, r.Place)
		t.put(r, id, "aws_lb", "ELB "+kind+" load balancer", b)
		t.needs("elbv2:Listener", resource.OfAll, r, id)
	}
	for _, r := range t.of["elbv2:Listener"] {
		b := body{"load_balancer_arn": scalar(get(r.Body, "LoadBalancerArn")), "port": scalar(get(r.Body, "Port")), "protocol": scalar(get(r.Body, "Protocol")),
			"ssl_policy": scalar(get(r.Body, "SslPolicy")), "default_action": t.actions(get(r.Body, "DefaultActions"))}
		if certs := strs(get(r.Body, "Certificates"), "CertificateArn"); len(certs) > 0 {
			b["certificate_arn"] = text(certs[0])
		}
		if m := get(r.Body, "MutualAuthentication"); m.Kind == resource.Map {
			b["mutual_authentication"] = block(body{"mode": scalar(get(m, "Mode")), "trust_store_arn": scalar(get(m, "TrustStoreArn"))}, m.Place)
		}
		t.put(r, string(r.ID), "aws_lb_listener", "ELB listener", b)
		if p := str(get(r.Body, "Protocol")); p == "HTTP" || p == "HTTPS" {
			t.needs("elbv2:Rule", resource.OfAll, r, string(r.ID))
		}
	}
	for _, r := range t.of["elbv2:Rule"] {
		if is(get(r.Body, "IsDefault")) || str(get(r.Body, "Priority")) == "default" {
			continue // the listener has it
		}
		t.put(r, string(r.ID), "aws_lb_listener_rule", "ELB listener rule", body{
			"listener_arn": text(listenerOf(string(r.ID))), "priority": scalar(get(r.Body, "Priority")),
			"action": t.actions(get(r.Body, "Actions")), "condition": conditions(get(r.Body, "Conditions")),
		})
	}
	t.targetGroups()
	t.classics()
}

// nodeAddress is the address of a Network Load Balancer in a subnet, which it
// keeps: that of its interface.
func (t *translator) nodeAddress(lb, subnet string) resource.Value {
	_, name, _ := strings.Cut(lb, "loadbalancer/")
	for _, r := range t.of["ec2:NetworkInterface"] {
		if str(get(r.Body, "Description")) == "ELB "+name && str(get(r.Body, "SubnetId")) == subnet {
			return scalar(get(r.Body, "PrivateIpAddress"))
		}
	}
	return resource.Value{}
}

// listenerOf is the listener of a rule (AWS "Actions, resources, and condition
// keys for AWS Elastic Load Balancing V2": the ARN of a rule is that of its
// listener and one part more).
func listenerOf(rule string) string {
	rule = strings.Replace(rule, ":listener-rule/", ":listener/", 1)
	if i := strings.LastIndexByte(rule, '/'); i > 0 {
		return rule[:i]
	}
	return rule
}

func (t *translator) actions(list resource.Value) resource.Value {
	if list.Kind != resource.List {
		return unknown("the answer has no actions for it", list.Place)
	}
	var out []resource.Value
	for _, a := range list.List {
		if a.Kind != resource.Map {
			continue
		}
		b := body{"type": scalar(get(a, "Type")), "order": scalar(get(a, "Order")), "target_group_arn": scalar(get(a, "TargetGroupArn"))}
		if c := get(a, "ForwardConfig"); c.Kind == resource.Map && len(get(c, "TargetGroups").Items()) > 0 {
			delete(b, "target_group_arn")
			var groups []resource.Value
			for _, g := range get(c, "TargetGroups").Items() {
				groups = append(groups, block(body{"arn": scalar(get(g, "TargetGroupArn")), "weight": scalar(get(g, "Weight"))}, g.Place))
			}
			b["forward"] = block(body{"target_group": blocks(groups, c.Place)}, c.Place)
		}
		if c := get(a, "RedirectConfig"); c.Kind == resource.Map {
			b["redirect"] = block(body{"protocol": scalar(get(c, "Protocol")), "port": scalar(get(c, "Port")), "host": scalar(get(c, "Host")),
				"path": scalar(get(c, "Path")), "query": scalar(get(c, "Query")), "status_code": scalar(get(c, "StatusCode"))}, c.Place)
		}
		if c := get(a, "FixedResponseConfig"); c.Kind == resource.Map {
			b["fixed_response"] = block(body{"status_code": scalar(get(c, "StatusCode")), "content_type": scalar(get(c, "ContentType"))}, c.Place)
		}
		out = append(out, block(b, a.Place))
	}
	return blocks(out, list.Place)
}

func conditions(list resource.Value) resource.Value {
	var out []resource.Value
	for _, c := range list.Items() {
		if c.Kind != resource.Map {
			continue
		}
		b := body{}
		for _, k := range []struct{ field, config, name string }{
			{"host-header", "HostHeaderConfig", "host_header"}, {"path-pattern", "PathPatternConfig", "path_pattern"}, {"http-header", "HttpHeaderConfig", "http_header"},
			{"http-request-method", "HttpRequestMethodConfig", "http_request_method"}, {"source-ip", "SourceIpConfig", "source_ip"}, {"query-string", "QueryStringConfig", "query_string"},
		} {
			if str(get(c, "Field")) != k.field {
				continue
			}
			config := get(c, k.config)
			values := get(config, "Values")
			if values.Kind != resource.List || len(values.List) == 0 {
				values = get(c, "Values")
			}
			if k.name == "query_string" {
				var pairs []resource.Value
				for _, v := range values.Items() {
					pairs = append(pairs, block(body{"key": scalar(get(v, "Key")), "value": scalar(get(v, "Value"))}, c.Place))
				}
				b[k.name] = blocks(pairs, c.Place)
				continue
			}
			b[k.name] = block(body{"values": texts(strs(values), c.Place), "http_header_name": scalar(get(config, "HttpHeaderName"))}, c.Place)
		}
		out = append(out, block(b, c.Place))
	}
	return blocks(out, list.Place)
}

func (t *translator) targetGroups() {
	holder := map[string]string{} // address → what has it
	for _, r := range t.of["ec2:NetworkInterface"] {
		for _, ip := range addresses(r.Body) {
			holder[str(get(r.Body, "VpcId"))+" "+ip] = string(r.ID)
			if host := t.owner[string(r.ID)]; host != "" {
				holder[str(get(r.Body, "VpcId"))+" "+ip] = host
			} else if t.belongs(r) {
				delete(holder, str(get(r.Body, "VpcId"))+" "+ip)
			}
		}
	}
	for _, r := range t.of["elbv2:TargetGroup"] {
		id := string(r.ID)
		settings, told2 := t.byID[r.ID+"/attributes"]
		b := body{"name": scalar(get(r.Body, "TargetGroupName")), "port": scalar(get(r.Body, "Port")), "protocol": scalar(get(r.Body, "Protocol")),
			"protocol_version": scalar(get(r.Body, "ProtocolVersion")), "vpc_id": scalar(get(r.Body, "VpcId")), "target_type": told(r.Body, "TargetType", "TargetType"),
			"preserve_client_ip": attributes(get(settings.Body, "Attributes"))["preserve_client_ip.enabled"],
			"health_check": block(body{"enabled": scalar(get(r.Body, "HealthCheckEnabled")), "port": scalar(get(r.Body, "HealthCheckPort")),
				"protocol": scalar(get(r.Body, "HealthCheckProtocol")), "path": scalar(get(r.Body, "HealthCheckPath"))}, r.Place)}
		if !told2 {
			b["preserve_client_ip"] = unknown("no answer to DescribeTargetGroupAttributes is here for it", r.Place)
		}
		t.put(r, id, "aws_lb_target_group", "ELB target group", b)
		health, ok := t.byID[ref.ID(id)+"/targets"]
		switch {
		case t.bound[id]:
			continue // its targets are the tasks of services
		case !ok:
			t.missing("elbv2:TargetHealth", resource.OfAll, "no answer to DescribeTargetHealth is here for every target group", id)
		}
		for _, d := range get(health.Body, "TargetHealthDescriptions").Items() {
			target := str(get(d, "Target", "Id"))
			if target == "" || str(get(d, "TargetHealth", "State")) == "draining" {
				continue
			}
			name := target
			if h := holder[str(get(r.Body, "VpcId"))+" "+target]; h != "" {
				target = h
			}
			port := scalar(get(d, "Target", "Port"))
			p := ""
			if port.Kind == resource.Number {
				p = ":" + itoa(port.Number)
			}
			t.put(part(r, resource.Value{Kind: resource.Map, Place: d.Place}), "target "+name+p+" of "+id, "aws_lb_target_group_attachment", "ELB target",
				body{"target_group_arn": text(id), "target_id": text(target), "port": port})
		}
	}
}

func (t *translator) classics() {
	for _, r := range t.of["elb:LoadBalancer"] {
		name := str(get(r.Body, "LoadBalancerName"))
		var listeners []resource.Value
		for _, d := range get(r.Body, "ListenerDescriptions").Items() {
			l := get(d, "Listener")
			listeners = append(listeners, block(body{"lb_port": scalar(get(l, "LoadBalancerPort")), "lb_protocol": scalar(get(l, "Protocol")),
				"instance_port": scalar(get(l, "InstancePort")), "instance_protocol": scalar(get(l, "InstanceProtocol")),
				"ssl_certificate_id": scalar(get(l, "SSLCertificateId"))}, d.Place))
		}
		id := "elb " + name
		b := body{"name": text(name), "internal": truth(str(get(r.Body, "Scheme")) == "internal"), "subnets": texts(strs(get(r.Body, "Subnets")), r.Place),
			"security_groups": texts(strs(get(r.Body, "SecurityGroups")), r.Place), "instances": texts(strs(get(r.Body, "Instances"), "InstanceId"), r.Place),
			"listener": blocks(listeners, r.Place)}
		if h := scalar(get(r.Body, "HealthCheck", "Target")); !h.IsNull() {
			b["health_check"] = block(body{"target": h}, r.Place)
		}
		if len(b["security_groups"].List) == 0 {
			b["security_groups"] = unknown("the answer has no SecurityGroups for it", r.Place)
		}
		t.put(r, id, "aws_elb", "ELB classic load balancer", b)
		for _, d := range get(r.Body, "ListenerDescriptions").Items() {
			if p := str(get(d, "Listener", "Protocol")); p != "HTTPS" && p != "SSL" {
				continue
			}
			for _, policy := range strs(get(d, "PolicyNames")) {
				t.put(part(r, resource.Value{Kind: resource.Map, Place: d.Place}), "policy "+policy+" of "+id, "aws_load_balancer_listener_policy", "ELB listener policy",
					body{"load_balancer_name": text(id), "load_balancer_port": scalar(get(d, "Listener", "LoadBalancerPort")), "policy_names": texts([]string{policy}, d.Place)})
			}
		}
	}
}
