package reach

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// What people read of a trail: the gate, what decides, and why not.
func TestTexts(t *testing.T) {
	s := build(t, `
	vpc main 10.0.0.0/16
	igw gw main
	acl private in:100:allow:0.0.0.0/0:all out:100:allow:0.0.0.0/0:all
	table public main 0.0.0.0/0=igw:gw
	subnet pub main 10.0.0.0/24 table=public
	subnet priv main 10.0.1.0/24 acl=private
	sg gb main in:0.0.0.0/0:tcp/22 out:0.0.0.0/0:all
	sg go main in:sg=gb:tcp/8080 in:$office:tcp/9000
	host bastion subnets=pub groups=gb public
	task orders subnets=priv groups=go
	task other subnets=priv groups=gb v6
	`)
	lines := func(from, to Party, asked netset.Ports) (out []string) {
		a := New(s).Connect(from, to, asked)
		for _, step := range a.Trail {
			line := step.Gate.String()
			for _, r := range step.Rules {
				line += "; " + r.Text
			}
			if step.Why != "" {
				line += ": " + step.Why
			}
			out = append(out, line)
		}
		for _, g := range a.Gaps {
			out = append(out, "missing: "+g.Text)
		}
		return out
	}
	for _, tc := range []struct {
		from, to Party
		asked    netset.Ports
		want     []string
	}{
		{Outside(netset.Internet()), At("bastion"), netset.TCP(22, 22), []string{
			"route; vpc main has igw gw",
			"public address; host bastion has a public address",
			"inbound network ACL; acl main-open inbound entry 100 allows 0.0.0.0/0 all traffic",
			"inbound security group rules; sg gb allows 0.0.0.0/0 tcp/22",
			"outbound network ACL for replies; acl main-open outbound entry 100 allows 0.0.0.0/0 all traffic",
			"route back; route 0.0.0.0/0 -> igw gw",
		}},
		{At("bastion"), At("orders"), netset.TCP(22, 22), []string{
			"outbound security group rules; sg gb allows to 0.0.0.0/0 all traffic",
			"outbound network ACL; acl main-open outbound entry 100 allows 0.0.0.0/0 all traffic",
			"route; local route of vpc main",
			"inbound network ACL; acl private inbound entry 100 allows 0.0.0.0/0 all traffic",
			"inbound security group rules; sg go allows sg gb tcp/8080; sg go allows office tcp/9000: no rule allows it",
			"outbound network ACL for replies; acl private outbound entry 100 allows 0.0.0.0/0 all traffic",
			"route back; local route of vpc main",
			"inbound network ACL for replies; acl main-open inbound entry 100 allows 0.0.0.0/0 all traffic",
		}},
		{At("other"), At("orders"), netset.TCP(9000, 9000), []string{
			"outbound security group rules; sg gb allows to 0.0.0.0/0 all traffic",
			"route; local route of vpc main",
			"inbound security group rules; sg go allows office tcp/9000: sg go allows office tcp/9000: var.office has no value",
			"route back; local route of vpc main",
			"missing: sg go allows office tcp/9000: var.office has no value",
		}},
		{At("orders"), Outside(netset.Prefix(prefixes("8.8.8.8/32")...)), netset.TCP(443, 443), []string{
			"outbound security group rules: no rule allows it",
			"outbound network ACL; acl private outbound entry 100 allows 0.0.0.0/0 all traffic",
			"route; no route: no route from subnet priv to 8.8.8.8/32",
			"inbound network ACL for replies; acl private inbound entry 100 allows 0.0.0.0/0 all traffic",
		}},
	} {
		if diff := cmp.Diff(tc.want, lines(tc.from, tc.to, tc.asked)); diff != "" {
			t.Errorf("%s -> %s: %s", New(s).partyName(tc.from), New(s).partyName(tc.to), diff)
		}
	}
	// A task that may have IPv6 addresses may be reached by them.
	for _, id := range []ref.ID{"orders", "other"} {
		s.Endpoint(id).IPv6 = fact.Missing[bool]("dual stack is a setting of the account", s.Endpoint(id).Place)
	}
	a := New(s).Connect(At("other"), At("orders"), netset.TCP(8080, 8080))
	if !a.Packets.Sure.Contains(6, 8080) || !a.Packets.IsExact() {
		t.Errorf("IPv4 is enough: %s", show(a))
	}
}
