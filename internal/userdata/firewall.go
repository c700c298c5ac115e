package userdata

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
	"github.com/muralla-net/muralla/internal/userdata/shell"
)

// imds is the address of the instance metadata service of a family.
func imds(v6 bool) netip.Addr {
	if v6 {
		return netip.AddrFrom16([16]byte{0xfd, 0, 0x0e, 0xc2, 14: 0x02, 15: 0x54})
	}
	return netip.AddrFrom4([4]byte{169, 254, 169, 254})
}

// rule is what one rule of the packet filter does to a new connection from a
// container behind the Docker bridge to port 80 of one address.
type rule struct {
	spec  string   // normalised text, for -D
	match fact.Tri // whether it applies to the connection
	drop  fact.Tri // whether it then ends in DROP or REJECT; No: ACCEPT or RETURN
	why   string
	line  int
}

// chains are the chains of interest of one address family, with the rules in order.
type chains struct {
	v6    bool
	rules map[string][]rule
	other string // why a rule elsewhere may block too
	line  int
	// empty are the chains that the user data itself made or emptied: what it
	// appends there comes after its own rules only.
	empty map[string]bool
	live  bool // rules are added to what the kernel has, not to what a file begins anew
	early bool // the command runs before Docker does
}

func newChains(v6 bool) *chains {
	return &chains{v6: v6, rules: map[string][]rule{}, empty: map[string]bool{}}
}

// Docker puts its own rules at the top of FORWARD whenever it starts, among them
// one that accepts all from its bridge, and a RETURN at the end of DOCKER-USER
// (moby, libnetwork/drivers/bridge and libnetwork/firewall_linux.go).
const (
	behindReturn = "a rule at the end of DOCKER-USER comes after the RETURN that Docker puts there, if Docker runs already"
	behindAccept = "a rule at the end of FORWARD comes after the rules of Docker, which accept packets from its bridge"
	belowAccept  = "Docker puts its rules, which accept packets from its bridge, before a rule that is in FORWARD when it starts"
)

// placed is a rule as it counts at its place in a chain.
func (c *chains) placed(rl rule, command byte, chain string) rule {
	switch {
	case rl.drop == fact.No: // what lets a packet pass does so behind Docker's rules too
	case chain == forward && c.early:
		return rl.perhaps(belowAccept)
	case command == 'A' && c.live && !c.empty[chain] && chain == forward:
		return rl.perhaps(behindAccept)
	case command == 'A' && c.live && !c.empty[chain]:
		return rl.perhaps(behindReturn)
	}
	return rl
}

// The chains that see packets which the host forwards for containers.
const (
	dockerUser = "DOCKER-USER"
	forward    = "FORWARD"
)

// filter judges the commands and rule files that configure the packet filter.
func (r *reader) filter(s *shell.State) (v4, v6 Block) {
	var out [2]Block
	for i := range out {
		c := newChains(i == 1)
		for n, call := range s.Calls() {
			if n == r.early { // Docker starts and adds its rules
				c.empty = map[string]bool{}
			}
			c.early = n < r.early
			c.call(r, call)
		}
		out[i] = c.verdict()
		if out[i].Blocked == fact.No {
			c.unloaded(r, s, &out[i])
		}
	}
	return out[0], out[1]
}

// verdict is what the chains do together: one that drops is enough.
func (c *chains) verdict() Block {
	best := Block{Blocked: fact.No, Why: "no rule of the packet filter in the user data drops packets from the Docker bridge to " + imds(c.v6).String()}
	for _, chain := range []string{dockerUser, forward} {
		got, hit := walk(c.rules[chain])
		switch {
		case got == fact.Yes && best.Blocked != fact.Yes:
			best = Block{Blocked: fact.Yes, Chain: chain, Line: hit.line, Why: "a rule in the chain " + chain + " drops packets to " + imds(c.v6).String()}
		case got == fact.Unknown && best.Blocked == fact.No:
			best = Block{Why: hit.why, Line: hit.line}
		}
	}
	if best.Blocked == fact.No && c.other != "" {
		best = Block{Why: c.other, Line: c.line}
	}
	return best
}

// walk follows a chain to the first rule that decides.
func walk(rules []rule) (fact.Tri, rule) {
	var doubt *rule
	for i, r := range rules {
		decided := r.match.And(fact.Yes)
		switch {
		case decided == fact.No:
		case decided == fact.Yes && r.drop != fact.Unknown:
			if doubt == nil || (doubt.drop == r.drop) {
				return r.drop, r
			}
			return fact.Unknown, *doubt
		default:
			if doubt == nil || doubt.drop == r.drop {
				doubt = &rules[i]
			} else {
				mixed := *doubt
				mixed.drop = fact.Unknown
				doubt = &mixed
			}
		}
	}
	if doubt == nil || doubt.drop == fact.No {
		return fact.No, rule{}
	}
	return fact.Unknown, *doubt
}

// call applies one command.
func (c *chains) call(r *reader, call shell.Call) {
	if call.Foreign {
		c.doubt(call.Maybe, call.Line)
		return
	}
	name, args := call.Args[0], call.Args[1:]
	name = strings.NewReplacer("-legacy", "", "-nft", "").Replace(name)
	switch name {
	case "iptables", "ip6tables":
		if c.v6 == (name == "ip6tables") {
			c.live = true
			c.iptables(r, args, call.Line, call.Maybe)
			c.live = false
		}
	case "iptables-restore", "ip6tables-restore":
		if c.v6 == (name == "ip6tables-restore") {
			c.restore(r, call.Input, slices.Contains(args, "-n") || slices.Contains(args, "--noflush"), call.Line, call.Maybe)
		}
	case "systemctl", "service":
		c.service(r, args, call)
	case "firewall-cmd":
		c.firewalld(r, args, call)
	case "nft":
		c.nft(r, args, call)
	}
}

// doubt says that from here on rules may have come or gone.
func (c *chains) doubt(why string, line int) {
	for _, chain := range []string{dockerUser, forward} {
		for i := range c.rules[chain] {
			c.rules[chain][i] = c.rules[chain][i].perhaps(why)
		}
		c.rules[chain] = append([]rule{{match: fact.Unknown, why: why, line: line}}, c.rules[chain]...)
	}
}

func (r rule) perhaps(why string) rule {
	if r.match == fact.Yes {
		r.match = fact.Unknown
		if r.why == "" {
			r.why = why
		}
	}
	return r
}

func (c *chains) service(r *reader, args []string, call shell.Call) {
	loads := slices.ContainsFunc(args, func(a string) bool {
		return a == "start" || a == "restart" || a == "reload" || a == "--now" || a == "try-restart"
	})
	for _, unit := range []string{"iptables", "ip6tables", "nftables"} {
		if !loads || !slices.Contains(args, unit) && !slices.Contains(args, unit+".service") {
			continue
		}
		switch {
		case unit == "nftables":
			c.nftFile(r, call.Input, call.Line, call.Maybe)
		case c.v6 == (unit == "ip6tables"):
			c.restore(r, call.Input, false, call.Line, call.Maybe)
		}
	}
}

// firewalld follows --direct --add-rule FAMILY TABLE CHAIN PRIORITY SPEC.
func (c *chains) firewalld(r *reader, args []string, call shell.Call) {
	i := slices.Index(args, "--add-rule")
	if i < 0 || len(args) < i+5 || (args[i+1] == "ipv6") != c.v6 || args[i+1] == "eb" {
		return
	}
	spec := append([]string{"-t", args[i+2], "-A", args[i+3]}, args[i+5:]...)
	c.iptables(r, spec, call.Line, call.Maybe)
}

// restore loads a rule file in the format of iptables-save.
func (c *chains) restore(r *reader, ps []shell.Piece, keep bool, line int, maybe string) {
	lines, exact := shell.Lines(ps)
	if !exact {
		c.doubt("the rule file depends on a test in the script", line)
		return
	}
	table := "filter"
	c.live = keep
	defer func() { c.live = false }()
	for _, l := range lines {
		text := strings.TrimSpace(l.Text)
		why := maybe
		if why == "" {
			why = l.Maybe
		}
		switch {
		case hole.Only(text):
			c.doubt(r.holes.Why(text), l.Line)
		case strings.HasPrefix(text, "*"):
			table = text[1:]
			if table == "filter" && !keep {
				c.flush("", why)
			}
		case strings.HasPrefix(text, "-"):
			c.iptables(r, append([]string{"-t", table}, assignments(text)...), l.Line, why)
		}
	}
}

func (c *chains) flush(chain, maybe string) {
	for _, name := range []string{dockerUser, forward} {
		if chain != "" && chain != name {
			continue
		}
		if maybe == "" {
			c.rules[name], c.empty[name] = nil, true
			continue
		}
		for i := range c.rules[name] {
			c.rules[name][i] = c.rules[name][i].perhaps("rules are removed " + maybe)
		}
	}
}

// unloaded looks for a rule that is written to a file which nothing loads.
func (c *chains) unloaded(r *reader, s *shell.State, b *Block) {
	units := []string{"iptables", "nftables"}
	if c.v6 {
		units = []string{"ip6tables", "nftables"}
	}
	for _, unit := range units {
		ps, ok := s.File(shell.RulesFile(unit))
		if !ok || len(ps) == 0 {
			continue
		}
		probe := newChains(c.v6)
		if unit == "nftables" {
			probe.nftFile(r, ps, ps[0].Line, "")
		} else {
			probe.restore(r, ps, false, ps[0].Line, "")
		}
		if got := probe.verdict(); got.Blocked != fact.No {
			*b = Block{Why: "the user data writes a rule to " + shell.RulesFile(unit) + " but nothing in it loads that file", Line: got.Line}
		}
	}
}

// iptables applies the arguments of one iptables command (iptables(8)).
func (c *chains) iptables(r *reader, args []string, line int, maybe string) {
	table, command, chain, pos := "filter", byte(0), "", ""
	var spec []string
	long := map[string]byte{"--append": 'A', "--insert": 'I', "--delete": 'D', "--flush": 'F', "--replace": 'R', "--new-chain": 'N'}
	for i := 0; i < len(args); i++ {
		a := args[i]
		cmd := long[a]
		if cmd == 0 && len(a) == 2 && a[0] == '-' && strings.IndexByte("AIDFRN", a[1]) >= 0 {
			cmd = a[1]
		}
		switch {
		case (a == "-t" || a == "--table") && i+1 < len(args):
			i++
			table = args[i]
		case cmd != 0 && command == 0:
			command = cmd
			if i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
				i++
				chain = args[i]
			}
			if i+1 < len(args) && strings.Trim(args[i+1], "0123456789") == "" && args[i+1] != "" {
				i++
				pos = args[i]
			}
		default:
			spec = append(spec, a)
		}
	}
	if command == 0 || command != 'F' && chain == "" {
		return
	}
	if hole.Has(table) || hole.Has(chain) {
		c.doubt(r.holes.Why(table+chain), line)
		return
	}
	if table != "filter" || chain != "" && chain != dockerUser && chain != forward {
		if rl := newRule(r, c.v6, spec, line); table != "nat" && rl.drop == fact.Yes && rl.match != fact.No &&
			(chain == forward || chain == "PREROUTING") && c.other == "" {
			c.other, c.line = fmt.Sprintf("a rule in the table %s, which is not followed, drops packets to %s", table, imds(c.v6)), line
		}
		return
	}
	rl := c.placed(newRule(r, c.v6, spec, line), command, chain)
	if maybe != "" {
		rl = rl.perhaps("a rule is added on line " + strconv.Itoa(line) + " " + maybe)
	}
	list := c.rules[chain]
	at, err := strconv.Atoi(pos)
	if err != nil || at < 1 {
		at = 1
	}
	switch command {
	case 'A':
		c.rules[chain] = append(list, rl)
	case 'I':
		c.rules[chain] = slices.Insert(slices.Clone(list), min(at-1, len(list)), rl)
	case 'F':
		c.flush(chain, maybe)
	case 'N': // fails if the chain is there
		c.empty[chain] = c.empty[chain] || maybe == ""
	case 'R':
		c.doubt("a rule is replaced on line "+strconv.Itoa(line), line)
	case 'D':
		i := slices.IndexFunc(list, func(x rule) bool { return x.spec == rl.spec })
		if pos != "" {
			i = at - 1
		}
		if i < 0 || i >= len(list) {
			return
		}
		if maybe != "" {
			list[i] = list[i].perhaps("a rule is removed " + maybe)
			return
		}
		c.rules[chain] = slices.Delete(slices.Clone(list), i, i+1)
	}
}
