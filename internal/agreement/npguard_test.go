package agreement

import (
	"encoding/json"
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

// What the analyser of np-guard says of its five networks is what we say, for
// every ordered pair of instances, for every pair of subnets, and for every
// instance and the internet. Its input has no route tables and takes every VPC
// with an internet gateway to have a default route to it; the test adds that
// route. It knows no range of client ports and prints for which of them replies
// come back; with the ranges of AWS ("Custom network ACLs", ephemeral ports) that
// is a yes, a no, or a matter of chance.
func TestNPGuard(t *testing.T) {
	if corpus(t, "reachability") == "" {
		return
	}
	for _, r := range npGuard(t) {
		if r.open() {
			t.Errorf("%s: %s: theirs is %s, ours %s", r.suite, r.what, r.theirs, r.ours)
		}
	}
}

// npGuard compares all of its answers.
func npGuard(t *testing.T) []networkAnswer {
	dir := filepath.Join(corpus(t, "reachability"), "reachability", "np-guard-awsvpc")
	var out []networkAnswer
	for _, name := range []string{"aws_acl_1", "aws_mixed", "aws_sg_1", "basic_config_with_sg"} {
		s := npGuardSnapshot(t, filepath.Join(dir, "input", "input_"+name+".json"))
		out = append(out, npGuardPairs(t, s, filepath.Join(dir, "out", "analysis_out", name+"_all_vpcs_.txt"), "endpoints of "+name, false)...)
		out = append(out, npGuardPairs(t, s, filepath.Join(dir, "out", "analysis_out", name+"_all_vpcs_subnetsBased_withPGW.txt"), "subnets of "+name, true)...)
	}
	for file, name := range npGuardExplained {
		s := npGuardSnapshot(t, filepath.Join(dir, "input", "input_"+name+".json"))
		out = append(out, npGuardBarriers(t, s, filepath.Join(dir, "out", "explain_out", file+"_all_vpcs_explain_detail.txt"))...)
	}
	if len(out) < 150 {
		t.Fatalf("only %d answers were compared", len(out))
	}
	slices.SortStableFunc(out, func(a, b networkAnswer) int { return strings.Compare(a.suite+a.what, b.suite+b.what) })
	return out
}

// npGuardExplained is of which network each explanation is: the files do not
// say.
var npGuardExplained = map[string]string{
	"from_external_public_subnet": "aws_mixed", "ip_to_ip": "aws_sg_1", "nacl_blocking": "aws_mixed",
	"same_subnet_no_connection": "aws_mixed", "same_subnet_partial_connection": "aws_mixed", "subnet_to_subnet": "aws_mixed",
	"to_external_blocked_only_private_subnet": "aws_sg_1_allow_sg_private", "to_external_private_subnet": "aws_sg_1", "to_external_public_subnet": "aws_sg_1",
}

// npGuardSnapshot reads a network with the routes that np-guard takes for given,
// and puts something without a security group into every subnet.
func npGuardSnapshot(t *testing.T, file string) *topo.Snapshot {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var net map[string]any
	if err := json.Unmarshal(data, &net); err != nil {
		t.Fatal(err)
	}
	var tables []any
	for _, g := range net["internet_gateways"].([]any) {
		g := g.(map[string]any)
		for _, a := range g["Attachments"].([]any) {
			vpc := a.(map[string]any)["VpcId"]
			tables = append(tables, map[string]any{"RouteTableId": fmt.Sprint("rtb of ", vpc), "VpcId": vpc,
				"Associations": []any{map[string]any{"Main": true}}, "PropagatingVgws": []any{},
				"Routes": []any{map[string]any{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": g["InternetGatewayId"], "State": "active"}}})
		}
	}
	net["route_tables"] = tables
	if data, err = json.Marshal(net); err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		t.Fatal(err)
	}
	e, _, err := estate.Open([]string{copied}, estate.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := *e.Snapshot
	s.Endpoints = slices.Clone(s.Endpoints)
	for _, sub := range s.Subnets {
		s.Endpoints = append(s.Endpoints, topo.Endpoint{Thing: topo.Thing{ID: "in " + sub.ID, Name: "in " + sub.Name, Exists: fact.Yes}, VPC: sub.VPC,
			Subnets: topo.Links{List: []topo.Link{{ID: sub.ID, Exists: fact.Yes}}}, Unfiltered: fact.Yes, PublicIPv4: sub.MapPublicIP, IPv6: fact.Default(false)})
	}
	return s.Freeze()
}

// The ranges from which clients take their ports: those of an instance of which
// the operating system is not known, and of anything else.
var (
	instanceClients = netset.TCP(32768, 65535)
	anyClients      = netset.TCP(1024, 65535)
)

// flow is one line of np-guard: some packets, for some ports of clients, and
// whether replies to them come back.
type flow struct {
	packets, clients netset.Ports
	replies          bool
}

var npGuardLine = regexp.MustCompile(`^(.+?) => (.+?) : (.+)$`)

// npGuardPairs compares every ordered pair.
func npGuardPairs(t *testing.T, s *topo.Snapshot, file, suite string, subnets bool) []networkAnswer {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	theirs := map[[2]string][]flow{}
	vpc := ""
	for _, line := range strings.Split(string(text), "\n") {
		if _, after, ok := strings.Cut(line, "connectivity for VPC "); ok {
			vpc = strings.TrimSpace(after)
		}
		m := npGuardLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		pair := [2]string{npGuardParty(vpc, m[1]), npGuardParty(vpc, m[2])}
		theirs[pair] = append(theirs[pair], npGuardFlow(t, m[3]))
	}
	// Who is there: instances by name, or subnets by name.
	parties := map[string]ref.ID{}
	for _, e := range s.Endpoints {
		name, ok := strings.CutPrefix(string(e.ID), "in ")
		if ok != subnets {
			continue
		}
		who := e.Name
		if subnets {
			who = s.Subnet(ref.ID(name)).Name
		}
		parties[s.VPC(e.VPC).Name+"/"+who] = e.ID
	}
	clients := instanceClients
	if subnets {
		clients = anyClients
	}
	n := reach.New(s)
	var out []networkAnswer
	seen := map[[2]string]bool{}
	compare := func(pair [2]string, from, to reach.Party, clients netset.Ports, flows []flow) {
		seen[pair] = true
		a := n.Connect(from, to, netset.AllPorts())
		out = append(out, networkAnswer{suite: suite, what: pair[0] + " -> " + pair[1],
			theirs: npGuardText(flows, clients), ours: ourText(a)})
	}
	for a, from := range parties {
		for b, to := range parties {
			if a != b && s.Endpoint(from).VPC == s.Endpoint(to).VPC {
				compare([2]string{a, b}, reach.At(from), reach.At(to), clients, theirs[[2]string{a, b}])
			}
		}
		// The internet by the ranges that they name for it, and the rest of it.
		for _, in := range []bool{true, false} {
			if in && subnets {
				continue // their tables of subnets do not ask for it
			}
			rest := netset.Internet()
			ranges := map[string]netset.Addrs{}
			for pair := range theirs {
				if there, here := pair[0], pair[1]; in && here == a && strings.HasPrefix(there, "Public") {
					ranges[there] = npGuardRange(t, there)
				} else if there, here := pair[1], pair[0]; !in && here == a && strings.HasPrefix(there, "Public") {
					ranges[there] = npGuardRange(t, there)
				}
			}
			for _, r := range ranges {
				rest = rest.Minus(r)
			}
			ranges["the rest of the internet"] = rest.Intersect(netset.AllV4())
			for name, r := range ranges {
				if r.IsEmpty() {
					continue
				}
				if in {
					compare([2]string{name, a}, reach.Outside(r), reach.At(from), anyClients, theirs[[2]string{name, a}])
				} else {
					compare([2]string{a, name}, reach.At(from), reach.Outside(r), clients, theirs[[2]string{a, name}])
				}
			}
		}
	}
	for pair := range theirs {
		if !seen[pair] {
			t.Errorf("%s: %v was not networkAnswer", file, pair)
		}
	}
	return out
}

// npGuardParty is a name with its VPC, or the internet.
func npGuardParty(vpc, text string) string {
	if strings.HasPrefix(text, "Public Internet") {
		return text
	}
	name, _, _ := strings.Cut(text, "[")
	return vpc + "/" + name
}

func npGuardRange(t *testing.T, text string) netset.Addrs {
	t.Helper()
	text = strings.TrimPrefix(text, "Public Internet ")
	if text == "(all ranges)" {
		return netset.Internet().Intersect(netset.AllV4())
	}
	var out netset.Addrs
	for _, p := range strings.Split(text, ",") {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(p))
		if err != nil {
			t.Fatal(err)
		}
		out = out.Union(netset.Prefix(prefix))
	}
	return out
}

func npGuardFlow(t *testing.T, text string) flow {
	t.Helper()
	text, star := strings.CutSuffix(strings.TrimSpace(text), "*")
	f := flow{clients: netset.Protocol(netset.ProtoTCP), replies: !star}
	if text == "All Connections" {
		f.packets = carried()
		return f
	}
	fields := strings.Fields(text)
	proto := ""
	dst := [][2]uint16{{0, 65535}}
	for i := 0; i+1 < len(fields); i += 2 {
		switch fields[i] {
		case "protocol:":
			proto = fields[i+1]
		case "dst-ports:":
			dst = npGuardPorts(t, fields[i+1])
		case "src-ports:":
			f.clients = netset.Ports{}
			for _, r := range npGuardPorts(t, fields[i+1]) {
				f.clients = f.clients.Union(netset.TCP(r[0], r[1]))
			}
		default:
			t.Fatalf("%q is not understood", text)
		}
	}
	for _, r := range dst {
		switch proto {
		case "TCP":
			f.packets = f.packets.Union(netset.TCP(r[0], r[1]))
		case "UDP":
			f.packets = f.packets.Union(netset.UDP(r[0], r[1]))
		default:
			t.Fatalf("%q is not understood", text)
		}
	}
	return f
}

func npGuardPorts(t *testing.T, text string) [][2]uint16 {
	t.Helper()
	var out [][2]uint16
	for _, r := range strings.Split(text, ",") {
		from, to, ok := strings.Cut(r, "-")
		if !ok {
			to = from
		}
		a, err := strconv.ParseUint(from, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		b, err := strconv.ParseUint(to, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		if a == 1 {
			a = 0 // they know no port 0
		}
		out = append(out, [2]uint16{uint16(a), uint16(b)})
	}
	return out
}

// carried is the protocols that np-guard knows.
func carried() netset.Ports {
	return netset.Protocol(netset.ProtoTCP).Union(netset.Protocol(netset.ProtoUDP)).Union(netset.Protocol(netset.ProtoICMP))
}

// npGuardText is what lines of one pair mean: the packets that make a TCP
// connection for every port that a client may take, those that do for some, and
// the packets of other protocols that arrive.
func npGuardText(flows []flow, clients netset.Ports) string {
	tcp := netset.Protocol(netset.ProtoTCP)
	var sure, maybe, others netset.Ports
	for i, f := range flows {
		others = others.Union(f.packets.Minus(tcp))
		if !f.replies {
			continue
		}
		for _, g := range flows[i:] {
			both := f.packets.Intersect(g.packets).Intersect(tcp)
			if g.replies && f.clients.Union(g.clients).Covers(clients) {
				sure = sure.Union(both)
			}
		}
		if f.clients.Overlaps(clients) {
			maybe = maybe.Union(f.packets.Intersect(tcp))
		}
	}
	return fmt.Sprintf("connections %s, perhaps %s; other packets %s", sure, maybe.Minus(sure), others)
}

// ourText is an answer in the same form.
func ourText(a reach.Answer) string {
	tcp, other := netset.Protocol(netset.ProtoTCP), carried().Minus(netset.Protocol(netset.ProtoTCP))
	p, f := a.Packets.Restrict(tcp), a.Forward.Restrict(other)
	if !f.IsExact() {
		return fmt.Sprintf("other packets are undecided: %v", f)
	}
	return fmt.Sprintf("connections %s, perhaps %s; other packets %s", p.Sure, p.Maybe.Minus(p.Sure), f.Sure)
}

var (
	npGuardHead = regexp.MustCompile(`^(No )?[Cc]onnect(?:ions|ivity) from (.+?) to (.+?)(?:: .+|;)$`)
	npGuardBar  = regexp.MustCompile(`\| (security group|network ACL|subnet) [^|]+\|`)
)

// npGuardBarriers compares explanations: what stops a connection there is among
// the barriers that we name.
func npGuardBarriers(t *testing.T, s *topo.Snapshot, file string) []networkAnswer {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := reach.New(s)
	party := func(text string) reach.Party {
		if strings.HasPrefix(text, "Public Internet") {
			return reach.Outside(npGuardRange(t, text))
		}
		name, _, _ := strings.Cut(text, "[")
		i := slices.IndexFunc(s.Endpoints, func(e topo.Endpoint) bool { return e.Name == name })
		if i < 0 {
			t.Fatalf("%s: there is no %s", file, name)
		}
		return reach.At(s.Endpoints[i].ID)
	}
	var out []networkAnswer
	for _, section := range strings.Split(string(text), strings.Repeat("-", 80)) {
		var head []string
		for _, line := range strings.Split(section, "\n") {
			if m := npGuardHead.FindStringSubmatch(strings.TrimSpace(line)); m != nil && head == nil {
				head = m
			}
		}
		if head == nil {
			continue
		}
		a := n.Connect(party(head[2]), party(head[3]), netset.AllPorts())
		c := networkAnswer{suite: "explanations", what: head[2] + " -> " + head[3], theirs: "some pass", ours: "some pass"}
		if head[1] != "" {
			c.theirs = "none pass"
		}
		if a.Forward.Maybe.IsEmpty() {
			c.ours = "none pass"
		}
		if bar := npGuardBar.FindStringSubmatch(section); bar != nil {
			in := strings.Contains(section, "blocked at ingress")
			gates := map[string][]reach.GateKind{"security group": {reach.GateGroupOut}, "network ACL": {reach.GateACLOut}, "subnet": {reach.GatePublicAddress, reach.GateRoute}}[bar[1]]
			if in {
				gates = map[string][]reach.GateKind{"security group": {reach.GateGroupIn}, "network ACL": {reach.GateACLIn}, "subnet": {reach.GatePublicAddress, reach.GateRoute}}[bar[1]]
			}
			c.theirs += ", stopped by " + bar[1]
			for _, b := range a.Barriers(netset.AllPorts()) {
				if slices.Contains(gates, b.Gate) && b.Passes.Maybe.IsEmpty() {
					c.ours += ", stopped by " + bar[1]
					break
				}
			}
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		t.Fatalf("%s: nothing was understood", file)
	}
	return out
}
