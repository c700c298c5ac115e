package funcs

import (
	"math/big"

	"github.com/zclconf/go-cty/cty"
)

// MaxWeight is how heavy all arguments of a call together, and its result, may
// be. See [Weight].
const MaxWeight = 8 << 20

const (
	perValue = 64   // what a value costs beside its text
	maxDepth = 1000 // of values within values
)

// gap is something that is not computed although Terraform may compute it. The
// call gives an unknown value with this reason, and no error: the design is not
// wrong, and what try falls back to must not be taken.
type gap struct{ why string }

func (g gap) Error() string { return g.why }

var errTooLarge = gap{"result too large"}

// Budget bounds what all calls together may produce, so that a design of many
// small steps does not fill the memory. It is not safe for concurrent use.
type Budget struct {
	spent int
	depth int // of templates within templates
}

// maxSpent is the weight of all results of a Budget.
const maxSpent = 256 << 20

// maxTemplates bounds templates that render templates.
const maxTemplates = 8

func (b *Budget) spend(n int) error {
	if b.spent > maxSpent-n {
		return gap{"result too large: the functions of this design have produced more than 256 MiB"}
	}
	b.spent += n
	return nil
}

// Weight is roughly the memory of a value in bytes. It stops counting at limit,
// and reports false if the value is heavier or nested too deep. Values that share
// parts, such as [local.a, local.a] twenty times over, count each use: so much
// is what walking over them costs. cty walks over all arguments before a function
// of the table sees them, so a caller who does not bound values otherwise asks
// for their weight first.
func Weight(v cty.Value, limit int) (int, bool) {
	left := limit
	ok := weigh(v, &left, maxDepth)
	return limit - left, ok
}

func weigh(v cty.Value, left *int, depth int) bool {
	if *left -= perValue; *left < 0 || depth == 0 {
		return false
	}
	if v.IsMarked() {
		v, _ = v.Unmark()
	}
	if v == cty.NilVal || v.IsNull() || !v.IsKnown() {
		return true
	}
	switch ty := v.Type(); {
	case ty == cty.String:
		*left -= len(v.AsString())
		return *left >= 0
	case ty == cty.Number:
		*left -= digits(v.AsBigFloat())
		return *left >= 0
	case ty.IsCollectionType() || ty.IsTupleType() || ty.IsObjectType():
		if v.LengthInt() > *left/perValue {
			return false
		}
		for it := v.ElementIterator(); it.Next(); {
			key, element := it.Element()
			if ty.IsMapType() || ty.IsObjectType() {
				*left -= len(key.AsString())
			}
			if !weigh(element, left, depth-1) {
				return false
			}
		}
	}
	return true
}

// digits is about how long a number is when it is written without an exponent.
func digits(f *big.Float) int {
	if f.IsInf() {
		return 0
	}
	return max(f.MantExp(nil), -f.MantExp(nil)) / 3
}
