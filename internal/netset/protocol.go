package netset

import (
	"fmt"
	"strconv"
	"strings"
)

// protocolName is a row of IANA "Assigned Internet Protocol Numbers". The first
// name of a number is the one we print.
type protocolName struct {
	name   string
	number uint8
}

var protocolNames = [...]protocolName{
	{"icmp", 1}, {"igmp", 2}, {"ipv4", 4}, {"ipip", 4}, {"tcp", 6}, {"egp", 8}, {"igp", 9}, {"udp", 17},
	{"rdp", 27}, {"dccp", 33}, {"ipv6", 41}, {"ipv6-route", 43}, {"ipv6-frag", 44}, {"rsvp", 46},
	{"gre", 47}, {"esp", 50}, {"ah", 51}, {"icmpv6", 58}, {"ipv6-icmp", 58}, {"icmp6", 58},
	{"ipv6-nonxt", 59}, {"ipv6-opts", 60}, {"eigrp", 88}, {"ospf", 89}, {"ospfigp", 89}, {"etherip", 97},
	{"pim", 103}, {"vrrp", 112}, {"l2tp", 115}, {"sctp", 132}, {"udplite", 136}, {"mpls-in-ip", 137},
}

// ParseProtocol reads the protocol of a rule: "-1" or "all" for every protocol,
// a number 0..255, or an IANA name in any case. If all is true, number is -1.
func ParseProtocol(s string) (number int, all bool, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "-1" || s == "all" {
		return -1, true, true
	}
	if n, err := strconv.ParseUint(s, 10, 8); err == nil {
		return int(n), false, true
	}
	for _, p := range protocolNames {
		if p.name == s {
			return int(p.number), false, true
		}
	}
	return 0, false, false
}

// ProtocolName is the name of a protocol number, or "protocol 200" if we know
// none.
func ProtocolName(number uint8) string {
	for _, p := range protocolNames {
		if p.number == number {
			return p.name
		}
	}
	return fmt.Sprintf("protocol %d", number)
}
