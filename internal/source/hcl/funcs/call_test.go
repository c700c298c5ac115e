package funcs

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"pgregory.net/rapid"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// notText are functions that do not give what they give for the text of a
// symbol, or not in a way that [world.of] can compare: encodings, the order of
// texts, and texts that become keys.
var notText = []string{"base64decode", "base64gunzip", "textdecodebase64", "base64encode", "base64gzip", "textencodebase64", "urlencode", "sort", "values", "transpose", "zipmap", "csvdecode", "yamldecode"}

// world is what symbols stand for.
type world map[string]string

func (w world) of(v cty.Value) cty.Value {
	out, err := cty.Transform(v, func(_ cty.Path, v cty.Value) (cty.Value, error) {
		if v.Type() == cty.String && known(v) {
			s := v.AsString()
			for sym, text := range w {
				s = strings.ReplaceAll(s, sym, text)
			}
			return cty.StringVal(s), nil
		}
		return v, nil
	})
	if err != nil {
		panic(err)
	}
	return out
}

func unmarked(v cty.Value) cty.Value {
	v, _ = v.UnmarkDeep()
	return v
}

func drawText(rt *rapid.T, symbols []string) cty.Value {
	pieces := append([]string{"a", "b", "-", ",", " ", ".", "1", "", "a b", "x,y", "10.0.0.0/8"}, symbols...)
	return cty.StringVal(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 3).Draw(rt, "text"), ""))
}

func drawArg(rt *rapid.T, ty cty.Type, symbols []string, depth int) cty.Value {
	list := func(element cty.Type) []cty.Value {
		var out []cty.Value
		for range rapid.IntRange(0, 3).Draw(rt, "length") {
			out = append(out, drawArg(rt, element, symbols, depth-1))
		}
		return out
	}
	switch {
	case ty == cty.String:
		return drawText(rt, symbols)
	case ty == cty.Number:
		return cty.NumberIntVal(rapid.Int64Range(-3, 12).Draw(rt, "number"))
	case ty == cty.Bool:
		return cty.BoolVal(rapid.Bool().Draw(rt, "bool"))
	case ty.IsListType() || ty.IsSetType():
		element := ty.ElementType()
		if element == cty.DynamicPseudoType {
			element = cty.String
		}
		return listOf(element, list(element))
	case ty.IsMapType():
		return cty.ObjectVal(map[string]cty.Value{"a": drawArg(rt, ty.ElementType(), symbols, depth-1)})
	case depth == 0:
		return drawText(rt, symbols)
	}
	switch rapid.IntRange(0, 4).Draw(rt, "kind") {
	case 0:
		return cty.TupleVal(list(cty.DynamicPseudoType))
	case 1:
		return listOf(cty.String, list(cty.String))
	case 2:
		return cty.ObjectVal(map[string]cty.Value{"a": drawArg(rt, ty, symbols, depth-1), "b": drawText(rt, symbols)})
	case 3:
		return drawArg(rt, cty.Number, symbols, depth)
	default:
		return drawText(rt, symbols)
	}
}

func drawArgs(rt *rapid.T, f function.Function, symbols []string) []cty.Value {
	var out []cty.Value
	for _, p := range f.Params() {
		out = append(out, drawArg(rt, p.Type, symbols, 2))
	}
	if p := f.VarParam(); p != nil {
		for range rapid.IntRange(0, 2).Draw(rt, "more") {
			out = append(out, drawArg(rt, p.Type, symbols, 2))
		}
	}
	return out
}

// bare are the functions before they are guarded, whose parameters have types.
func bare() map[string]entry {
	t := map[string]entry{}
	for _, add := range []func(map[string]entry){collections, texts, encodings, numbers, conversions, network, files{Context{Files: testFiles}}.add} {
		add(t)
	}
	return t
}

// TestKnownResultsHoldInEveryWorld compares a call with symbols with the same
// call of what they stand for.
func TestKnownResultsHoldInEveryWorld(t *testing.T) {
	a, b := reference("aws_lb.a", "id").AsString(), reference("aws_lb.b", "id").AsString()
	table, untyped := Table(Context{Files: testFiles}), bare()
	var names []string
	for _, name := range strings.Fields(languageNames) {
		if !slices.Contains(notText, name) {
			names = append(names, name)
		}
	}
	known, unknown := map[string]bool{}, map[string]bool{}
	check := func(rt *rapid.T) {
		name := rapid.SampledFrom(names).Draw(rt, "function")
		args := drawArgs(rt, untyped[name].f, []string{a, b})
		got, err := table[name].Call(args)
		if err == nil && !got.IsWhollyKnown() {
			unknown[name] = true
			return
		}
		if err == nil && symbol.RestValue(got) {
			return
		}
		texts := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z0-9.:/-]{1,4}`), 2, 2, rapid.ID).Draw(rt, "texts")
		w := world{a: texts[0], b: texts[1]}
		real := make([]cty.Value, len(args))
		symbolic := false
		for i, v := range args {
			real[i] = w.of(v)
			symbolic = symbolic || symbol.HasValue(v)
		}
		want, wantErr := table[name].Call(real)
		switch {
		case err != nil && wantErr != nil:
		case err != nil || wantErr != nil:
			rt.Fatalf("%s(%#v): error %v; with %q: error %v", name, args, err, texts, wantErr)
		case !w.of(unmarked(got)).RawEquals(unmarked(want)):
			rt.Fatalf("%s(%#v): got %#v; with %q: %#v", name, args, got, texts, want)
		case symbolic:
			known[name] = true
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		for range 100 {
			check(rt)
		}
	})
	if len(known) < 25 || len(unknown) < 20 {
		t.Errorf("%d functions gave a known result with symbols, %d an unknown one: the generator is too narrow", len(known), len(unknown))
	}
}

// FuzzCall calls a function with arguments made of bytes.
func FuzzCall(f *testing.F) {
	names := strings.Fields(languageNames)
	for i := range names {
		f.Add(uint8(i), []byte{})
		f.Add(uint8(i), []byte{byte(i), 1, 2, 3})
		f.Add(uint8(i), []byte{12, 9, 3, 12, 0, byte(i)})
		f.Add(uint8(i), []byte{9, 10, 11, 13, 14, 8, 7})
	}
	table := Table(Context{Files: testFiles, Eval: func([]byte, string, cty.Value) (cty.Value, error) { return cty.StringVal("t"), nil }})
	why := symbol.Unknown(cty.String, "not told", ref.Place{})
	sym := reference("aws_lb.a", "arn")
	pool := []cty.Value{
		cty.StringVal(""), cty.StringVal("a,b"), cty.StringVal("10.0.0.0/16"), cty.NumberIntVal(3), cty.MustParseNumberVal("-1e30"),
		cty.True, cty.NullVal(cty.DynamicPseudoType), cty.NullVal(cty.String), why, symbol.Unknown(cty.DynamicPseudoType, "nor this", ref.Place{}),
		sym, cty.StringVal("x " + sym.AsString()), cty.ListVal([]cty.Value{sym, cty.StringVal("")}), cty.TupleVal([]cty.Value{why, sym}),
		cty.ObjectVal(map[string]cty.Value{"a": why, "b": sym}), cty.MapVal(map[string]cty.Value{sym.AsString(): sym}), cty.EmptyTupleVal,
		cty.EmptyObjectVal, cty.StringVal("s").Mark(symbol.Sensitive{}), cty.UnknownVal(cty.List(cty.String)), cty.PositiveInfinity,
		cty.SetVal([]cty.Value{cty.StringVal("a"), sym}), cty.StringVal(symbol.Hole("a hole")), cty.StringVal("%5d%s"), cty.StringVal("/(/"),
		cty.ListVal([]cty.Value{cty.StringVal(symbol.Rest(sym.AsString()))}), cty.StringVal("\xff"), cty.UnknownVal(cty.Number),
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		name := names[int(which)%len(names)]
		var args []cty.Value
		for i := 0; i < len(raw) && i < 8; i++ {
			v := pool[int(raw[i])%len(pool)]
			if raw[i] > 200 {
				v = cty.TupleVal([]cty.Value{v, pool[int(raw[i]/2)%len(pool)]})
			}
			args = append(args, v)
		}
		v, err := table[name].Call(args)
		if err != nil && (strings.Contains(err.Error(), "panic") || strings.Contains(err.Error(), "goroutine")) {
			t.Fatalf("%s(%#v): %v", name, args, err)
		}
		if (err == nil) == (v == cty.NilVal) {
			t.Fatalf("%s(%#v): %#v and %v: want a value or an error", name, args, v, err)
		}
		if err == nil && !v.IsWhollyKnown() {
			if why, _ := symbol.Why(v); why == "" {
				t.Fatalf("%s(%#v): unknown without a reason", name, args)
			}
		}
		w, err2 := table[name].Call(args)
		if fmt.Sprint(err) != fmt.Sprint(err2) || err == nil && !v.RawEquals(w) {
			t.Fatalf("%s(%#v): two calls differ", name, args)
		}
	})
}
