package redact

import (
	"net/netip"
	"strings"
)

// borders are blocks whose addresses stay within them, since it matters whether
// an address is one of them (IANA "Special-Purpose Address Registry"); kept are
// those of which the addresses stay as they are.
var borders, kept = prefixes(
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "192.88.99.2/32", "2000::/3", "2001::/23", "2001:db8::/32", "3fff::/20", "2001::/32", "2001:3::/32",
	"2001:4:112::/48", "2001:20::/28", "2001:30::/28",
), prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4", "::/8", "64:ff9b::/96", "fc00::/7", "fe80::/10", "ff00::/8",
	"2001:1::1/128", "2001:1::2/128", "2001:1::3/128",
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// address hides the address that begins at i: with a length or without, and one
// that AWS writes with lines in names of hosts. It gives how many bytes it has,
// or 0.
func (h *hider) address(s string, i int) (int, string) {
	if n, to := h.address4(s, i, '.'); n > 0 {
		return n, to
	}
	if n, to := h.address4(s, i, '-'); n > 0 {
		return n, to
	}
	if i > 0 && s[i-1] == ':' {
		return 0, ""
	}
	j, colons := i, 0
	for j < len(s) && j-i < 46 && strings.IndexByte("0123456789abcdefABCDEF:.", s[j]) >= 0 {
		if s[j] == ':' {
			colons++
		}
		j++
	}
	for j > i && s[j-1] == '.' {
		j--
	}
	if colons < 2 || wordUnit(s, j) > 0 {
		return 0, ""
	}
	a, err := netip.ParseAddr(s[i:j])
	if err != nil && s[j-1] == ':' {
		j--
		a, err = netip.ParseAddr(s[i:j])
	}
	if err != nil {
		return 0, ""
	}
	if strings.Contains(s[i:j], ".") && !a.Is4In6() && !nat64.Contains(a) {
		return 0, "" // the IPv4 address in it is hidden as one
	}
	return h.sized(s, i, j, a, ':')
}

func (h *hider) address4(s string, i int, dot byte) (int, string) {
	j, dots := i, 0
	for j < len(s) && ('0' <= s[j] && s[j] <= '9' || s[j] == dot && dots < 3) {
		if s[j] == dot {
			dots++
		}
		j++
	}
	if dots != 3 || j+1 < len(s) && s[j] == dot && '0' <= s[j+1] && s[j+1] <= '9' {
		return 0, ""
	}
	a, err := netip.ParseAddr(strings.ReplaceAll(s[i:j], string(dot), "."))
	if err != nil {
		return 0, ""
	}
	return h.sized(s, i, j, a, dot)
}

// sized hides an address with the length that may follow it: what was the first
// address of a block is so afterwards.
func (h *hider) sized(s string, i, j int, a netip.Addr, dot byte) (int, string) {
	to := h.hideAddr(a)
	end, bits := j, 0
	if j < len(s) && s[j] == '/' && dot != '-' {
		end++
		for end < len(s) && end-j <= 3 && '0' <= s[end] && s[end] <= '9' {
			bits = bits*10 + int(s[end]-'0')
			end++
		}
		if end == j+1 || bits > a.BitLen() || wordUnit(s, end) > 0 {
			end = j
		} else if p := netip.PrefixFrom(a, bits); p.Masked() == p {
			to = netip.PrefixFrom(to, bits).Masked().Addr()
			h.mapped[to] = true
		}
	}
	text := to.String()
	if to == a {
		text = s[i:j] // as it was written
	} else if dot == '-' {
		text = strings.ReplaceAll(text, ".", "-")
	}
	text += s[j:end]
	if wordUnit(s, end) > 0 && s[end] != '_' {
		text += "-" // so that what follows is a word of its own
	}
	return end - i, text
}

// hideAddr maps an address so that two have as long a prefix in common as before.
// (J. Xu et al., "Prefix-preserving IP address anonymization", ICNP 2002.)
func (h *hider) hideAddr(a netip.Addr) netip.Addr {
	if to, ok := h.addresses[a]; ok {
		return to
	}
	if a.Is4In6() {
		four := h.hideAddr(a.Unmap()).As4()
		b := a.As16()
		copy(b[12:], four[:])
		to := netip.AddrFrom16(b)
		h.mapped[to] = true
		return to
	}
	if nat64.Contains(a) {
		b := a.As16()
		four := h.hideAddr(netip.AddrFrom4([4]byte(b[12:]))).As4()
		copy(b[12:], four[:])
		to := netip.AddrFrom16(b)
		h.mapped[to] = true
		return to
	}
	for _, p := range kept {
		if p.Contains(a) {
			return a
		}
	}
	from := a.AsSlice()
	to := make([]byte, len(from))
	for k := range from {
		// One sum holds a bit for each of the 255 beginnings of the byte.
		bits := h.sum("address", string(rune('0'+len(from)))+string(from[:k]))
		node := 1
		for bit := 7; bit >= 0; bit-- {
			in := from[k] >> bit & 1
			flip := bits[node/8] >> (node % 8) & 1
			if h.fixed(a, 8*k+7-bit) {
				flip = 0
			}
			to[k] |= (in ^ flip) << bit
			node = node<<1 | int(in)
		}
	}
	out, ok := netip.AddrFromSlice(to)
	if !ok {
		return a
	}
	h.addresses[a], h.mapped[out] = out, true
	return out
}

var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// fixed reports whether the bit behind the first n bits of an address stays,
// since a border is below them.
func (h *hider) fixed(a netip.Addr, n int) bool {
	for _, list := range [2][]netip.Prefix{borders, kept} {
		for _, p := range list {
			if p.Bits() > n && p.Addr().BitLen() == a.BitLen() && netip.PrefixFrom(a, n).Contains(p.Addr()) {
				return true
			}
		}
	}
	return false
}
