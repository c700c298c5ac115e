package private

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/document"
	"github.com/muralla-net/muralla/internal/assemble/network/filter"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// part is a resource that adds to an endpoint.
type part struct {
	resource.Resource
	state read.State
}

// parts are the resources of a type by the endpoint that they add to. Those of
// which the endpoint is not known are under the empty name.
func parts(r *read.Reader, typ string) map[ref.ID][]part {
	out := map[ref.ID][]part{}
	for _, res := range r.Of(typ) {
		l := r.Link(res.Get("vpc_endpoint_id"))
		state := read.Of(res)
		if l.ID != "" {
			state = state.And(read.OfLink(l))
		} else {
			r.Diags.Add(diag.Warning, res.Place, "VPC endpoint not known", "It is not known to which VPC endpoint this adds: "+cmp.Or(l.Why, "none is written")+".")
		}
		out[l.ID] = append(out[l.ID], part{res, state})
	}
	return out
}

func addEndpoints(r *read.Reader, s *topo.Snapshot) {
	subnets := parts(r, "aws_vpc_endpoint_subnet_association")
	groups := parts(r, "aws_vpc_endpoint_security_group_association")
	tables := parts(r, "aws_vpc_endpoint_route_table_association")
	policies := parts(r, "aws_vpc_endpoint_policy")
	private := parts(r, "aws_vpc_endpoint_private_dns")
	for _, res := range r.Of("aws_vpc_endpoint", "data.aws_vpc_endpoint") {
		if r.Canonical(res.ID) != res.ID {
			continue // it looks up an endpoint of the design
		}
		e := topo.VPCEndpoint{
			Thing: r.Thing(res), Kind: kind(res), VPC: r.Link(res.Get("vpc_id")).ID,
			RouteTables: r.Links(res.Get("route_table_ids")),
		}
		service(r, res, &e)
		join(r, &e.RouteTables, tables, e.ID, "route_table_id")
		if res.Data {
			const why = "it is defined outside the design"
			e.PrivateDNS = fact.Missing[bool](why, res.Place)
			e.Policy = topo.Policy{Why: why, Place: res.Place}
			e.RouteTables.More = cmp.Or(e.RouteTables.More, why)
		} else {
			e.PrivateDNS = design.Bool(res.Get("private_dns_enabled"), false)
			e.Policy = document.Of(r.Design, res.Get("policy"), res.Place)
		}
		for _, p := range private[e.ID] {
			e.PrivateDNS = design.Bool(p.Get("private_dns_enabled"), true)
			if p.state.Exists != fact.Yes {
				e.PrivateDNS = fact.Missing[bool](p.state.Why, p.Place)
			}
		}
		for _, p := range policies[e.ID] {
			e.Policy = document.Of(r.Design, p.Get("policy"), p.Place)
			if p.state.Exists != fact.Yes {
				e.Policy = topo.Policy{Why: p.state.Why, Place: p.Place}
			}
		}
		if unknown := policies[""]; len(unknown) > 0 {
			e.Policy = topo.Policy{Why: string(unknown[0].ID) + " may replace it", Place: unknown[0].Place}
		}
		for _, p := range document.Problems(e.Policy) {
			r.Warn(e.Policy.Place, "malformed policy", "AWS refuses the policy of "+string(e.ID)+": "+p.String()+" of its text.")
		}
		s.VPCEndpoints = append(s.VPCEndpoints, e)
		if e.Kind != topo.GatewayEndpoint {
			s.Endpoints = append(s.Endpoints, inter(r, res, e, subnets, groups))
		}
	}
}

func kind(res resource.Resource) topo.VPCEndpointKind {
	def := "Gateway" // the default of the provider and of AWS
	if res.Data {
		def = ""
	}
	typ, _ := design.String(res.Get("vpc_endpoint_type"), def).Get()
	switch strings.ToLower(typ) {
	case "interface":
		return topo.InterfaceEndpoint
	case "gateway":
		return topo.GatewayEndpoint
	case "gatewayloadbalancer":
		return topo.GatewayLoadBalancerEndpoint
	case "resource", "servicenetwork":
		return topo.ResourceEndpoint
	}
	if res.Data && (read.Written(res.Get("service_name")) && !interfaceOnly(res)) {
		return topo.EndpointKindUnknown
	}
	if interfaceOnly(res) {
		return topo.InterfaceEndpoint
	}
	return topo.EndpointKindUnknown
}

// interfaceOnly reports whether an endpoint is for a service of AWS that has no
// gateway endpoint: only S3 and DynamoDB have one (AWS "Gateway endpoints").
func interfaceOnly(res resource.Resource) bool {
	name := filter.AWSName(res.Get("service_name"), res.Region)
	return name != "" && !strings.HasSuffix(name, ".s3") && !strings.HasSuffix(name, ".dynamodb")
}

// service reads which service an endpoint is for.
func service(r *read.Reader, res resource.Resource, e *topo.VPCEndpoint) {
	v := filter.ServiceName(r.Design, res)
	e.ServiceName = design.String(v, "")
	if !read.Written(v) {
		why := "no service name is written"
		e.ServiceName = fact.Missing[string](why, res.Place)
		e.Service = e.ServiceName
		return
	}
	if l := r.Link(v); l.ID != "" && v.Kind == resource.Ref {
		e.Provider = provider(r, v.Ref)
	}
	if name := filter.AWSName(v, res.Region); name != "" {
		e.Service = fact.Known(afterRegion(name), v.Place)
		if !e.ServiceName.IsKnown() && !strings.Contains(name, ".*.") {
			e.ServiceName = fact.Known(name, v.Place)
		}
		return
	}
	e.Service = e.ServiceName
}

// provider is the endpoint service of the design that a service_name refers to.
func provider(r *read.Reader, to resource.Reference) ref.ID {
	res, ok := r.Find(to.ID)
	if ok && res.Type == "aws_vpc_endpoint_service" && !res.Data && to.Attr == "service_name" {
		return res.ID
	}
	return ""
}

// afterRegion is "ecr.api" of "com.amazonaws.eu-west-1.ecr.api". Services of
// others, "com.amazonaws.vpce.eu-west-1.vpce-svc-0abc", keep their whole name.
func afterRegion(name string) string {
	_, rest, _ := strings.Cut(name, "amazonaws.")
	region, tail, _ := strings.Cut(rest, ".")
	if region == "vpce" {
		return name
	}
	return tail
}

// inter is the interfaces of an endpoint.
func inter(r *read.Reader, res resource.Resource, e topo.VPCEndpoint, subnets, groups map[ref.ID][]part) topo.Endpoint {
	out := topo.Endpoint{
		Thing: e.Thing, Kind: topo.PrivateLinkEndpoint, Owner: e.ID, VPC: e.VPC,
		Subnets: r.Links(res.Get("subnet_ids")), Groups: r.Links(res.Get("security_group_ids")),
		PublicIPv4: fact.Default(false), Forwards: fact.No, Unfiltered: fact.No,
	}
	blocks, more := read.Blocks(res.Get("subnet_configuration"))
	for _, b := range blocks {
		for _, attr := range []string{"ipv4", "ipv6"} {
			if a, err := netip.ParseAddr(design.String(b.Get(attr), "").Or("")); err == nil {
				out.Fixed = out.Fixed.Union(netset.Addr(a))
			}
		}
		l := r.Link(b.Get("subnet_id"))
		if l.ID == "" {
			more = cmp.Or(more, l.Why)
			continue
		}
		addLink(&out.Subnets, l, b.State)
	}
	out.Subnets.More = cmp.Or(out.Subnets.More, more)
	join(r, &out.Subnets, subnets, e.ID, "subnet_id")
	replaced := fact.No
	for _, p := range groups[e.ID] {
		replaced = replaced.Or(fact.Is(design.Bool(p.Get("replace_default_association"), false), true))
	}
	none := len(out.Groups.List) == 0 && out.Groups.More == ""
	join(r, &out.Groups, groups, e.ID, "security_group_id")
	switch address, ok := design.String(res.Get("ip_address_type"), "ipv4").Get(); {
	case !ok:
		out.IPv6 = fact.Missing[bool](design.Why(res.Get("ip_address_type")), res.Place)
	default:
		out.IPv6 = fact.Known(address != "ipv4", read.PlaceOf(res.Get("ip_address_type"), ref.Place{}))
	}
	const elsewhere = "it is defined outside the design"
	switch {
	case res.Data:
		out.Subnets.More, out.Groups.More = cmp.Or(out.Subnets.More, elsewhere), cmp.Or(out.Groups.More, elsewhere)
		out.IPv6 = fact.Missing[bool](elsewhere, res.Place)
	case e.Kind == topo.GatewayLoadBalancerEndpoint:
		out.Unfiltered = fact.Yes // it has no groups (AWS "Gateway Load Balancer endpoints")
		out.Forwards = fact.Yes
		return out
	case none && replaced != fact.Yes:
		state := read.State{Exists: fact.Yes}
		if replaced == fact.Unknown {
			state = read.Doubt("an association may replace the default group")
		}
		if e.VPC == "" {
			out.Groups.More = cmp.Or(out.Groups.More, "it holds the default group of a VPC that is not known")
		} else {
			addLink(&out.Groups, topo.Link{ID: r.Canonical(e.VPC + ".default_security_group_id"), Exists: fact.Yes, Place: res.Place}, state)
		}
	}
	out.Listens, out.ListensMore = listens(e)
	return out
}

// listens is the ports of a service. Those of AWS are called over HTTPS; the
// others of which AWS says so are more.
func listens(e topo.VPCEndpoint) ([]topo.Listen, string) {
	https := topo.Listen{Ports: netset.Exactly(netset.TCP(443, 443)), What: "service " + e.Service.Or(e.Name), Place: e.Place}
	name, known := e.Service.Get()
	switch {
	case e.Kind != topo.InterfaceEndpoint || !known || strings.HasPrefix(name, "com.amazonaws.vpce."):
		return nil, "who provides the service decides on which ports it listens"
	case name == "s3":
		return []topo.Listen{https, {Ports: netset.Exactly(netset.TCP(80, 80)), What: https.What, Place: e.Place}}, ""
	case name == "email-smtp", name == "transfer.server":
		return []topo.Listen{https}, "this service also listens on ports of its own protocol"
	}
	return []topo.Listen{https}, ""
}

// join adds what association resources name to a list.
func join(r *read.Reader, to *topo.Links, from map[ref.ID][]part, endpoint ref.ID, attr string) {
	for _, p := range from[endpoint] {
		l := r.Link(p.Get(attr))
		if l.ID == "" {
			to.More = cmp.Or(to.More, l.Why, "an association names nothing")
			continue
		}
		addLink(to, l, p.state)
	}
	if unknown := from[""]; len(unknown) > 0 {
		to.More = cmp.Or(to.More, string(unknown[0].ID)+" may add to it")
	}
}

// addLink adds a link to a sorted list, once.
func addLink(to *topo.Links, l topo.Link, state read.State) {
	state = read.OfLink(l).And(state)
	l.Exists, l.Why = state.Exists, state.Why
	for i, have := range to.List {
		if have.ID == l.ID {
			if l.Exists == fact.Yes {
				to.List[i] = l
			}
			return
		}
	}
	i := 0
	for i < len(to.List) && to.List[i].ID < l.ID {
		i++
	}
	to.List = append(to.List[:i:i], append([]topo.Link{l}, to.List[i:]...)...)
}
