package funcs

import (
	"errors"
	"math/big"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/source/hcl/funcs/cidr"
)

// whole reads a whole number.
func whole(v cty.Value, arg int) (*big.Int, error) {
	n, accuracy := v.AsBigFloat().Int(nil)
	if n == nil || accuracy != big.Exact {
		return nil, function.NewArgErrorf(arg, "must be a whole number")
	}
	return n, nil
}

func small(v cty.Value, arg int) (int, error) {
	n, err := whole(v, arg)
	if err != nil {
		return 0, err
	}
	if !n.IsInt64() || n.Int64() > 1<<16 || n.Int64() < -1<<16 {
		return 0, function.NewArgErrorf(arg, "%s is no number of bits", n)
	}
	return int(n.Int64()), nil
}

var cidrhostFunc = function.New(&function.Spec{
	Params: []function.Parameter{str("prefix"), num("hostnum")},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		n, err := whole(args[1], 1)
		if err != nil {
			return cty.NilVal, err
		}
		p, err := cidr.Parse(args[0].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		a, err := cidr.Host(p, n)
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(a.String()), nil
	},
})

var cidrnetmaskFunc = text([]string{"prefix"}, func(a []string) (cty.Value, error) {
	p, err := cidr.Parse(a[0])
	if err != nil {
		return cty.NilVal, function.NewArgError(0, err)
	}
	mask, err := cidr.Netmask(p)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(mask.String()), nil
})

var cidrsubnetFunc = function.New(&function.Spec{
	Params: []function.Parameter{str("prefix"), num("newbits"), num("netnum")},
	Type:   function.StaticReturnType(cty.String),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		bits, err := small(args[1], 1)
		if err != nil {
			return cty.NilVal, err
		}
		n, err := whole(args[2], 2)
		if err != nil {
			return cty.NilVal, err
		}
		p, err := cidr.Parse(args[0].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		sub, err := cidr.Subnet(p, bits, n)
		if err != nil {
			return cty.NilVal, err
		}
		return cty.StringVal(sub.String()), nil
	},
})

var cidrsubnetsFunc = function.New(&function.Spec{
	Params:   []function.Parameter{str("prefix")},
	VarParam: &function.Parameter{Name: "newbits", Type: cty.Number},
	Type:     function.StaticReturnType(cty.List(cty.String)),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		p, err := cidr.Parse(args[0].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgError(0, err)
		}
		var newbits []int
		for i, a := range args[1:] {
			n, err := small(a, i+1)
			if err != nil {
				return cty.NilVal, err
			}
			newbits = append(newbits, n)
		}
		subnets, err := cidr.Subnets(p, newbits)
		if length := (cidr.LengthError{}); errors.As(err, &length) {
			return cty.NilVal, function.NewArgError(length.Index+1, err)
		}
		var out []cty.Value
		for _, s := range subnets {
			out = append(out, cty.StringVal(s.String()))
		}
		return listOf(cty.String, out), nil
	},
})

var cidrcontainsFunc = typed(cty.Bool, []string{"containing_prefix", "contained_ip_or_prefix"}, func(a []string) (cty.Value, error) {
	p, err := cidr.Parse(a[0])
	if err != nil {
		return cty.NilVal, function.NewArgError(0, err)
	}
	q, err := cidr.Parse(a[1])
	if err != nil {
		addr, addrErr := cidr.ParseAddr(a[1])
		if addrErr != nil {
			return cty.NilVal, function.NewArgErrorf(1, "invalid IP address or prefix: %s", quoted(a[1]))
		}
		if q, err = addr.Prefix(addr.BitLen()); err != nil {
			return cty.NilVal, function.NewArgError(1, err)
		}
	}
	in, err := cidr.Contains(p, q)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.BoolVal(in), nil
})
