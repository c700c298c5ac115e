package topo

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
)

// Label is how people call a thing in a sentence or a path: "alb web",
// "task orders", "sg orders-db". If several are called so, the module tells them
// apart, "sg main of module.db", or else the ID does; the copies that count makes
// of one block are called alike. Things that are not in the snapshot are called
// by the last part of their ID.
func (s *Snapshot) Label(id ref.ID) string {
	if l, ok := s.index.label[id]; ok {
		return l
	}
	return s.labelOf(id)
}

func (s *Snapshot) labelOf(id ref.ID) string {
	kind, name := s.named(id)
	if kind == "" {
		return name
	}
	for _, l := range labelsOf(kind+" "+name, id) {
		if s.index.labels[l] <= 1 {
			return l
		}
	}
	// Each VPC has a group and an ACL that AWS calls so.
	if g := s.SecurityGroup(id); g != nil && g.Default && g.Name == "default" && s.VPC(g.VPC) != nil {
		return kind + " default of " + s.Label(g.VPC)
	}
	if a := s.NetworkACL(id); a != nil && a.Default && a.Name == "default" && s.VPC(a.VPC) != nil {
		return kind + " default of " + s.Label(a.VPC)
	}
	return kind + " " + string(id)
}

// labelsOf are the labels that may do for a thing, the shortest first.
func labelsOf(label string, id ref.ID) []string {
	if m := id.Module(); m != "" {
		return []string{label, label + " of " + string(m)}
	}
	return []string{label}
}

// original is the block of which count made a copy, else the thing itself:
// copies have a number for an index, things of for_each a key.
func original(id ref.ID) ref.ID {
	if strings.HasSuffix(string(id), "\"]") {
		return id
	}
	return id.Base()
}

// Selector is the name of a thing in a question: "svc/orders", "alb/web". A
// name that would be ambiguous or that has white space gives the ID instead.
func (s *Snapshot) Selector(id ref.ID) string {
	kind, name := s.named(id)
	kind, ok := selectors[kind]
	if !ok || name == "" || strings.ContainsAny(name, " \t\n/'\"") || s.index.names[kind+"/"+name] != 1 {
		return string(id)
	}
	return kind + "/" + name
}

// selectors are the kinds of [Snapshot.Label] as questions write them.
var selectors = map[string]string{
	"task": "svc", "host": "instance", "alb": "alb", "nlb": "nlb", "clb": "clb",
	"load balancer": "lb", "data store": "db", "sg": "sg", "subnet": "subnet", "vpc": "vpc",
}

// isLambda is whether a type is that of a Lambda function, as any source calls it.
func isLambda(typ string) bool {
	return strings.Contains(strings.ToLower(typ), "lambda") || typ == "AWS::Serverless::Function"
}

func (s *Snapshot) named(id ref.ID) (kind, name string) {
	switch {
	case s.Workload(id) != nil:
		return "task", s.Workload(id).Name
	case s.LoadBalancer(id) != nil:
		b := s.LoadBalancer(id)
		if b.Kind == BalancerUnknown {
			return "load balancer", b.Name
		}
		return strings.ToLower(b.Kind.String()), b.Name
	case s.Host(id) != nil:
		return "host", s.Host(id).Name
	case s.VPCEndpoint(id) != nil:
		e := s.VPCEndpoint(id)
		return "VPC endpoint", e.Service.Or(e.Name)
	case s.Endpoint(id) != nil:
		e := s.Endpoint(id)
		if e.Kind == FunctionEndpoint && !isLambda(e.Type) {
			return "client", e.Name // a build, a stream, a link of an API: it connects and never listens
		}
		return e.Kind.String(), e.Name
	case s.SecurityGroup(id) != nil:
		return "sg", s.SecurityGroup(id).Name
	case s.Subnet(id) != nil:
		return "subnet", s.Subnet(id).Name
	case s.VPC(id) != nil:
		return "vpc", s.VPC(id).Name
	case s.RouteTable(id) != nil:
		return "route table", s.RouteTable(id).Name
	case s.NetworkACL(id) != nil:
		return "acl", s.NetworkACL(id).Name
	case s.Gateway(id) != nil:
		g := s.Gateway(id)
		return [...]string{"gateway", "igw", "egress-only igw", "nat", "vgw"}[min(g.Kind, VPNGateway)], g.Name
	case s.TargetGroup(id) != nil:
		return "target group", s.TargetGroup(id).Name
	case s.Listener(id) != nil:
		return "listener", s.Listener(id).Name
	case s.PrefixList(id) != nil:
		l := s.PrefixList(id)
		return "prefix list", cmp.Or(l.AWSName, l.Name)
	}
	short := string(id.Short())
	return "", cmp.Or(short[strings.LastIndexByte(short, '.')+1:], string(id))
}
