package userdata

import (
	"net/netip"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/userdata/hole"
	"github.com/muralla-net/muralla/internal/userdata/shell"
)

// newRule judges the matches and the target of an iptables rule for a new TCP
// connection from docker0 to port 80 of the metadata address. What it does not
// know may match or not.
func newRule(r *reader, v6 bool, spec []string, line int) rule {
	out := rule{match: fact.Yes, line: line, spec: strings.Join(spec, " "), drop: fact.Unknown}
	partly := func(why string) {
		out.match = out.match.And(fact.Unknown)
		if out.why == "" {
			out.why = why
		}
	}
	for i := 0; i < len(spec); i++ {
		negated := spec[i] == "!"
		if negated && i+1 < len(spec) {
			i++
		}
		a, v := spec[i], ""
		if i+1 < len(spec) {
			v = spec[i+1]
		}
		if k, w, ok := strings.Cut(a, "="); ok && strings.HasPrefix(k, "--") {
			a, v = k, w
		} else {
			i++
		}
		if v == "!" && i+1 < len(spec) {
			negated = true
			i++
			v = spec[i]
		}
		if hole.Has(a) || hole.Has(v) {
			partly("a part of a rule is not known (" + r.holes.Why(a+v) + ")")
			continue
		}
		m := fact.Yes
		switch a {
		case "-d", "--destination", "--dst":
			m = within(v, imds(v6))
		case "-s", "--source", "--src":
			// Docker's first bridge network is 172.17.0.0/16 by default.
			if m = within(v, netip.AddrFrom4([4]byte{172, 17, 0, 2})); m == fact.No || v6 || strings.HasSuffix(v, "/32") {
				m = fact.Unknown
			}
		case "-i", "--in-interface":
			m = iface(v)
		case "-o", "--out-interface":
			if m = iface(v).Not(); m == fact.Yes {
				m = fact.Unknown
			}
		case "-p", "--protocol", "--proto":
			m = fact.Of(v == "tcp" || v == "all" || v == "6" || v == "0")
		case "--dport", "--destination-port":
			m = fact.Of(v == "80" || v == "http" || v == "0:65535" || v == "1:65535")
			if m == fact.No && strings.Contains(v, ":") {
				m = fact.Unknown
			}
		case "--ctstate", "--state":
			m = fact.Of(strings.Contains(v, "NEW"))
		case "-m", "--match":
			if v == "comment" || v == "tcp" || v == "conntrack" || v == "state" {
				continue
			}
			m = fact.Unknown
		case "--comment", "--reject-with", "-w", "--wait":
			if strings.HasSuffix(a, "w") || a == "--wait" {
				if strings.HasPrefix(v, "-") {
					i-- // -w without seconds
				}
			}
			continue
		case "-j", "--jump", "-g", "--goto":
			switch v {
			case "DROP", "REJECT":
				out.drop = fact.Yes
			case "ACCEPT", "RETURN":
				out.drop = fact.No
			case "LOG", "NFLOG", "AUDIT", "MARK", "CONNMARK", "TRACE":
				m = fact.No
			default:
				m = fact.Unknown
			}
		default:
			m = fact.Unknown
		}
		if negated {
			m = m.Not()
		}
		if m == fact.Unknown {
			partly("a rule of the packet filter has a condition or target that is not followed")
		}
		out.match = out.match.And(m)
	}
	return out
}

// within reports whether an address is in a prefix, a single address or a list of them.
func within(list string, a netip.Addr) fact.Tri {
	got := fact.No
	for v := range strings.SplitSeq(list, ",") {
		v = strings.TrimSpace(v)
		p, err := netip.ParsePrefix(v)
		if err != nil {
			single, err := netip.ParseAddr(v)
			if err != nil {
				got = got.Or(fact.Unknown)
				continue
			}
			p = netip.PrefixFrom(single, single.BitLen())
		}
		got = got.Or(fact.Of(p.Contains(a)))
	}
	return got
}

// iface reports whether a pattern of interfaces has the Docker bridge.
func iface(v string) fact.Tri {
	if stem, wild := strings.CutSuffix(v, "+"); wild {
		return fact.Of(strings.HasPrefix("docker0", stem))
	}
	if stem, wild := strings.CutSuffix(v, "*"); wild {
		return fact.Of(strings.HasPrefix("docker0", stem))
	}
	return fact.Of(v == "docker0")
}

// nft follows nft add rule, nft insert rule, and nft -f.
func (c *chains) nft(r *reader, args []string, call shell.Call) {
	if len(args) == 1 {
		args = strings.Fields(args[0])
	}
	for i, a := range args {
		if a == "-f" {
			c.nftFile(r, call.Input, call.Line, call.Maybe)
			return
		}
		if a == "rule" && i > 0 && i+3 < len(args) {
			c.live = true
			c.nftRule(r, args[i-1], args[i+1:], call.Line, call.Maybe)
			c.live = false
			return
		}
	}
	if len(args) > 1 && args[0] == "flush" {
		c.flush("", call.Maybe)
	}
}

// nftRule reads [family] table chain expression.
func (c *chains) nftRule(r *reader, verb string, args []string, line int, maybe string) {
	switch args[0] {
	case "ip", "ip6", "inet":
		if args[0] == "ip6" && !c.v6 || args[0] == "ip" && c.v6 {
			return
		}
		args = args[1:]
	case "bridge", "arp", "netdev":
		return
	}
	if len(args) < 3 {
		return
	}
	chain := args[1]
	command := "-A"
	if verb == "insert" {
		command = "-I"
	}
	if strings.EqualFold(chain, forward) {
		chain = forward
	}
	spec, mine := c.expression(args[2:])
	if !mine {
		return
	}
	if chain == dockerUser {
		defer func(live bool) { c.live = live }(c.live)
		c.live = true // a file of nft adds to a chain, too
	}
	if chain != dockerUser && chain != forward {
		rl := newRule(r, c.v6, spec, line)
		if rl.drop == fact.Yes && rl.match != fact.No && c.other == "" {
			c.other, c.line = "a rule of nftables in a chain that is not followed drops packets to "+imds(c.v6).String(), line
		}
		return
	}
	c.iptables(r, append([]string{command, chain}, spec...), line, maybe)
}

// expression turns an nftables expression into the words of iptables; mine is
// false if it is about the other address family.
func (c *chains) expression(words []string) (spec []string, mine bool) {
	for i := 0; i < len(words); i++ {
		w := strings.Trim(words[i], `"`)
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		value := func(n int) string {
			j := i + n
			if j >= len(words) {
				return ""
			}
			v := words[j]
			if v == "{" {
				var set []string
				for j++; j < len(words) && words[j] != "}"; j++ {
					set = append(set, strings.Trim(words[j], `",`))
				}
				v = strings.Join(set, ",")
			} else if v == "!=" && j+1 < len(words) {
				j++
				v = words[j]
				spec = append(spec, "!")
			}
			i = j
			return strings.Trim(v, `"`)
		}
		switch {
		case (w == "ip" || w == "ip6") && (next == "daddr" || next == "saddr"):
			if (w == "ip6") != c.v6 {
				return nil, false
			}
			flag := "-d"
			if next == "saddr" {
				flag = "-s"
			}
			v := value(2)
			spec = append(spec, flag, v)
		case w == "iifname" || w == "iif":
			v := value(1)
			spec = append(spec, "-i", v)
		case w == "oifname" || w == "oif":
			v := value(1)
			spec = append(spec, "-o", v)
		case (w == "tcp" || w == "udp") && next == "dport":
			v := value(2)
			spec = append(spec, "-p", w, "--dport", v)
		case w == "drop" || w == "reject":
			return append(spec, "-j", "DROP"), true
		case w == "accept" || w == "return":
			return append(spec, "-j", "ACCEPT"), true
		case w == "counter" || w == "log":
		case w == "comment":
			i++
		default:
			spec = append(spec, "-m", "unknown")
		}
	}
	return append(spec, "-j", "LOG"), true
}

// nftFile reads a file of nft -f: commands, or tables with chains with rules.
func (c *chains) nftFile(r *reader, ps []shell.Piece, line int, maybe string) {
	lines, exact := shell.Lines(ps)
	if !exact {
		c.doubt("the rule file depends on a test in the script", line)
		return
	}
	family, chain := "ip", ""
	for _, l := range lines {
		why := maybe
		if why == "" {
			why = l.Maybe
		}
		if hole.Only(l.Text) {
			c.doubt(r.holes.Why(l.Text), l.Line)
			continue
		}
		for text := range strings.SplitSeq(l.Text, ";") {
			words := strings.Fields(text)
			if len(words) == 0 || strings.HasPrefix(words[0], "#") {
				continue
			}
			switch {
			case words[0] == "table" && len(words) > 2:
				family = words[1]
			case words[0] == "chain" && len(words) > 1:
				chain = words[1]
			case words[0] == "type" && strings.Contains(text, "hook forward"):
				chain = forward
			case words[0] == "flush":
				c.flush("", why)
			case words[0] == "}" || words[0] == "policy" || words[0] == "type":
			case (words[0] == "add" || words[0] == "insert") && len(words) > 4 && words[1] == "rule":
				c.nftRule(r, words[0], words[2:], l.Line, why)
			case chain != "":
				c.nftRule(r, "add", append([]string{family, "t", chain}, words...), l.Line, why)
			}
		}
	}
}
