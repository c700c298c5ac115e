package eval

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/cfn/term"
	"github.com/muralla-net/muralla/internal/source/cfn/tree"
)

// maxBlocks is how many blocks Fn::Cidr makes at most (AWS "Fn::Cidr").
const maxBlocks = 256

// cidr is Fn::Cidr: the first blocks of a size within a block, where the size
// is given as the number of bits of the host part.
func (s *Stack) cidr(arg *tree.Node, at ref.Place) resource.Value {
	args := s.arguments("Fn::Cidr", arg, 2, 3, "a block, how many blocks are wanted and the number of host bits")
	if args == nil {
		return term.Unknown("Fn::Cidr is not understood", at)
	}
	block, count := s.eval(args[0]), s.eval(args[1])
	bits := term.Number("8", at)
	if len(args) == 3 {
		bits = s.eval(args[2])
	}
	n, okCount := term.Whole(count)
	host, okBits := term.Whole(bits)
	outer, okBlock := term.Text(block)
	if _, ok := term.Text(count); ok && (!okCount || n < 1 || n > maxBlocks) {
		return s.badCidr(at, fmt.Sprintf("the number of blocks must be from 1 to %d", maxBlocks))
	}
	switch {
	case !okCount:
		return term.Opaque(s.why(count), at, block, count, bits)
	case !okBlock || !okBits:
		why := s.why(block)
		if okBlock {
			why = s.why(bits)
		}
		return term.List(slices.Repeat([]resource.Value{term.Opaque(why, at, block, bits)}, n), at)
	}
	blocks, err := cut(outer, n, host)
	if err != nil {
		return s.badCidr(at, err.Error())
	}
	items := make([]resource.Value, n)
	for i, b := range blocks {
		items[i] = term.String(b.String(), at)
	}
	return term.List(items, at)
}

func (s *Stack) badCidr(at ref.Place, what string) resource.Value {
	s.say(diag.Error, at.Line, "wrong arguments", "Fn::Cidr cannot be computed: "+what+".")
	return term.Unknown("Fn::Cidr cannot be computed", at)
}

// cut makes the first n blocks with a number of host bits within a block.
func cut(outer string, n, host int) ([]netip.Prefix, error) {
	p, err := netip.ParsePrefix(strings.TrimSpace(outer))
	if err != nil {
		return nil, fmt.Errorf("%q is no block of addresses", outer)
	}
	p = p.Masked()
	width := p.Addr().BitLen()
	length := width - host
	if host < 1 || length < p.Bits() {
		return nil, fmt.Errorf("blocks with %d host bits do not fit into %s", host, p)
	}
	if room := length - p.Bits(); room < 9 && n > 1<<room {
		return nil, fmt.Errorf("%d blocks with %d host bits do not fit into %s", n, host, p)
	}
	out := make([]netip.Prefix, n)
	step := new(big.Int).Lsh(big.NewInt(1), uint(host))
	sum := new(big.Int).SetBytes(p.Addr().AsSlice())
	for i := range out {
		bytes := make([]byte, width/8)
		addr, _ := netip.AddrFromSlice(sum.FillBytes(bytes))
		out[i] = netip.PrefixFrom(addr, length)
		sum.Add(sum, step)
	}
	return out, nil
}
