package text

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

var targetWords = [...]string{
	topo.ToUnknown: "a way that is not known", topo.ToLocal: "the VPC itself", topo.ToInternet: "internet gateway", topo.ToEgressOnly: "egress-only internet gateway",
	topo.ToNAT: "NAT gateway", topo.ToPeering: "VPC peering connection", topo.ToTransit: "transit gateway", topo.ToVPN: "virtual private gateway",
	topo.ToGatewayEndpoint: "VPC endpoint", topo.ToInspection: "firewall or gateway load balancer endpoint", topo.ToInterface: "forwarding instance or interface",
	topo.ToElsewhere: "a gateway that is not modelled", topo.ToNowhere: "a route to nowhere",
}

// leaves writes the ways out by gateway.
func (p *answerPrinter) leaves() {
	r := p.reply
	if len(r.Exits) == 0 && len(r.Results) == 1 {
		p.header(triStyle(r.Any), triWords[r.Any], clean(r.Question.String()), "")
		p.result(r.Results[0])
		return
	}
	p.header(triStyle(r.Any), triWords[r.Any], clean(r.Question.String()), "")
	if len(r.Exits) == 0 {
		p.refused(maxRefused)
		return
	}
	p.paragraph("  ", plural(len(r.Exits), "way")+" out")
	for _, x := range r.Exits {
		p.gap()
		p.exit(x)
	}
}

func (p *answerPrinter) exit(x ask.Exit) {
	name := targetWords[min(int(x.Kind), len(targetWords)-1)]
	if x.Gateway != "" {
		name = clean(p.reply.Snapshot.Label(x.Gateway))
		if _, called, _ := strings.Cut(name, " "); x.Kind != topo.ToGatewayEndpoint {
			name = targetWords[min(int(x.Kind), len(targetWords)-1)] + " " + called
		}
	}
	p.row(triLabels[x.Any], name, cleanPlace(x.Place))
	to := clean(x.Owner)
	if !x.Addrs.IsEmpty() && !x.Addrs.Covers(netset.Internet().V4()) {
		to += ": " + shortAddrs(x.Addrs)
	}
	p.row("to", to, ref.Place{})
	label := "used by"
	for i, u := range x.Users {
		if i == maxOthers && !p.all {
			p.row("", "and "+plural(len(x.Users)-i, "more user")+" (--all shows each)", ref.Place{})
			break
		}
		text := clean(u.Text) + glue + glue
		if u.Any == fact.Yes {
			text += u.Ports.Sure.String()
		} else {
			text += "perhaps " + u.Ports.Maybe.String()
		}
		p.row(label, text, cleanPlace(u.Place))
		label = ""
	}
	p.evidence("missing", cleanAll(x.Gaps[:min(len(x.Gaps), maxGapLines)]))
}

// shortAddrs is at most six ranges of a set.
func shortAddrs(a netset.Addrs) string {
	list := a.Prefixes()
	var texts []string
	for _, p := range list[:min(len(list), 6)] {
		texts = append(texts, p.String())
	}
	out := strings.Join(texts, ", ")
	if rest := len(list) - 6; rest > 0 {
		out += " and " + plural(rest, "more range")
	}
	return out
}
