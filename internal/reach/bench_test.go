package reach

import (
	"fmt"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/ref"
)

// typical is a VPC with three zones, a public and a private subnet in each, and
// services of which each admits its load balancer and some others.
func typical(services int) string {
	var b strings.Builder
	b.WriteString("vpc main 10.0.0.0/16\nigw gw main\ntable public main 0.0.0.0/0=igw:gw\ntable private main 0.0.0.0/0=nat:n\n")
	for z := range 3 {
		fmt.Fprintf(&b, "subnet pub%d main 10.0.%d.0/24 table=public\nsubnet priv%d main 10.0.%d.0/24 table=private\n", z, z, z, 16+z)
	}
	b.WriteString("nat n pub0\nsg lb main in:0.0.0.0/0:tcp/443 out:0.0.0.0/0:all\nalb front subnets=pub0,pub1,pub2 groups=lb\n")
	for i := range services {
		fmt.Fprintf(&b, "sg g%d main in:sg=lb:tcp/8080 in:sg=g%d:tcp/8081 in:sg=g%d:tcp/8082 in:10.0.0.0/16:tcp/9100 in:10.0.17.0/24:tcp/22 out:0.0.0.0/0:all\n", i, (i+1)%services, (i+7)%services)
		fmt.Fprintf(&b, "task t%d subnets=priv0,priv1,priv2 groups=g%d\n", i, i)
	}
	return b.String()
}

func BenchmarkConnect(b *testing.B) {
	t := &testing.T{}
	n := New(build(t, typical(50)))
	for _, tc := range []struct {
		name     string
		from, to Party
		asked    netset.Ports
	}{
		{"admitted", At("t1"), At("t0"), netset.TCP(8081, 8081)},
		{"refused", At("t20"), At("t0"), netset.TCP(8081, 8081)},
		{"all ports", At("t1"), At("t0"), netset.AllPorts()},
		{"internet to balancer", Outside(netset.Internet()), At("front"), netset.AllPorts()},
		{"internet to task", Outside(netset.Internet()), At("t0"), netset.AllPorts()},
		{"task to internet", At("t0"), Outside(netset.Internet()), netset.TCP(443, 443)},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n.Connect(tc.from, tc.to, tc.asked)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	s := build(&testing.T{}, typical(500))
	for b.Loop() {
		New(s)
	}
}

func BenchmarkEveryPair(b *testing.B) {
	n := New(build(&testing.T{}, typical(50)))
	asked := netset.AllPorts()
	for b.Loop() {
		for i := range 50 {
			for j := range 50 {
				n.Connect(At(ref.ID(fmt.Sprint("t", i))), At(ref.ID(fmt.Sprint("t", j))), asked)
			}
		}
	}
}
