package netset

import (
	"net/netip"
	"sync"
)

// block is one row of an IANA registry.
type block struct{ prefix, why string }

// unicast is what the internet is cut from: all of IPv4, and of IPv6 only what
// was ever given out (IANA "Internet Protocol Version 6 Address Space"; RFC
// 4291 section 2.4).
var unicast = [...]block{
	{"0.0.0.0/0", "IPv4"},
	{"2000::/3", "IPv6 global unicast, RFC 4291"},
	{"64:ff9b::/96", "IPv4 through NAT64, globally reachable, RFC 6052"},
}

// unreachable is the rows of the IANA "Special-Purpose Address Registry" of
// each family (RFC 6890, RFC 8190) that say "Globally Reachable: False", and
// what is not unicast at all. Rows outside [unicast] are left out.
var unreachable = [...]block{
	{"0.0.0.0/8", "this network, RFC 791"},
	{"10.0.0.0/8", "private use, RFC 1918"},
	{"100.64.0.0/10", "shared address space of carriers, RFC 6598; AWS routes it as private"},
	{"127.0.0.0/8", "loopback, RFC 1122"},
	{"169.254.0.0/16", "link local, RFC 3927: metadata, DNS and time of AWS"},
	{"172.16.0.0/12", "private use, RFC 1918"},
	{"192.0.0.0/24", "IETF protocol assignments, RFC 6890"},
	{"192.0.2.0/24", "documentation, RFC 5737"},
	{"192.88.99.2/32", "relay anycast of 6a44 within a provider, RFC 6751"},
	{"192.168.0.0/16", "private use, RFC 1918"},
	{"198.18.0.0/15", "benchmarking, RFC 2544"},
	{"198.51.100.0/24", "documentation, RFC 5737"},
	{"203.0.113.0/24", "documentation, RFC 5737"},
	{"224.0.0.0/4", "multicast, RFC 5771"},
	{"240.0.0.0/4", "reserved and limited broadcast, RFC 1112 and RFC 8190"},
	{"2001::/23", "IETF protocol assignments, RFC 2928"},
	{"2001:db8::/32", "documentation, RFC 3849"},
	{"3fff::/20", "documentation, RFC 9637"},
}

// reachable is the rows within [unreachable] that say "True", and Teredo. For
// Teredo, as for 6to4 (2002::/16, which no row above takes away), the registry
// says "N/A" because it depends on the IPv4 address within; leaving it out
// would call a host unexposed that may be reached.
var reachable = [...]block{
	{"192.0.0.9/32", "port control protocol anycast, RFC 7723"},
	{"192.0.0.10/32", "TURN anycast, RFC 8155"},
	{"2001::/32", "Teredo, RFC 4380"},
	{"2001:1::1/128", "port control protocol anycast, RFC 7723"},
	{"2001:1::2/128", "TURN anycast, RFC 8155"},
	{"2001:1::3/128", "DNS-SD service registration anycast, RFC 9665"},
	{"2001:3::/32", "automatic multicast tunnelling, RFC 7450"},
	{"2001:4:112::/48", "AS112, RFC 7535"},
	{"2001:20::/28", "ORCHIDv2, RFC 7343"},
	{"2001:30::/28", "drone remote ID, RFC 9374"},
}

// internet is computed once, from the tables above only.
var internet = sync.OnceValue(func() Addrs {
	return union(unicast[:]).Minus(union(unreachable[:])).Union(union(reachable[:]))
})

func union(rows []block) Addrs {
	prefixes := make([]netip.Prefix, len(rows))
	for i, r := range rows {
		prefixes[i] = netip.MustParsePrefix(r.prefix)
	}
	return Prefix(prefixes...)
}

// Internet is the globally reachable unicast addresses of both families, by
// the IANA special-purpose address registries: not private, loopback, link
// local, carrier shared, unique local, multicast, reserved or documentation.
func Internet() Addrs { return internet() }
