package ask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// services are AWS services by what follows the Region in the name of their VPC
// endpoint (AWS "AWS services that integrate with AWS PrivateLink"). Others can
// be asked about if the design has an endpoint of theirs.
var services = []string{
	"s3", "dynamodb", "ecr.api", "ecr.dkr", "logs", "secretsmanager", "ssm", "ssmmessages", "ec2messages", "kms", "ecs", "ecs-agent",
	"ecs-telemetry", "sts", "monitoring", "events", "sqs", "sns", "kinesis-streams", "kinesis-firehose", "xray", "ec2", "elasticloadbalancing",
	"autoscaling", "application-autoscaling", "execute-api", "lambda", "states", "bedrock-runtime", "guardduty-data", "elasticfilesystem", "rds",
	"rds-data", "athena", "glue", "codebuild", "codedeploy", "codepipeline", "email-smtp", "servicediscovery", "data-servicediscovery",
	"appmesh-envoy-management", "cloudformation", "config", "acm-pca", "batch", "backup", "aps-workspaces", "appconfig", "appconfigdata",
	"cognito-idp", "elasticache", "iot.data", "sagemaker.runtime", "scheduler", "synthetics", "textract", "timestream.query-cell1",
}

// serviceNamed is an AWS service as a destination.
func (d directory) serviceNamed(n question.Name) ([]Member, *question.Error) {
	known := slices.Clone(services)
	for i := range d.VPCEndpoints {
		if s, ok := d.VPCEndpoints[i].Service.Get(); ok && !slices.Contains(known, s) {
			known = append(known, s)
		}
	}
	if slices.Contains(known, n.Service) {
		return []Member{serviceMember(n.Service)}, nil
	}
	hint := "a service is called by what follows the Region in the name of its VPC endpoint: aws/s3, aws/ecr.api, aws/logs"
	if best := diag.Closest(n.Service, known); best != "" {
		hint = "did you mean aws/" + best + "?"
	}
	for _, k := range known {
		if strings.HasPrefix(k, n.Service+".") {
			hint = "did you mean aws/" + k + "?"
			break
		}
	}
	return nil, n.Error("no AWS service is known as "+n.Text, hint)
}

func serviceMember(name string) Member {
	return Member{Text: "aws/" + name, Service: name, Belongs: fact.Yes}
}

// service answers whether a party can call an AWS service by its ordinary name:
// where private DNS makes the name that of an interface endpoint of the VPC
// there, and else at its public addresses, to which a gateway endpoint or the
// internet leads (AWS "Access AWS services through AWS PrivateLink", "Gateway
// endpoints").
func (a *Asker) service(q question.Question, p Pair) Result {
	r := Result{Pair: p, Asked: netset.TCP(443, 443), AskedWhy: "AWS services listen on it"}
	if q.HasPorts {
		r.Asked, r.AskedWhy = q.Ports, ""
	}
	belongs := p.From.Belongs
	if !isKnown(p.From.Party) {
		if belongs != fact.No {
			r.Connects = netset.AtMost(r.Asked)
		}
	} else {
		a.callService(&r)
	}
	r.Any, r.Every = r.Connects.Any(r.Asked).And(belongs), r.Connects.All(r.Asked)
	if belongs != fact.Yes {
		r.Every = belongs.And(fact.Unknown)
	}
	if r.Any == fact.Unknown || r.Every == fact.Unknown || belongs == fact.No {
		r.Gaps = distinct(slices.Concat(p.From.Gaps, r.Direct.Gaps, r.Gaps))
	} else {
		r.Gaps = nil
	}
	return r
}

// callService sets the connection of a call, with the notes that say where the
// name leads.
func (a *Asker) callService(r *Result) {
	s := a.net.Snapshot()
	from, service := r.From.Party, r.To.Service
	label := s.Label(from.Endpoint)
	vpc := a.dir.vpcOf(s.Endpoint(from.Endpoint))
	leads, by := fact.No, (*topo.VPCEndpoint)(nil)
	for i := range s.VPCEndpoints {
		v := &s.VPCEndpoints[i]
		name, known := v.Service.Get()
		if v.Kind != topo.InterfaceEndpoint || known && name != service || s.Endpoint(v.ID) == nil {
			continue
		}
		is, why := a.named(v)
		is = is.And(a.net.OneVPC(vpc, v.VPC))
		if !known || v.Exists != fact.Yes {
			is = is.And(fact.Unknown)
			why = append(why, finding.Evidence{Text: "whether " + s.Label(v.ID) + " is an endpoint of " + service + because(cmp.Or(v.Service.Why, v.Why)), Place: v.Place})
		}
		switch {
		case is == fact.No:
			continue
		case is == fact.Unknown:
			r.Gaps = append(r.Gaps, why...)
		}
		if leads != fact.Yes {
			leads, by = is, v
		}
	}
	if leads == fact.Yes {
		r.Direct = a.net.Connect(from, reach.At(by.ID), r.Asked)
		r.Connects, r.Gaps = r.Direct.Packets.Restrict(r.Asked), nil
		r.Notes = append(r.Notes, "Its name leads "+label+" to "+s.Label(by.ID)+", since private DNS is on.")
		return
	}
	r.Direct = a.publicly(r, service)
	r.Connects = r.Direct.Packets.Restrict(r.Asked)
	if leads == fact.Unknown {
		own := a.net.Connect(from, reach.At(by.ID), r.Asked)
		r.Connects = netset.Bounds{Sure: r.Connects.Sure.Intersect(own.Packets.Sure), Maybe: r.Connects.Maybe.Union(own.Packets.Maybe)}.Restrict(r.Asked)
		r.Notes = append(r.Notes, "It is not known whether its name leads to "+s.Label(by.ID)+" or to public addresses.")
		r.Gaps = append(r.Gaps, own.Gaps...)
		return
	}
	for i := range s.VPCEndpoints {
		v := &s.VPCEndpoints[i]
		if v.Kind == topo.InterfaceEndpoint && v.Service.Or("") == service && a.net.OneVPC(vpc, v.VPC) == fact.Yes {
			r.Notes = append(r.Notes, "Its name does not lead to "+s.Label(v.ID)+": private DNS of the endpoint, or DNS of its VPC, is off.")
		}
	}
	if vpc != "" && s.VPC(vpc) != nil && s.VPC(vpc).EndpointsMore != "" {
		r.Connects.Sure = netset.NoPorts()
		if r.Connects.Maybe.IsEmpty() {
			r.Connects = netset.AtMost(r.Asked)
		}
		r.Gaps = append(r.Gaps, finding.Evidence{Text: "whether " + s.Label(vpc) + " has a VPC endpoint of " + service + because(s.VPC(vpc).EndpointsMore), Place: s.VPC(vpc).Place})
	}
}

// publicly is the connection to the public addresses of a service. Its addresses
// are known only if it has a prefix list; else all of the internet must be open
// for a yes.
func (a *Asker) publicly(r *Result, service string) reach.Answer {
	s := a.net.Snapshot()
	to := reach.Outside(netset.Internet().V4())
	for _, l := range s.PrefixLists {
		if name := l.AWSName; strings.HasPrefix(name, "com.amazonaws.") && strings.HasSuffix(name, "."+service) {
			to.List = l.ID
			if l.More == "" && !l.Addrs.V4().IsEmpty() {
				to.Addrs = l.Addrs.V4()
			}
			break
		}
	}
	for i := range s.VPCEndpoints {
		v := &s.VPCEndpoints[i]
		if v.Kind == topo.GatewayEndpoint && v.Service.Or("") == service && to.List == "" {
			to.List = listOf(s, v.ID)
		}
	}
	to.Unlisted = to.List == ""
	out := a.net.Connect(r.From.Party, to, r.Asked)
	sure, maybe := a.net.Targets(r.From.Party, to, r.Asked)
	if !out.Packets.Sure.IsEmpty() && !sure.Covers(to.Addrs) && !maybe.IsEmpty() {
		out.Packets = netset.AtMost(out.Packets.Maybe)
		r.Gaps = append(r.Gaps, finding.Evidence{Text: "whether the addresses of " + r.To.Text + " are among those to which " + s.Label(r.From.Party.Endpoint) + " may connect, which are not all of the internet"})
	}
	if out.Packets.Any(r.Asked) != fact.No {
		via := "its public addresses"
		for _, e := range a.net.Exits(r.From.Party.Endpoint, to.Addrs) {
			if e.Target == topo.ToGatewayEndpoint && s.VPCEndpoint(e.Gateway) != nil && s.VPCEndpoint(e.Gateway).Service.Or("") == service {
				via = "its public addresses, through " + s.Label(e.Gateway)
			}
		}
		r.Notes = append(r.Notes, "Its name leads to "+via+".")
	}
	return out
}

// listOf is the prefix list of a gateway endpoint, by a route that leads there.
func listOf(s *topo.Snapshot, endpoint ref.ID) ref.ID {
	for i := range s.RouteTables {
		for _, route := range s.RouteTables[i].Routes {
			if route.Kind == topo.ToGatewayEndpoint && route.Target == endpoint && route.Dest.Of != "" {
				return route.Dest.Of
			}
		}
	}
	return ""
}

// named answers whether the ordinary name of a service leads to an interface
// endpoint in its VPC (AWS "Private DNS").
func (a *Asker) named(p *topo.VPCEndpoint) (is fact.Tri, why []finding.Evidence) {
	s := a.net.Snapshot()
	note := func(what string, f fact.Fact[bool], place ref.Place) {
		if on := fact.Is(f, true); on != fact.Yes {
			is = is.And(on)
			why = append(why, finding.Evidence{Text: "whether " + what + " is on" + because(f.Why), Place: cmp.Or(f.Place, place)})
		}
	}
	is = fact.Yes
	note("private DNS of "+s.Label(p.ID), p.PrivateDNS, p.Place)
	v := s.VPC(p.VPC)
	if v == nil {
		return is.And(fact.Unknown), append(why, finding.Evidence{Text: "the VPC of " + s.Label(p.ID), Place: p.Place})
	}
	note("DNS support of "+s.Label(v.ID), v.DNSSupport, v.Place)
	note("DNS hostnames of "+s.Label(v.ID), v.DNSHostnames, v.Place)
	for _, more := range []string{v.OwnResolvers, v.OwnZones} {
		if more != "" && (is == fact.Yes) == (more == v.OwnResolvers) {
			is = fact.Unknown
			why = append(why, finding.Evidence{Text: "who answers names in " + s.Label(v.ID) + because(more), Place: v.Place})
		}
	}
	return is, why
}
