package reach

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/topo"
)

// hole is a gate with what lets a connection pass it, what stops it instead, and
// what a reader is told then: what stops, or what comes nearest.
type hole struct {
	gate       GateKind
	key        string // in the design
	open, shut string
	says       string
}

// Every gate that stops a connection is named with what stops it or what comes
// nearest, be it the only one or one of many.
func TestEveryBarrierIsNamed(t *testing.T) {
	for _, tc := range []struct {
		name, design string
		from, to     Party
		holes        []hole
		change       func(s *topo.Snapshot, shut map[GateKind]bool)
	}{
		{"between VPCs", `
			vpc left 10.0.0.0/16
			vpc right 10.1.0.0/16
			peering pcx left right
			acl la <reply in> <acl out>
			acl ra <acl in> <reply out>
			table lt left <route>
			table rt right <reply route>
			subnet l left 10.0.0.0/24 acl=la table=lt
			subnet r right 10.1.0.0/24 acl=ra table=rt
			sg gl left <sg out>
			sg gr right <sg in>
			host a subnets=l groups=gl
			host b subnets=r groups=gr
			`, At("a"), At("b"), []hole{
			{GateGroupOut, "sg out", "out:10.1.0.0/16:tcp/80", "out:10.1.0.0/16:tcp/81", "near: sg gl allows to 10.1.0.0/16 tcp/81"},
			{GateACLOut, "acl out", "out:100:allow:10.1.0.0/16:all", "out:90:deny:10.1.0.0/16:tcp/80 out:100:allow:10.1.0.0/16:all", "acl la outbound entry 90 denies 10.1.0.0/16 tcp/80"},
			{GateRoute, "route", "10.1.0.0/16=pcx:pcx", "10.1.0.0/16=gone:", "route 10.1.0.0/16 -> blackhole"},
			{GateACLIn, "acl in", "in:100:allow:10.0.0.0/16:tcp/80", "in:100:allow:10.0.0.0/16:tcp/81", "near: acl ra inbound entry 100 allows 10.0.0.0/16 tcp/81"},
			{GateGroupIn, "sg in", "in:10.0.0.0/16:tcp/80", "in:10.9.0.0/16:tcp/443", "near: sg gr allows 10.9.0.0/16 tcp/443"},
			{GateReplyACLOut, "reply out", "out:100:allow:10.0.0.0/16:all", "out:100:allow:10.9.0.0/16:all", "near: acl ra outbound entry 100 allows 10.9.0.0/16 all traffic"},
			{GateReplyRoute, "reply route", "10.0.0.0/16=pcx:pcx", "10.9.0.0/16=pcx:pcx", "no route"},
			{GateReplyACLIn, "reply in", "in:100:allow:10.1.0.0/16:all", "in:100:allow:10.1.0.0/16:tcp/1-1000", "near: acl la inbound entry 100 allows 10.1.0.0/16 tcp/1-1000"},
		}, nil},
		{"by a peering connection that knows no groups", `
			vpc left 10.0.0.0/16
			vpc right 10.1.0.0/16
			peering pcx left right far
			table lt left 10.1.0.0/16=pcx:pcx
			table rt right <reply route>
			subnet l left 10.0.0.0/24 table=lt
			subnet r right 10.1.0.0/24 table=rt
			sg gl left out:0.0.0.0/0:all
			sg gr right <sg in>
			host a subnets=l groups=gl
			host b subnets=r groups=gr
			`, At("a"), At("b"), []hole{
			{GateGroupIn, "sg in", "in:10.0.0.0/16:tcp/80", "in:sg=gl:tcp/80", "near: sg gr allows sg gl tcp/80"},
			{GateReplyRoute, "reply route", "10.0.0.0/16=pcx:pcx", "10.0.0.0/24=gone: 10.0.0.0/16=pcx:pcx", "route 10.0.0.0/24 -> blackhole"},
		}, nil},
		{"from the internet", `
			vpc main 10.0.0.0/16
			igw gw main
			acl n <acl in> <reply out>
			table public main <reply route>
			subnet pub main 10.0.0.0/24 table=public acl=n
			sg g main <sg in>
			task web subnets=pub groups=g <public ip>
			`, Outside(netset.Prefix(prefixes("8.8.8.0/24")...)), At("web"), []hole{
			{GatePublicAddress, "public ip", "public", "", "task web has no public IPv4 address"},
			{GateBlockPublic, "", "", "", ""},
			{GateACLIn, "acl in", "in:100:allow:0.0.0.0/0:all", "in:100:deny:8.0.0.0/8:all in:200:allow:0.0.0.0/0:all", "acl n inbound entry 100 denies 8.0.0.0/8 all traffic"},
			{GateGroupIn, "sg in", "in:0.0.0.0/0:tcp/80", "in:9.9.9.0/24:tcp/80", "near: sg g allows 9.9.9.0/24 tcp/80"},
			{GateReplyACLOut, "reply out", "out:100:allow:0.0.0.0/0:all", "out:100:allow:0.0.0.0/0:tcp/80", "near: acl n outbound entry 100 allows 0.0.0.0/0 tcp/80"},
			{GateReplyRoute, "reply route", "0.0.0.0/0=igw:gw", "9.0.0.0/8=igw:gw", "no route"},
		}, func(s *topo.Snapshot, shut map[GateKind]bool) {
			if shut[GateBlockPublic] {
				s.Subnet("pub").PublicAccess = fact.Default(topo.BlockIngress)
			}
		}},
	} {
		named := func(shut ...hole) map[GateKind]string {
			bad := map[GateKind]bool{}
			for _, h := range shut {
				bad[h.gate] = true
			}
			design := tc.design
			for _, h := range tc.holes {
				value := h.open
				if bad[h.gate] {
					value = h.shut
				}
				design = strings.ReplaceAll(design, "<"+h.key+">", value)
			}
			s := build(t, design)
			if tc.change != nil {
				tc.change(s, bad)
			}
			asked := netset.TCP(80, 80)
			a := New(s).Connect(tc.from, tc.to, asked)
			if got := a.Packets.Any(asked); got != fact.Of(len(shut) == 0) {
				t.Errorf("%s, with %d gates shut: %v", tc.name, len(shut), got)
			}
			out := map[GateKind]string{}
			for _, step := range a.Barriers(asked) {
				if step.Passes.Maybe.Overlaps(asked) {
					t.Errorf("%s: %s is not decided", tc.name, step.Gate)
				}
				if step.At == "" || step.Why == "" {
					t.Errorf("%s: %s has no place or no reason", tc.name, step.Gate)
				}
				text := ""
				if step.Near {
					text = "near: "
				}
				for i, r := range step.Rules {
					if i > 0 {
						text += "; "
					}
					text += r.Text
				}
				out[step.Gate] = text
			}
			return out
		}
		named()
		all := map[GateKind]string{}
		for _, h := range tc.holes {
			all[h.gate] = h.says
			if diff := cmp.Diff(map[GateKind]string{h.gate: h.says}, named(h)); diff != "" {
				t.Errorf("%s, stopped by %s alone: %s", tc.name, h.gate, diff)
			}
		}
		if diff := cmp.Diff(all, named(tc.holes...)); diff != "" {
			t.Errorf("%s, stopped by all: %s", tc.name, diff)
		}
	}
}
