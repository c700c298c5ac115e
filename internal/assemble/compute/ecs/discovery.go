package ecs

import (
	"strings"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// discovery are the DNS names under which service discovery makes tasks known:
// name of the registry, then the namespace (AWS Cloud Map "DnsConfig").
func (r *reader) discovery(registries resource.Value) []string {
	var out []string
	for _, b := range registries.Items() {
		registry, ok := r.d.Find(r.d.Link(b.Get("registry_arn")).ID)
		if !ok {
			continue
		}
		id := registry.Get("dns_config", "namespace_id")
		if id.IsNull() {
			id = registry.Get("namespace_id")
		}
		namespace, ok := r.d.Find(r.d.Link(id).ID)
		name := design.Display(registry.Get("name"))
		if name == "" || !ok {
			continue
		}
		if domain := design.Display(namespace.Get("name")); domain != "" {
			out = append(out, strings.ToLower(name+"."+domain))
		}
	}
	return out
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
