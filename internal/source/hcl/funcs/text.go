package funcs

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/muralla-net/muralla/internal/source/hcl/funcs/wild"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

func quoted(s string) string { return strconv.Quote(s) }

var replaceFunc = text([]string{"str", "substr", "replace"}, func(a []string) (cty.Value, error) {
	s, sub, with := a[0], a[1], a[2]
	if len(sub) > 1 && sub[0] == '/' && sub[len(sub)-1] == '/' {
		if symbol.Has(s) || symbol.Has(sub) {
			return unknownText("replace", a...), nil
		}
		return replaceAll(s, sub[1:len(sub)-1], with)
	}
	if wild.Touches(s, sub) || s != sub && symbol.Has(sub) {
		return unknownText("replace", a...), nil
	}
	if strings.Count(s, sub)*len(with) > MaxWeight {
		return cty.NilVal, errTooLarge
	}
	return cty.StringVal(strings.ReplaceAll(s, sub, with)), nil
})

// replaceAll replaces the matches of a regular expression.
func replaceAll(s, pattern, with string) (cty.Value, error) {
	if err := regexpFits(pattern, s); err != nil {
		return cty.NilVal, err
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return cty.NilVal, err
	}
	// A match may be named in the replacement once for each $ of it.
	size, names := 0, strings.Count(with, "$")
	re.ReplaceAllStringFunc(s, func(match string) string {
		size += len(with) + names*len(match)
		return ""
	})
	if size > MaxWeight {
		return cty.NilVal, errTooLarge
	}
	return cty.StringVal(re.ReplaceAllString(s, with)), nil
}

// regexpFits bounds the time of a match, which is the product of the size of
// the program and the length of the text.
func regexpFits(pattern, s string) error {
	const steps = 1 << 28
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil // the function proper says it in its words
	}
	prog, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil
	}
	if len(s) > steps/len(prog.Inst) || len(s) > MaxWeight/8 {
		return gap{"result too large: the regular expression would take too long"}
	}
	return nil
}

func regexpBefore(args []cty.Value) error {
	if !known(args...) {
		return nil
	}
	return regexpFits(args[0].AsString(), args[1].AsString())
}

// splitBefore refuses to make too many pieces.
func splitBefore(args []cty.Value) error {
	if known(args...) && strings.Count(args[1].AsString(), args[0].AsString()) > MaxWeight/perValue {
		return errTooLarge
	}
	return nil
}

var splitFunc = typed(cty.List(cty.String), []string{"separator", "str"}, func(a []string) (cty.Value, error) {
	// An element that stands for zero or more was joined with what splits it.
	if wild.Touches(symbol.NotRest(a[1]), a[0]) || symbol.Has(a[0]) {
		return unknownOf(cty.List(cty.String), refs([]cty.Value{cty.StringVal(a[1]), cty.StringVal(a[0])})), nil
	}
	return stdlib.Split(cty.StringVal(a[0]), cty.StringVal(a[1]))
})

// test makes a function that asks of two strings whether the first has the
// second in some place; can reports whether it may have, symbols considered.
func test(name string, params []string, has, can func(s, t string) bool) entry {
	return entry{f: typed(cty.Bool, params, func(a []string) (cty.Value, error) {
		switch {
		case has(a[0], a[1]):
			return cty.True, nil
		case can(a[0], a[1]):
			held := refs([]cty.Value{cty.StringVal(a[0]), cty.StringVal(a[1])})
			return unknownOf(cty.Bool, held), nil
		default:
			return cty.False, nil
		}
	})}
}

func canContain(s, t string) bool {
	return wild.Touches(s, t) || symbol.Has(t)
}

// cut makes trimprefix and trimsuffix.
func cut(name, param string, trim func(s, t string) string, has, can func(s, t string) bool) entry {
	return entry{f: text([]string{"str", param}, func(a []string) (cty.Value, error) {
		if !has(a[0], a[1]) && can(a[0], a[1]) {
			return unknownText(name, a[0]), nil
		}
		return cty.StringVal(trim(a[0], a[1])), nil
	})}
}

var trimFunc = text([]string{"str", "cutset"}, func(a []string) (cty.Value, error) {
	s, set := a[0], a[1]
	if symbol.Has(set) {
		return unknownText("trim", s, set), nil
	}
	out := strings.Trim(s, set)
	if parts := symbol.Parts(out); (!wild.Free(set) || wild.HasHole(out)) && len(parts) > 0 &&
		(parts[0].IsRef || parts[len(parts)-1].IsRef) {
		return unknownText("trim", s), nil
	}
	return cty.StringVal(out), nil
})

// substr is exact as long as it stays before the first symbol.
func substr(args []cty.Value) (cty.Value, error) {
	s := args[0].AsString()
	if !symbol.Has(s) {
		return stdlib.Substr(args[0], args[1], args[2])
	}
	parts := symbol.Parts(s)
	if offset, length := args[1], args[2]; !parts[0].IsRef &&
		offset.GreaterThanOrEqualTo(cty.Zero).True() && length.GreaterThanOrEqualTo(cty.Zero).True() {
		before := cty.StringVal(parts[0].Text)
		n, err := strlen(before)
		if err != nil {
			return cty.NilVal, err
		}
		if offset.Add(length).LessThan(n).True() {
			return stdlib.Substr(before, offset, length)
		}
	}
	return unknownText("substr", s), nil
}

// verbs calls visit with what is between the % and the letter of each verb of a
// format.
func verbs(f string, visit func(spec string)) {
	for {
		_, rest, ok := strings.Cut(f, "%")
		if !ok {
			return
		}
		n := len(rest) - len(strings.TrimLeft(rest, "#-+ 0123456789.[]"))
		visit(rest[:n])
		f = rest[min(n+1, len(rest)):]
	}
}

// formatBefore bounds the text that format and formatlist make: the widths in
// the format, and each argument for each verb.
func formatBefore(args []cty.Value) error {
	if !known(args[0]) {
		return nil
	}
	size, count := len(args[0].AsString()), 0
	verbs(args[0].AsString(), func(spec string) {
		count++
		for _, digits := range strings.FieldsFunc(spec, func(r rune) bool { return r < '0' || r > '9' }) {
			n, err := strconv.Atoi(digits)
			if err != nil {
				n = MaxWeight
			}
			size = min(size+n, MaxWeight)
		}
	})
	times, heaviest := 1, 0
	for _, a := range args[1:] {
		whole, _ := Weight(a, MaxWeight)
		if !known(a) || !isSequence(a.Type()) {
			heaviest = max(heaviest, whole)
			continue
		}
		if whole*count > 2*MaxWeight { // format writes the whole for each verb
			return errTooLarge
		}
		times = max(times, a.LengthInt())
		for it := a.ElementIterator(); it.Next(); {
			_, e := it.Element()
			n, _ := Weight(e, MaxWeight)
			heaviest = max(heaviest, n)
		}
	}
	if size+count*heaviest > MaxWeight/times {
		return errTooLarge
	}
	return nil
}

// padded reports whether a format has a verb with a width or a precision, which
// count the characters of what they print.
func padded(f string) bool {
	found := false
	verbs(f, func(spec string) {
		if open := strings.IndexByte(spec, '['); open >= 0 { // [2] chooses an argument
			spec = spec[:open]
		}
		found = found || strings.Trim(spec, "#-+ ") != ""
	})
	return found
}

// formatter makes format and formatlist refuse to pad symbols.
func formatter(name string, call func(format cty.Value, args ...cty.Value) (cty.Value, error), ty cty.Type) func([]cty.Value) (cty.Value, error) {
	return func(args []cty.Value) (cty.Value, error) {
		if held := refs(args); len(held) > 0 && (symbol.Has(args[0].AsString()) && strings.Contains(args[0].AsString(), "%") || padded(args[0].AsString())) {
			return unknownOf(ty, held), nil
		}
		return call(args[0], args[1:]...)
	}
}

// joinBefore bounds the text that join makes.
func joinBefore(args []cty.Value) error {
	if !known(args[0]) {
		return nil
	}
	sep, size := len(args[0].AsString()), 0
	for _, a := range args[1:] {
		if known(a) && isSequence(a.Type()) {
			n, _ := Weight(a, MaxWeight)
			size += n + sep*a.LengthInt()
		}
	}
	if size > MaxWeight {
		return errTooLarge
	}
	return nil
}

// indentBefore bounds the spaces that indent adds.
func indentBefore(args []cty.Value) error {
	if !known(args...) {
		return nil
	}
	n, _ := args[0].AsBigFloat().Int64()
	switch {
	case n < 0:
		return fmt.Errorf("the number of spaces must not be negative")
	case n > MaxWeight || int(n)*(1+strings.Count(args[1].AsString(), "\n")) > MaxWeight:
		return errTooLarge
	}
	return nil
}

func known(values ...cty.Value) bool {
	for _, v := range values {
		if !v.IsKnown() || v.IsNull() {
			return false
		}
	}
	return true
}
