package agreement

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/netset"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/topo"
)

// The traces of Batfish end as we say, or testdata/batfish.tsv explains why not.
func TestBatfish(t *testing.T) {
	if corpus(t, "reachability") == "" {
		return
	}
	for _, r := range batfish(t) {
		if r.open() {
			t.Errorf("%s: theirs is %s, ours %s", r.what, r.theirs, r.ours)
		}
	}
}

// trace is one probe of Batfish. Network, test and the number among the traces
// of that test name it.
type trace struct {
	network, test string
	number        int
	flow, end     string
	hops          []string
}

func (p trace) String() string { return fmt.Sprintf("%s %s %d", p.network, p.test, p.number) }

// batfish compares all traces.
func batfish(t *testing.T) []networkAnswer {
	t.Helper()
	dir := filepath.Join(corpus(t, "reachability"), "reachability", "batfish-aws")
	why := batfishExplained(t)
	snapshots := map[string]*topo.Snapshot{}
	var out []networkAnswer
	for _, p := range traces(t, filepath.Join(dir, "expected-traces.tsv")) {
		s := snapshots[p.network]
		if s == nil {
			e, _, err := estate.Open([]string{filepath.Join(dir, p.network)}, estate.Options{})
			if err != nil {
				t.Fatal(err)
			}
			s = withACLs(e.Snapshot)
			snapshots[p.network] = s
		}
		c := networkAnswer{suite: "traces", what: p.String(), theirs: p.means(), ours: p.ask(s)}
		if c.theirs != c.ours {
			c.why = why[c.what]
			delete(why, c.what)
		}
		out = append(out, c)
	}
	for what := range why {
		t.Errorf("batfish.tsv explains %s, which needs no explanation", what)
	}
	if len(out) != 63 {
		t.Errorf("%d traces were compared", len(out))
	}
	return out
}

// withACLs gives subnets the default network ACL of their VPC where no answer
// tells of another, as Batfish takes for given.
func withACLs(s *topo.Snapshot) *topo.Snapshot {
	out := *s
	out.Subnets = slices.Clone(s.Subnets)
	for i := range out.Subnets {
		if v := s.VPC(out.Subnets[i].VPC); v != nil && !out.Subnets[i].ACL.IsKnown() {
			out.Subnets[i].ACL = fact.Default(v.DefaultACL)
		}
	}
	return out.Freeze()
}

// batfishExplained is why ours differs, by what.
func batfishExplained(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, c := range table(t, "testdata/batfish.tsv", 2) {
		out[c[0]] = c[1]
	}
	return out
}

func traces(t *testing.T, file string) []trace {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []trace
	count := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		cols := strings.Split(line, "\t")
		key := cols[0] + " " + cols[1]
		count[key]++
		out = append(out, trace{network: cols[0], test: cols[1], number: count[key], flow: cols[2], end: cols[3], hops: strings.Split(cols[4], " > ")})
	}
	return out
}

// means is how a trace ends, as an answer to whether the packet arrives.
func (p trace) means() string {
	switch p.end {
	case "ACCEPTED", "EXITS_NETWORK", "DELIVERED_TO_SUBNET":
		return "yes"
	case "DENIED_IN", "DENIED_OUT", "NO_ROUTE", "NULL_ROUTED", "NEIGHBOR_UNREACHABLE":
		return "no"
	}
	return p.end
}

var (
	batfishCall = regexp.MustCompile(`^get(Any|Tcp)Flow\((.+)\)$`)
	batfishDst  = regexp.MustCompile(`\.setDstIp\(([^)]+)\)`)
	batfishSrc  = regexp.MustCompile(`\.setSrcIp\(([^)]+)\)`)
)

// ask is our answer to the question of a trace: whether the first packet
// arrives, whatever becomes of replies.
func (p trace) ask(s *topo.Snapshot) string {
	from, dst, src := p.hops[0], "", ""
	ports := netset.Protocol(0) // a flow of no protocol, as they make it
	if m := batfishCall.FindStringSubmatch(p.flow); m != nil {
		args := strings.Split(m[2], ", ")
		if m[1] == "Tcp" {
			last := args[len(args)-1]
			args = args[:len(args)-1]
			port, ok := map[string]uint16{"NamedPort.SSH.number()": 22, "_listenerPort": 80, "_listenerPort + 1": 81}[last]
			if n, err := strconv.ParseUint(last, 10, 16); err == nil {
				port, ok = uint16(n), true
			}
			if !ok {
				return "the port is not understood"
			}
			ports = netset.TCP(port, port)
		}
		dst = args[len(args)-1]
		if len(args) == 3 {
			src = args[1]
		}
	} else if m := batfishDst.FindStringSubmatch(p.flow); m != nil {
		dst = m[1]
		if m := batfishSrc.FindStringSubmatch(p.flow); m != nil {
			src = m[1]
		}
	} else {
		return "the flow is not understood"
	}
	sender, ok := p.party(s, from, src)
	if !ok {
		return "nothing of ours stands for " + sender.what
	}
	receiver, ok := p.party(s, p.hops[len(p.hops)-1], dst)
	if !ok {
		return "nothing of ours stands for " + receiver.what
	}
	if e := s.Endpoint(receiver.Endpoint); e != nil && e.Kind == topo.BalancerEndpoint {
		// Their nodes of load balancers refuse what they do not listen on.
		var listens netset.Bounds
		for _, l := range e.Listens {
			listens = listens.Or(l.Ports)
		}
		if listens.Any(ports) == fact.No {
			return "no"
		}
	}
	n := reach.New(s)
	switch a := n.Connect(sender.Party, receiver.Party, ports); a.Forward.Any(ports) {
	case fact.Yes:
		return "yes"
	case fact.No:
		return "no"
	}
	return "undecided"
}

type sideOf struct {
	reach.Party
	what string
}

// party is what a node or address of a trace is to us: the endpoint of that name
// or address, a load balancer of that subnet, or hosts outside.
func (p trace) party(s *topo.Snapshot, node, addr string) (sideOf, bool) {
	// The two instances of one of the networks are alike and named by constants.
	if at := slices.Index([]string{"INSTANCE_1", "INSTANCE_2"}, strings.TrimSuffix(node, "_IP")); at >= 0 && addr != "10.10.0.1" && len(s.Hosts) == 2 {
		return sideOf{Party: reach.At(s.Hosts[at].ID)}, true
	}
	if strings.HasPrefix(addr, "nlb") {
		for _, h := range p.hops {
			for _, e := range s.Endpoints {
				if e.Kind == topo.BalancerEndpoint && slices.ContainsFunc(e.Subnets.List, func(l topo.Link) bool { return string(l.ID) == h }) {
					return sideOf{Party: reach.Party{Endpoint: e.ID, Subnet: ref.ID(h)}}, true
				}
			}
		}
	}
	if s.Endpoint(ref.ID(node)) != nil {
		return sideOf{Party: reach.At(ref.ID(node))}, true
	}
	at, err := netip.ParseAddr(addr)
	if err != nil {
		if node == "INTERNET_HOST_NAME" {
			return sideOf{Party: reach.Outside(netset.Internet())}, true
		}
		return sideOf{what: node + " " + addr}, false
	}
	for _, e := range s.Endpoints {
		if e.Fixed.Contains(at) {
			return sideOf{Party: reach.At(e.ID)}, true
		}
	}
	for _, v := range s.VPCs {
		for _, b := range v.Blocks {
			if b.Prefix.IsValid() && b.Prefix.Contains(at) {
				return sideOf{what: "an address of " + v.Name + " that nothing holds"}, false
			}
		}
	}
	return sideOf{Party: reach.Outside(netset.Prefix(netip.PrefixFrom(at, at.BitLen())))}, true
}
