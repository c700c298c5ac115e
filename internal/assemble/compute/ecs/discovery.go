package ecs

import (
	"cmp"
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// discovery are the DNS names under which service discovery makes tasks known:
// name of the registry, then the namespace (AWS Cloud Map "DnsConfig"); and why
// there may be others. A registry of which no part is in the design is none of a
// name that the design could use.
func (r *reader) discovery(registries resource.Value) (names []string, more string) {
	for _, b := range registries.Items() {
		link := r.d.Link(b.Get("registry_arn"))
		registry, ok := r.d.Find(link.ID)
		if !ok {
			continue
		}
		id := registry.Get("dns_config", "namespace_id")
		if id.IsNull() {
			id = registry.Get("namespace_id")
		}
		zone := r.d.Link(id)
		namespace, ok := r.d.Find(zone.ID)
		name, domain := design.Display(registry.Get("name")), ""
		if ok {
			domain = design.Display(namespace.Get("name"))
		}
		switch {
		case link.Exists != fact.Yes, zone.ID != "" && zone.Exists != fact.Yes, zone.Why != "":
			more = cmp.Or(link.Why, zone.Why, "its registry is not known")
		case name != "" && domain != "":
			names = append(names, strings.ToLower(name+"."+domain))
		}
	}
	return names, more
}

// namespaces reads the private DNS namespaces of the design.
func (r *reader) namespaces() {
	for _, res := range r.d.Of("aws_service_discovery_private_dns_namespace", "data.aws_service_discovery_dns_namespace") {
		if kind, known := design.String(res.Get("type"), "DNS_PRIVATE").Get(); known && kind != "DNS_PRIVATE" {
			continue
		}
		n := topo.Namespace{Thing: r.d.Thing(res, "name"), Domain: design.String(res.Get("name"), "")}
		if s, known := n.Domain.Get(); known {
			n.Domain = fact.Known(strings.ToLower(s), n.Domain.Place)
		}
		r.s.Namespaces = append(r.s.Namespaces, n)
	}
	r.d.Understand("aws_service_discovery_service", "aws_service_discovery_http_namespace", "data.aws_service_discovery_http_namespace")
}
