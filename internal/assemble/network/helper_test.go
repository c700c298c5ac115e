package network_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/assemble/design"
	"github.com/muralla-net/muralla/internal/assemble/network"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// parse reads Terraform text.
func parse(t *testing.T, source string) resource.Set {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := hcl.OpenBoundary(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	set, diags := hcl.Read(files, hcl.Options{})
	for _, d := range diags {
		if d.Level == diag.Error {
			t.Fatalf("%s: %s: %s", d.Place, d.Summary, d.Detail)
		}
	}
	return set
}

// build assembles the network of resource sets.
func build(o network.Options, sets ...resource.Set) (*topo.Snapshot, diag.List) {
	d := design.New(sets...)
	s := &topo.Snapshot{}
	diags := network.Add(d, s, o)
	diags = append(diags, network.Finish(d, s, o)...)
	return s.Freeze(), diags.Sorted()
}

// read assembles the network of Terraform text.
func read(t *testing.T, source string) (*topo.Snapshot, diag.List) {
	t.Helper()
	return build(network.Options{}, parse(t, source))
}

// summaries are the summaries of diagnostics, each once.
func summaries(ds diag.List) []string {
	var out []string
	for _, d := range ds {
		if len(out) == 0 || out[len(out)-1] != d.Summary {
			out = append(out, d.Summary)
		}
	}
	return out
}

// doubt is what follows something that may not be there.
func doubt(t fact.Tri) string {
	if t == fact.Yes {
		return ""
	}
	return " ?"
}

func showBlock(b topo.Block) string {
	switch {
	case b.Prefix.IsValid():
		return b.Prefix.String()
	case b.Of != "":
		return "range of " + string(b.Of)
	case b.Symbol != "":
		return b.Symbol + [...]string{"", " v4", " v6"}[b.Family]
	}
	return "unknown" + [...]string{"", " v4", " v6"}[b.Family]
}

// showRules is the rules of a group, one a line.
func showRules(g *topo.SecurityGroup) []string {
	var out []string
	list := func(word string, rules []topo.Rule, more string) {
		for _, r := range rules {
			var peer string
			switch r.Peer.Kind {
			case topo.PeerGroup, topo.PeerPrefixList:
				peer = string(r.Peer.ID)
			default:
				peer = showBlock(r.Peer.Block)
			}
			out = append(out, fmt.Sprintf("%s %s %s%s", word, r.Ports, peer, doubt(r.Exists)))
		}
		if more != "" {
			out = append(out, word+" more")
		}
	}
	list("in", g.Ingress, g.IngressMore)
	list("out", g.Egress, g.EgressMore)
	return out
}

var routeTargets = [...]string{"unknown", "local", "internet", "egress-only", "nat", "peering", "transit", "vpn", "gateway endpoint", "inspection", "interface", "elsewhere", "nowhere"}

// showRoutes is the routes of a table, one a line.
func showRoutes(rt *topo.RouteTable) []string {
	var out []string
	for _, r := range rt.Routes {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s -> %s %s", showBlock(r.Dest), routeTargets[r.Kind], r.Target))+doubt(r.Exists))
	}
	if rt.More != "" {
		out = append(out, "more")
	}
	return out
}

// showEntries is the entries of an ACL, one a line.
func showEntries(a *topo.NetworkACL) []string {
	var out []string
	for _, l := range []struct {
		word string
		list []topo.ACLEntry
	}{{"in", a.Ingress}, {"out", a.Egress}} {
		for _, e := range l.list {
			word := map[fact.Tri]string{fact.Yes: "allow", fact.No: "deny", fact.Unknown: "?"}[e.Allow]
			out = append(out, fmt.Sprintf("%s %d %s %s %s%s", l.word, e.Number, word, e.Ports, showBlock(e.Block), doubt(e.Exists)))
		}
	}
	if a.More != "" {
		out = append(out, "more")
	}
	return out
}

func showLinks(l topo.Links) []string {
	var out []string
	for _, one := range l.List {
		out = append(out, string(one.ID)+doubt(one.Exists))
	}
	if l.More != "" {
		out = append(out, "more")
	}
	return out
}

// showFact is a known value, or "?".
func showFact[T any](f fact.Fact[T]) string {
	if v, ok := f.Get(); ok {
		return fmt.Sprint(v)
	}
	return "?"
}

// dangling are names of the snapshot that do not resolve.
func dangling(s *topo.Snapshot) []string {
	var out []string
	check := func(what string, id ref.ID, found bool) {
		if id != "" && !found {
			out = append(out, what+" "+string(id))
		}
	}
	vpc := func(id ref.ID) { check("VPC", id, s.VPC(id) != nil) }
	group := func(id ref.ID) { check("group", id, s.SecurityGroup(id) != nil) }
	subnets := func(l topo.Links) {
		for _, one := range l.List {
			check("subnet", one.ID, s.Subnet(one.ID) != nil)
		}
	}
	block := func(b topo.Block) {
		check("range of", b.Of, s.VPC(b.Of) != nil || s.Subnet(b.Of) != nil || s.PrefixList(b.Of) != nil)
	}
	for _, v := range s.VPCs {
		check("table", v.MainRouteTable, s.RouteTable(v.MainRouteTable) != nil)
		check("ACL", v.DefaultACL, s.NetworkACL(v.DefaultACL) != nil)
		group(v.DefaultGroup)
		for _, b := range v.Blocks {
			block(b)
		}
	}
	for _, n := range s.Subnets {
		vpc(n.VPC)
		check("table", n.RouteTable.Or(""), s.RouteTable(n.RouteTable.Or("")) != nil)
		check("ACL", n.ACL.Or(""), s.NetworkACL(n.ACL.Or("")) != nil)
		for _, b := range n.Blocks {
			block(b)
		}
	}
	for _, rt := range s.RouteTables {
		vpc(rt.VPC)
		for _, r := range rt.Routes {
			block(r.Dest)
			check("target", r.Target, s.Gateway(r.Target) != nil || s.Peering(r.Target) != nil || s.TransitGateway(r.Target) != nil ||
				s.VPCEndpoint(r.Target) != nil || s.Endpoint(r.Target) != nil)
		}
	}
	for _, a := range s.NetworkACLs {
		vpc(a.VPC)
		for _, e := range append(append([]topo.ACLEntry{}, a.Ingress...), a.Egress...) {
			block(e.Block)
		}
	}
	for _, g := range s.SecurityGroups {
		vpc(g.VPC)
		for _, r := range append(append([]topo.Rule{}, g.Ingress...), g.Egress...) {
			block(r.Peer.Block)
			switch r.Peer.Kind {
			case topo.PeerGroup:
				group(r.Peer.ID)
			case topo.PeerPrefixList:
				check("list", r.Peer.ID, s.PrefixList(r.Peer.ID) != nil)
			}
		}
	}
	for _, g := range s.Gateways {
		vpc(g.VPC)
		check("subnet", g.Subnet, s.Subnet(g.Subnet) != nil)
	}
	for _, p := range s.Peerings {
		vpc(p.Requester)
		vpc(p.Accepter)
	}
	for _, tg := range s.TransitGateways {
		for _, a := range tg.Attachments {
			vpc(a.VPC)
			subnets(a.Subnets)
		}
	}
	for _, e := range s.Endpoints {
		vpc(e.VPC)
		subnets(e.Subnets)
		for _, l := range e.Groups.List {
			group(l.ID)
		}
	}
	for _, e := range s.VPCEndpoints {
		vpc(e.VPC)
		check("service", e.Provider, s.EndpointService(e.Provider) != nil)
		for _, l := range e.RouteTables.List {
			check("table", l.ID, s.RouteTable(l.ID) != nil)
		}
	}
	for _, l := range s.FlowLogs {
		check("flow log of", l.Of, s.VPC(l.Of) != nil || s.Subnet(l.Of) != nil || s.Endpoint(l.Of) != nil || s.TransitGateway(l.Of) != nil)
	}
	return out
}
