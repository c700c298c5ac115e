package ask_test

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl"
	"github.com/muralla-net/muralla/internal/topo"
)

// The examples of the page are asked about the design that it speaks of; what the
// design does not have is an error with a place.
func TestDocumentedExamples(t *testing.T) {
	set, _ := hcl.Read(os.DirFS("../../examples/orders"), hcl.Options{})
	s, _ := assemble.Snapshot(assemble.Options{}, set)
	a := ask.New(reach.New(s))
	page, err := os.ReadFile("../../docs/ask.md")
	if err != nil {
		t.Fatal(err)
	}
	_, examples, _ := strings.Cut(string(page), "\n## Examples\n")
	asked := map[fact.Tri]int{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]*)` \\|").FindAllStringSubmatch(examples, -1) {
		q, err := question.Parse(m[1])
		if err != nil {
			t.Errorf("%s: %v", m[1], err)
			continue
		}
		r, err := a.Ask(q)
		var e *question.Error
		switch {
		case errors.As(err, &e):
			if e.Length == 0 || !strings.Contains(e.Problem, "called") || e.Hint == "" {
				t.Errorf("%s: %+v", m[1], e)
			}
		default:
			asked[r.Any]++
		}
	}
	if asked[fact.Yes] < 30 || asked[fact.No] < 5 {
		t.Errorf("examples are answered %v", asked)
	}
}

func TestForms(t *testing.T) {
	s := snapshot(t, intent.Intent{}, txtar.File{Name: "main.tf", Data: []byte(shop)})
	for _, tc := range []struct {
		text  string
		any   fact.Tri
		yes   string // what is found, by the names of the side that is not named, or of both
		pairs int    // 0 if it does not matter
	}{
		{"who reaches db/store tcp/8080", fact.Yes, "host bastion", 0},
		{"who reaches instance/bastion ssh", fact.Yes, "internet (IPv4)", 0},
		{"who reaches svc/app", fact.Yes, "host bastion", 0},
		{"what can instance/bastion reach tcp/8080", fact.Yes, "data store store, internet (IPv4), task app", 0},
		{"what can internet reach ssh", fact.Yes, "host bastion", 0},
		{"what can svc/app reach", fact.No, "", 0},
		{"instance/bastion, svc/app -> db/store tcp/8080", fact.Yes, "host bastion", 2},
		{"* except aws_instance.perhaps* -> db/store tcp/8080", fact.Yes, "host bastion", 3},
		{"sg/open except instance/bastion -> db/store tcp/8080", fact.Unknown, "", 1},
		{"internet except 0.0.0.0/1 -> instance/bastion ssh", fact.Yes, "internet except 0.0.0.0/1", 1},
		{"svc/* except svc/* -> db/store", fact.Unknown, "", 1},
		{"cluster/main -> db/store", fact.No, "", 2},
		{"instance/bastion <-> db/store tcp/8080", fact.Yes, "host bastion", 2},
		{"db/store <-> svc/app --direct", fact.No, "", 2},
		{"instance/bastion -> aws/ecr.api, aws/s3", fact.Yes, "host bastion", 2},
		{"svc/app -> aws/ecr.api", fact.No, "", 1},
	} {
		r, err := answer(s, tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		var yes []string
		for _, res := range r.Results {
			if m := res.From; res.Any == fact.Yes {
				if r.Question.Form == question.Reached {
					m = res.To
				}
				if !slices.Contains(yes, m.Text) {
					yes = append(yes, m.Text)
				}
			}
		}
		slices.Sort(yes)
		if got := strings.Join(yes, ", "); r.Any != tc.any || got != tc.yes || tc.pairs > 0 && len(r.Results) != tc.pairs {
			t.Errorf("%s: %s, %q, %d pairs; want %s, %q, %d", tc.text, r.Any, got, len(r.Results), tc.any, tc.yes, tc.pairs)
		}
	}
}

func TestLeaves(t *testing.T) {
	s := snapshot(t, intent.Intent{}, txtar.File{Name: "main.tf", Data: []byte(shop)})
	r, err := answer(s, "what leaves vpc/main through what")
	if err != nil || r.Any != fact.Yes || len(r.Exits) != 1 {
		t.Fatalf("%v, %s, %d exits", err, r.Any, len(r.Exits))
	}
	x := r.Exits[0]
	if x.Kind != topo.ToInternet || x.Gateway != "aws_internet_gateway.main" || x.Owner != "the internet" || x.Users[0].Text != "host bastion" || x.Place.IsZero() {
		t.Errorf("%+v", x)
	}
	r, err = answer(s, "what leaves svc/app")
	if err != nil || r.Any != fact.No || len(r.Results) != 1 || len(r.Results[0].Direct.Barriers(netset.AllPorts())) == 0 {
		t.Errorf("%v, %s, %+v", err, r.Any, r.Results)
	}
}

// drawChain is a VPC of hosts and stores whose groups admit each other at random;
// some hosts have a port that may be open.
func drawChain(t *rapid.T) (*topo.Snapshot, int) {
	n := rapid.IntRange(3, 6).Draw(t, "things")
	everywhere := topo.Peer{Kind: topo.PeerBlock, Block: topo.Block{Prefix: v4}}
	s := &topo.Snapshot{VPCs: []topo.VPC{{Thing: topo.Thing{ID: "v", Exists: fact.Yes}, Blocks: []topo.Block{{Prefix: vpcBlock}}}}}
	s.Subnets = []topo.Subnet{{Thing: topo.Thing{ID: "n", Exists: fact.Yes}, VPC: "v", Blocks: []topo.Block{{Prefix: vpcBlock}},
		RouteTable: fact.Default[ref.ID]("t"), ACL: fact.Default[ref.ID]("a")}}
	s.RouteTables = []topo.RouteTable{{Thing: topo.Thing{ID: "t", Exists: fact.Yes}, VPC: "v"}}
	for i := range n {
		id, group := ref.ID(fmt.Sprint("e", i)), ref.ID(fmt.Sprint("g", i))
		g := topo.SecurityGroup{Thing: topo.Thing{ID: group, Exists: fact.Yes}, VPC: "v",
			Egress: []topo.Rule{{Peer: everywhere, Ports: netset.Exactly(netset.AllPorts()), Exists: fact.Yes}}}
		for j := range n {
			how := rapid.IntRange(0, 4).Draw(t, "edge")
			if i == j || how > 1 {
				continue
			}
			r := topo.Rule{Peer: topo.Peer{Kind: topo.PeerGroup, ID: ref.ID(fmt.Sprint("g", j))}, Ports: netset.Exactly(netset.TCP(80, 80)), Exists: fact.Yes}
			if how == 1 && rapid.Bool().Draw(t, "perhaps") {
				r.Exists = fact.Unknown
			}
			g.Ingress = append(g.Ingress, r)
		}
		s.SecurityGroups = append(s.SecurityGroups, g)
		kind := topo.HostEndpoint
		if rapid.IntRange(0, 3).Draw(t, "kind") == 0 {
			kind = topo.StoreEndpoint
		}
		s.Endpoints = append(s.Endpoints, topo.Endpoint{Thing: topo.Thing{ID: id, Name: string(id), Exists: fact.Yes}, Kind: kind, VPC: "v", IPv6: fact.Default(false), PublicIPv4: fact.Default(false),
			Subnets: topo.Links{List: []topo.Link{{ID: "n", Exists: fact.Yes}}}, Groups: topo.Links{List: []topo.Link{{ID: group, Exists: fact.Yes}}},
			Listens: []topo.Listen{{Ports: netset.Exactly(netset.TCP(80, 80))}}})
	}
	return s.Freeze(), n
}

// Chains are those of the transitive closure of single connections, by paths that
// are tried one after the other; the shortest one is given.
func TestChainsAgreeWithClosure(t *testing.T) {
	var seen [3]int
	long := 0
	rapid.Check(t, func(rt *rapid.T) {
		s, n := drawChain(rt)
		net := reach.New(s)
		edge := make([][]fact.Tri, n)
		for i := range n {
			edge[i] = make([]fact.Tri, n)
			for j := range n {
				edge[i][j] = net.Connect(reach.At(ref.ID(fmt.Sprint("e", i))), reach.At(ref.ID(fmt.Sprint("e", j))), netset.TCP(80, 80)).Packets.Any(netset.TCP(80, 80))
			}
		}
		from, to := 0, n-1
		// Every simple path, with the verdict of its worst edge.
		best := map[fact.Tri]int{}
		var walk func(at int, used []int, so fact.Tri)
		walk = func(at int, used []int, so fact.Tri) {
			if so == fact.No {
				return
			}
			if at == to {
				if l, ok := best[so]; !ok || len(used)-1 < l {
					best[so] = len(used) - 1
				}
				return
			}
			if e := s.Endpoint(ref.ID(fmt.Sprint("e", at))); at != from && e.Kind == topo.StoreEndpoint {
				return
			}
			for next := range n {
				if !slices.Contains(used, next) {
					walk(next, append(slices.Clone(used), next), so.And(edge[at][next]))
				}
			}
		}
		walk(from, []int{from}, fact.Yes)
		want, hops := fact.No, 0
		if l, ok := best[fact.Yes]; ok {
			want, hops = fact.Yes, l
		} else if l, ok := best[fact.Unknown]; ok {
			want, hops = fact.Unknown, l
		}
		r, err := answer(s, fmt.Sprintf("e%d -> e%d --pivot", from, to))
		if err != nil {
			rt.Fatal(err)
		}
		c := r.Chains[0]
		if c.Any != want || len(c.Hops) != hops || want == fact.Unknown && len(c.Gaps) == 0 {
			rt.Fatalf("got %s in %d hops, %v; want %s in %d", c.Any, len(c.Hops), c.Gaps, want, hops)
		}
		seen[want]++
		if hops > 1 {
			long++
		}
	})
	for v, count := range seen {
		if count == 0 {
			t.Errorf("no draw was %v", fact.Tri(v))
		}
	}
	if long < 5 {
		t.Errorf("only %d chains have several hops", long)
	}
}

func BenchmarkOnePair(b *testing.B) {
	set, _ := hcl.Read(os.DirFS("../../examples/orders"), hcl.Options{})
	s, _ := assemble.Snapshot(assemble.Options{}, set)
	a := ask.New(reach.New(s))
	for _, text := range []string{"svc/orders -> db/orders postgres", "internet -> svc/orders"} {
		q, err := question.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				if _, err := a.Ask(q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var v4, vpcBlock = netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("10.0.0.0/16")
