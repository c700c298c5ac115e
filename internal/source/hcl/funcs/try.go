package funcs

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/customdecode"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// The try and can of hcl lose the reason of what is unknown, take a Gap for a
// failure, and evaluate each argument twice, which nested calls multiply. These
// differ in that; a value that is unknown in part counts as a success only if
// the expression cannot fail once it is known.
var tryFunc = function.New(&function.Spec{
	VarParam: &function.Parameter{Name: "expressions", Type: customdecode.ExpressionClosureType},
	Type:     function.StaticReturnType(cty.DynamicPseudoType),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if len(args) == 0 {
			return cty.NilVal, errors.New("at least one argument is required")
		}
		var failures hcl.Diagnostics
		for i, a := range args {
			v, diags, sure := attempt(a)
			switch {
			case !sure:
				return undecided(v, diags, args[i+1:]), nil
			case !diags.HasErrors():
				return v, nil
			}
			failures = append(failures, diags...)
		}
		return cty.NilVal, allFailed(failures)
	},
})

var canFunc = function.New(&function.Spec{
	Params: []function.Parameter{{Name: "expression", Type: customdecode.ExpressionClosureType}},
	Type:   function.StaticReturnType(cty.Bool),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, diags, sure := attempt(args[0])
		switch {
		case !sure:
			return unsure(cty.Bool, v, diags), nil
		case diags.HasErrors():
			return cty.False, nil
		default:
			return cty.True, nil
		}
	},
})

// attempt evaluates an argument, and reports whether it is sure that it
// succeeds or fails.
func attempt(arg cty.Value) (cty.Value, hcl.Diagnostics, bool) {
	closure := customdecode.ExpressionClosureFromVal(arg)
	v, diags := closure.Value()
	if diags.HasErrors() {
		_, gap := GapIn(diags)
		return v, diags, !gap
	}
	if _, ok := Weight(v, MaxWeight); !ok {
		return cty.DynamicVal.Mark(symbol.Reason{Why: errTooLarge.Why}), diags, false
	}
	return v, diags, v.IsWhollyKnown() || cannotFail(closure.Expression, v)
}

// cannotFail reports whether an expression whose value is unknown in part
// succeeds whatever the value will be: each step of a traversal to a known value
// was made on a known one, and the name of a variable or local value is no step.
func cannotFail(e hcl.Expression, v cty.Value) bool {
	for {
		p, ok := e.(*hclsyntax.ParenthesesExpr)
		if !ok {
			break
		}
		e = p.Expression
	}
	t, ok := e.(*hclsyntax.ScopeTraversalExpr)
	if !ok {
		return false
	}
	if v, _ = v.Unmark(); v.IsKnown() {
		return true
	}
	root := t.Traversal.RootName()
	return len(t.Traversal) == 2 && (root == "var" || root == "local")
}

// unsure is an unknown value with the reasons of the value that decides.
func unsure(ty cty.Type, v cty.Value, diags hcl.Diagnostics) cty.Value {
	if gap, ok := GapIn(diags); ok {
		return symbol.Unknown(ty, gap.Why, ref.Place{})
	}
	return cty.UnknownVal(ty).WithMarks(marks([]cty.Value{v}))
}

// undecided is the result of try when an argument may or may not fail. It may
// hold what that one holds, and what the arguments after it hold.
func undecided(v cty.Value, diags hcl.Diagnostics, rest []cty.Value) cty.Value {
	out := unsure(cty.DynamicPseudoType, v, diags)
	var may []cty.Value
	if !diags.HasErrors() {
		may = append(may, v)
	}
	for _, a := range rest {
		w, wDiags, _ := attempt(a)
		if wDiags.HasErrors() {
			continue
		}
		may = append(may, w)
		for _, c := range symbol.Candidates(w) {
			out = out.Mark(symbol.Candidate{Ref: c})
		}
	}
	for _, p := range refs(may) {
		out = out.Mark(symbol.Candidate{Ref: p.Ref})
	}
	return out
}

// GapIn finds the Gap that made an expression fail, if that is what did. The
// value of the expression is then unknown for that reason, and the design not wrong.
func GapIn(diags hcl.Diagnostics) (Gap, bool) {
	for _, d := range diags {
		if extra, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok {
			if gap := (Gap{}); errors.As(extra.FunctionCallError(), &gap) {
				return gap, true
			}
		}
	}
	return Gap{}, false
}

func allFailed(diags hcl.Diagnostics) error {
	var b strings.Builder
	b.WriteString("no expression succeeded:\n")
	for _, d := range diags {
		if b.Len() > 4096 {
			b.WriteString("- and more\n")
			break
		}
		at := ""
		if d.Subject != nil {
			at = fmt.Sprintf(" (at %s:%d)", d.Subject.Filename, d.Subject.Start.Line)
		}
		fmt.Fprintf(&b, "- %s%s\n  %s\n", d.Summary, at, d.Detail)
	}
	b.WriteString("\nAt least one expression must produce a successful result")
	return errors.New(b.String())
}
