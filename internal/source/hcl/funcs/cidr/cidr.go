// Package cidr computes the address functions of the Terraform language.
//
// # Model
// A prefix is an address and a length; numbers of hosts and networks are whole
// numbers of any size, put into the bits behind the prefix (Terraform pages
// "cidrhost Function", "cidrsubnet Function" and the like).
//
// # Guarantees
// IPv4 and IPv6 take the same way. Whatever is not documented (a negative number
// of a network, IPv4-mapped prefixes) is an error, never a guess.
//
// # Not modelled
// Zones: an address with a zone is no prefix.
package cidr

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"strings"
)

// Parse reads a prefix as Terraform does: leading zeros of decimal parts are
// dropped, bits behind the prefix are cleared.
func Parse(s string) (netip.Prefix, error) {
	bad := fmt.Errorf("invalid CIDR expression: %q is not an address, a slash and a prefix length", s)
	addr, bits, ok := strings.Cut(s, "/")
	n, err := strconv.Atoi(bits)
	if !ok || err != nil || bits[0] == '+' || bits[0] == '-' {
		return netip.Prefix{}, bad
	}
	a, err := ParseAddr(addr)
	if err != nil {
		return netip.Prefix{}, bad
	}
	p, err := a.Prefix(n)
	if err != nil {
		return netip.Prefix{}, bad
	}
	return p, nil
}

// ParseAddr reads an address, with leading zeros of decimal parts dropped.
func ParseAddr(s string) (netip.Addr, error) {
	if len(s) > 64 {
		return netip.Addr{}, errors.New("not an IP address")
	}
	if !strings.Contains(s, ":") {
		parts := strings.Split(s, ".")
		for i, p := range parts {
			if t := strings.TrimLeft(p, "0"); t != "" {
				parts[i] = t
			} else if p != "" {
				parts[i] = "0"
			}
		}
		s = strings.Join(parts, ".")
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" || a.Is4In6() {
		return netip.Addr{}, errors.New("not an IP address")
	}
	return a, nil
}

// Host is the address with a number in a prefix; negative numbers count from
// the end.
func Host(p netip.Prefix, num *big.Int) (netip.Addr, error) {
	size := new(big.Int).Lsh(big.NewInt(1), uint(p.Addr().BitLen()-p.Bits()))
	n := new(big.Int).Set(num)
	if n.Sign() < 0 {
		n.Add(n, size)
	}
	if n.Sign() < 0 || n.Cmp(size) >= 0 {
		return netip.Addr{}, fmt.Errorf("prefix of %d does not accommodate a host numbered %s", p.Bits(), num)
	}
	return put(p.Addr(), n, 0), nil
}

// Netmask is the mask of an IPv4 prefix.
func Netmask(p netip.Prefix) (netip.Addr, error) {
	if !p.Addr().Is4() {
		return netip.Addr{}, fmt.Errorf("IPv6 addresses cannot have a netmask: %s", p)
	}
	all := netip.AddrFrom4([4]byte{255, 255, 255, 255})
	mask, err := all.Prefix(p.Bits())
	return mask.Addr(), err
}

// Subnet is the prefix with a number among those that are newbits longer.
func Subnet(p netip.Prefix, newbits int, num *big.Int) (netip.Prefix, error) {
	total := p.Addr().BitLen()
	switch {
	case newbits < 0 || num.Sign() < 0:
		return netip.Prefix{}, errors.New("newbits and netnum must not be negative")
	case newbits > total-p.Bits():
		return netip.Prefix{}, fmt.Errorf("insufficient address space to extend prefix of %d by %d", p.Bits(), newbits)
	case num.BitLen() > newbits:
		return netip.Prefix{}, fmt.Errorf("prefix extension of %d does not accommodate a subnet numbered %s", newbits, num)
	}
	bits := p.Bits() + newbits
	return netip.PrefixFrom(put(p.Addr(), num, total-bits), bits), nil
}

// LengthError is what is wrong with one of the lengths given to Subnets.
type LengthError struct {
	Index int // which of them, from 0
	Text  string
}

func (e LengthError) Error() string { return e.Text }

// Subnets are prefixes one after the other, each newbits longer than p, and
// each aligned to its size.
func Subnets(p netip.Prefix, newbits []int) ([]netip.Prefix, error) {
	total := p.Addr().BitLen()
	next := new(big.Int) // offset of the first free address in p
	size := new(big.Int).Lsh(big.NewInt(1), uint(total-p.Bits()))
	var out []netip.Prefix
	for i, n := range newbits {
		bits := p.Bits() + n
		switch {
		case n < 1:
			return nil, LengthError{i, "must extend prefix by at least one bit"}
		case n > 32:
			return nil, LengthError{i, "may not extend prefix by more than 32 bits"}
		case bits > total:
			return nil, LengthError{i, fmt.Sprintf("would extend prefix to %d bits, which is too long for an address of %d bits", bits, total)}
		}
		step := new(big.Int).Lsh(big.NewInt(1), uint(total-bits))
		// Round up to a multiple of the step.
		next.Add(next, step).Sub(next, big.NewInt(1))
		next.Rsh(next, uint(total-bits)).Lsh(next, uint(total-bits))
		if next.Cmp(size) >= 0 {
			return nil, LengthError{i, fmt.Sprintf("not enough remaining address space for a subnet with a prefix of %d bits", bits)}
		}
		out = append(out, netip.PrefixFrom(put(p.Addr(), next, 0), bits))
		next.Add(next, step)
	}
	return out, nil
}

// Contains reports whether all of the second prefix is in the first.
func Contains(p, q netip.Prefix) (bool, error) {
	if p.Addr().BitLen() != q.Addr().BitLen() {
		return false, errors.New("address family mismatch: one is IPv4, the other IPv6")
	}
	return p.Bits() <= q.Bits() && p.Contains(q.Addr()), nil
}

// put adds n, shifted to the left, to an address. The sum has no more bits than
// the address.
func put(a netip.Addr, n *big.Int, shift int) netip.Addr {
	raw := a.AsSlice()
	sum := new(big.Int).Lsh(n, uint(shift))
	sum.Add(sum, new(big.Int).SetBytes(raw))
	out, _ := netip.AddrFromSlice(sum.FillBytes(raw))
	return out
}
