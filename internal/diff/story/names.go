package story

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/muralla-net/muralla/internal/diff"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// label is how a thing is called in the design that has it.
func label(d diff.Difference, id ref.ID) string {
	for _, s := range []*topo.Snapshot{d.After, d.Before} {
		if s.Endpoint(id) != nil || s.LoadBalancer(id) != nil || s.Workload(id) != nil || s.PrefixList(id) != nil {
			return s.Label(id)
		}
	}
	return d.After.Label(id)
}

// names are the nodes of one side; equal names are counted. Services of AWS are
// on the internet, and not named beside it.
func names(d diff.Difference, nodes []diff.Node) string {
	var order []string
	count := map[string]int{}
	for _, n := range asked(nodes) {
		name := Name(d, n)
		if count[name]++; count[name] == 1 {
			order = append(order, name)
		}
	}
	for i, name := range order {
		if count[name] > 1 {
			order[i] = fmt.Sprintf("%s (%d of them)", name, count[name])
		}
	}
	if len(order) > maxNames+1 {
		order = append(order[:maxNames], fmt.Sprintf("%d others", len(order)-maxNames))
	}
	if len(order) > 1 {
		return strings.Join(order[:len(order)-1], ", ") + " and " + order[len(order)-1]
	}
	return strings.Join(order, "")
}

// Name is how one side is called.
func Name(d diff.Difference, n diff.Node) string {
	switch {
	case n.Endpoint != "":
		return label(d, n.Endpoint)
	case n.List != "":
		return label(d, n.List)
	}
	return hosts(n.Addrs)
}

// hosts names hosts outside.
func hosts(a netset.Addrs) string {
	all := netset.Internet()
	public, private := a.Intersect(all), a.Minus(all)
	if public.Covers(all.V4()) {
		private = private.Intersect(networks()) // beside the internet nobody asks about documentation addresses
	}
	var out []string
	if !public.IsEmpty() {
		out = append(out, internet(public))
	}
	if !private.IsEmpty() {
		out = append(out, elsewhere(private))
	}
	return strings.Join(out, " and ")
}

// networks are the addresses that private networks have (RFC 1918, RFC 6598, RFC
// 4193).
func networks() netset.Addrs {
	var out netset.Addrs
	for _, p := range []string{"10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"} {
		out = out.Union(netset.Prefix(netip.MustParsePrefix(p)))
	}
	return out
}

// elsewhere names hosts that are not on the internet, of private networks mostly.
func elsewhere(a netset.Addrs) string {
	if len(a.Prefixes()) > maxBlocks {
		return "private addresses outside the design"
	}
	return blocks(a) + " outside the design"
}

func internet(a netset.Addrs) string {
	all, family := netset.Internet(), ""
	switch {
	case a.V6().IsEmpty():
		all, family = all.V4(), " over IPv4"
	case a.V4().IsEmpty():
		all, family = all.V6(), " over IPv6"
	}
	rest := all.Minus(a)
	switch {
	case rest.IsEmpty():
		return "internet" + strings.TrimSuffix(family, " over IPv4")
	case len(rest.Prefixes()) < len(a.Prefixes()):
		return "internet" + strings.TrimSuffix(family, " over IPv4") + " but " + blocks(rest)
	}
	return "internet " + blocks(a)
}

func blocks(a netset.Addrs) string {
	var out []string
	for _, p := range a.Prefixes() {
		out = append(out, p.String())
	}
	if len(out) > maxBlocks {
		out = append(out[:maxBlocks], fmt.Sprintf("and %d more ranges", len(out)-maxBlocks))
	}
	return strings.Join(out, ", ")
}
