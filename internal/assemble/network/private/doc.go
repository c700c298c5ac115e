// Package private reads AWS PrivateLink: VPC endpoints and endpoint services.
//
// # Model
// An interface endpoint is a [topo.VPCEndpoint] and a [topo.Endpoint] of the
// same name, with the subnets and groups of its network interfaces.
//
// # Guarantees
//   - A service is known by the end of its name as soon as that is written,
//     whatever stands for the Region.
//   - An interface endpoint without written groups holds the default group of
//     its VPC.
//   - A policy that nobody wrote is full access, which is what AWS does; one
//     that is written but not known is unknown.
//
// # Not modelled
// Records of private DNS, acceptance of connections, resource configurations of
// VPC Lattice behind resource endpoints.
package private

import (
	"cmp"
	"slices"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network/read"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/topo"
)

// Add puts VPC endpoints and endpoint services into the snapshot.
func Add(r *read.Reader, s *topo.Snapshot) {
	r.Understand("data.aws_vpc_endpoint_service", "aws_vpc_endpoint_connection_accepter", "aws_vpc_endpoint_connection_notification")
	addEndpoints(r, s)
	addServices(r, s)
}

func addServices(r *read.Reader, s *topo.Snapshot) {
	first := len(s.EndpointServices)
	for _, res := range r.Of("aws_vpc_endpoint_service") {
		e := topo.EndpointService{
			Thing:         r.Thing(res),
			LoadBalancers: r.Links(res.Get("network_load_balancer_arns")),
			Acceptance:    design.Bool(res.Get("acceptance_required"), false),
		}
		gateways := r.Links(res.Get("gateway_load_balancer_arns"))
		e.LoadBalancers.List = append(e.LoadBalancers.List, gateways.List...)
		e.LoadBalancers.More = cmp.Or(e.LoadBalancers.More, gateways.More)
		e.LoadBalancers.Candidates = append(e.LoadBalancers.Candidates, gateways.Candidates...)
		for _, v := range res.Get("allowed_principals").Items() {
			addPrincipal(&e, design.String(v, ""))
		}
		s.EndpointServices = append(s.EndpointServices, e)
	}
	for _, res := range r.Of("aws_vpc_endpoint_service_allowed_principal") {
		service := r.Link(res.Get("vpc_endpoint_service_id"))
		principal := design.String(res.Get("principal_arn"), "")
		for i := first; i < len(s.EndpointServices); i++ {
			e := &s.EndpointServices[i]
			switch {
			case service.ID == e.ID:
				addPrincipal(e, principal)
			case service.ID == "":
				e.PrincipalsMore = cmp.Or(e.PrincipalsMore, string(res.ID)+" belongs to a service that is not known")
			}
		}
	}
}

func addPrincipal(e *topo.EndpointService, f fact.Fact[string]) {
	if p, ok := f.Get(); ok && p != "" {
		e.Principals = append(e.Principals, p)
		slices.Sort(e.Principals)
		e.Principals = slices.Compact(e.Principals)
	} else if !ok {
		e.PrincipalsMore = cmp.Or(e.PrincipalsMore, f.Why)
	}
}
