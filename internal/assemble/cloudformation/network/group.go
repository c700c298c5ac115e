package network

import (
	"fmt"

	"github.com/muralla-net/muralla/internal/assemble/cloudformation/form"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

const (
	groupType  = "AWS::EC2::SecurityGroup"
	egressType = "AWS::EC2::SecurityGroupEgress"
)

// group translates a security group with the rules in it.
func group(s *form.Scope, r resource.Resource) []resource.Resource {
	body := map[string]resource.Value{
		"name": r.Get("GroupName"), "description": r.Get("GroupDescription"), "vpc_id": r.Get("VpcId"),
		"ingress": rules(s, r.Get("SecurityGroupIngress"), false),
		"egress":  outbound(s, r),
	}
	if tags := form.Arguments(r.Body, nil)["tags"]; !tags.IsNull() {
		body["tags"] = tags
	}
	return []resource.Resource{form.As(r, "aws_security_group", body)}
}

// rules are rule objects as blocks.
func rules(s *form.Scope, v resource.Value, out bool) resource.Value {
	return form.Each(v, func(m resource.Value) resource.Value {
		prefixList, group := "SourcePrefixListId", "SourceSecurityGroupId"
		if out {
			prefixList, group = "DestinationPrefixListId", "DestinationSecurityGroupId"
		}
		content := m
		content.Maybe = false // it is said of the block
		return form.Map(m, map[string]resource.Value{
			"protocol": content.Get("IpProtocol"), "from_port": content.Get("FromPort"), "to_port": content.Get("ToPort"),
			"cidr_blocks": content.Get("CidrIp"), "ipv6_cidr_blocks": content.Get("CidrIpv6"),
			"prefix_list_ids": content.Get(prefixList), "description": content.Get("Description"),
			"security_groups": form.First(content.Get(group), byName(s, content.Get("SourceSecurityGroupName"))),
		})
	})
}

// byName is the group of a name in the default VPC. Names of groups are for that
// VPC only (AWS "AWS::EC2::SecurityGroup Ingress", SourceSecurityGroupName).
func byName(s *form.Scope, v resource.Value) resource.Value {
	name := form.Word(v)
	if name == "" {
		return v
	}
	found := s.Having(groupType, "GroupName", s.Key(v))
	if len(found) != 1 || !found[0].Get("VpcId").IsNull() {
		return v
	}
	to := form.To(found[0], "id")
	to.Place = v.Place
	return to
}

// outbound are the outbound rules of a group. AWS gives a new group rules that
// let everything out. CloudFormation takes them away if the template has an
// outbound rule for the group: in it, or as a resource beside it.
func outbound(s *form.Scope, r resource.Resource) resource.Value {
	v := r.Get("SecurityGroupEgress")
	beside, sure, may := besides(s, r)
	switch {
	case v.IsNull() && sure:
		return form.List(r.Place)
	case v.IsNull() && may != "":
		return open(r.Place, "AWS lets everything out unless a rule beside the group exists: "+may)
	case v.IsNull():
		return open(r.Place, "")
	case v.Kind == resource.List && len(v.List) == 0 && !v.Maybe:
		if sure {
			return form.List(v.Place)
		}
		return open(v.Place, "beside an empty list AWS keeps the rules that let everything out when it makes the group, and leaves none when an update empties the list")
	}
	blocks := rules(s, v, true)
	blocks = form.Each(blocks, func(m resource.Value) resource.Value {
		if letsAllOut(m.Get("protocol"), m.Get("cidr_blocks")) && (beside != "" || may != "") && !m.Maybe {
			m.Maybe, m.Why = true, "CloudFormation removes it when it makes an outbound rule beside the group"
			if beside != "" {
				s.Diags.Add(diag.Warning, m.Place, "outbound rules that depend on the order", fmt.Sprintf(
					"%s lets everything out, and %s is an outbound rule beside it. When CloudFormation makes the latter, it removes the rule for 0.0.0.0/0. Which rules stay depends on the order, so the open rule is taken as possible; write all outbound rules in one place.", r.ID, beside))
			}
		}
		return m
	})
	if !certain(v) && may == "" && !sure {
		// The list may turn out to be absent, so that the default stays.
		return joined(blocks, open(v.Place, form.Why(v, "the list of outbound rules may be absent")))
	}
	return blocks
}

// certain reports whether a list surely has an element.
func certain(v resource.Value) bool {
	for _, e := range form.Elements(v) {
		if !e.Maybe && e.Kind == resource.Map {
			return true
		}
	}
	return false
}

func joined(a, b resource.Value) resource.Value {
	out := form.List(a.Place)
	for _, e := range append(form.Elements(a), form.Elements(b)...) {
		out.List = append(out.List, e.Value)
	}
	return out
}

// besides tells of the outbound rules beside a group: one of them, whether one
// surely exists, and if not, why one may.
func besides(s *form.Scope, r resource.Resource) (one ref.ID, sure bool, may string) {
	for _, e := range s.Having(egressType, "GroupId", form.KeyOf(r)) {
		if e.Exists == fact.Yes {
			return e.ID, true, ""
		}
		may = form.Why(resource.Value{Why: e.Why}, string(e.ID)+" may not exist")
	}
	if unknown := s.Having(egressType, "GroupId", form.Open); len(unknown) > 0 && may == "" {
		may = "it is not known to which group " + string(unknown[0].ID) + " belongs"
	}
	return "", false, may
}

// open are the rules that let everything out; with a reason they are possible.
func open(at ref.Place, why string) resource.Value {
	rule := func(attr, block string) resource.Value {
		v := form.Map(resource.Value{Place: at}, map[string]resource.Value{"protocol": form.Text("-1", at), attr: form.Text(block, at)})
		v.Maybe, v.Why = why != "", why
		return v
	}
	return form.List(at, rule("cidr_blocks", "0.0.0.0/0"), rule("ipv6_cidr_blocks", "::/0"))
}

// letsAllOut reports whether a rule is like the IPv4 rule that AWS makes.
func letsAllOut(protocol, cidr resource.Value) bool {
	minus := form.Word(protocol) == "-1" || protocol.Kind == resource.Number && protocol.Number == -1
	return minus && form.Word(cidr) == "0.0.0.0/0"
}

func ingressRule(s *form.Scope, r resource.Resource) []resource.Resource {
	return []resource.Resource{form.As(r, "aws_vpc_security_group_ingress_rule", ruleArguments(s, r, "SourcePrefixListId", "SourceSecurityGroupId"))}
}

// egressRule translates an outbound rule beside its group. Making any other one
// removes one that lets everything out.
func egressRule(s *form.Scope, r resource.Resource) []resource.Resource {
	body := ruleArguments(s, r, "DestinationPrefixListId", "DestinationSecurityGroupId")
	out := form.As(r, "aws_vpc_security_group_egress_rule", body)
	if !letsAllOut(r.Get("IpProtocol"), r.Get("CidrIp")) || r.Exists != fact.Yes {
		return []resource.Resource{out}
	}
	key := s.Key(r.Get("GroupId"))
	if key == form.Open || key == "" {
		return []resource.Resource{out}
	}
	for _, e := range s.Having(egressType, "GroupId", key) {
		if e.ID != r.ID {
			out.Exists, out.Why = fact.Unknown, "CloudFormation removes it if it makes "+string(e.ID)+" later"
			s.Diags.Add(diag.Warning, r.Place, "outbound rules that depend on the order", fmt.Sprintf(
				"%s lets everything out, and %s is an outbound rule of the same group. When CloudFormation makes the latter, it removes the rule for 0.0.0.0/0. Which rules stay depends on the order, so the open rule is taken as possible; write all outbound rules in one place.", r.ID, e.ID))
			break
		}
	}
	return []resource.Resource{out}
}

func ruleArguments(s *form.Scope, r resource.Resource, prefixList, group string) map[string]resource.Value {
	return map[string]resource.Value{
		"security_group_id": form.First(r.Get("GroupId"), byName(s, r.Get("GroupName"))),
		"ip_protocol":       r.Get("IpProtocol"), "from_port": r.Get("FromPort"), "to_port": r.Get("ToPort"),
		"cidr_ipv4": r.Get("CidrIp"), "cidr_ipv6": r.Get("CidrIpv6"), "prefix_list_id": r.Get(prefixList),
		"referenced_security_group_id": form.First(r.Get(group), byName(s, r.Get("SourceSecurityGroupName"))),
		"description":                  r.Get("Description"),
	}
}

// restricted is the custom resource by which AWS CDK takes the rules away from
// the default group of a VPC. What its function does is not in the template.
func restricted(s *form.Scope, r resource.Resource) []resource.Resource {
	v := r.Get("DefaultSecurityGroupId")
	vpc, ok := s.Find(v.Ref.ID)
	if v.Kind != resource.Ref || v.Ref.Attr != "default_security_group_id" || !ok {
		return []resource.Resource{form.As(r, r.Type, map[string]resource.Value{})}
	}
	rules := form.Unknown("a custom resource changes the rules of the default group", r.Place)
	return []resource.Resource{form.As(r, "aws_default_security_group", map[string]resource.Value{
		"vpc_id": form.To(vpc, "id"), "ingress": rules, "egress": rules,
	})}
}
