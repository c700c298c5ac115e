// Package interp evaluates expressions of the Terraform language over values
// of which some are known only to AWS.
//
// # Model
// The syntax tree is that of hashicorp/hcl; the evaluation is our own, because
// three things differ: a root such as a resource is resolved step by step, so
// that any attribute can be asked for without a schema (it becomes a symbol,
// see package symbol); comparison is three-valued where a symbol is compared;
// and a collection may have an element that stands for zero or more.
//
// # Guarantees
// Where Terraform would give a value, the result is that value, or a symbol in
// it, or unknown with a reason. Steps, nesting and the sizes of strings and
// collections are bounded; beyond the bounds an expression is an error.
//
// # Not modelled
// Conversion of both results of a conditional to one type: the chosen result is
// returned as it is, and the other is not evaluated.
//
// The package has more than 1,500 lines because the language has some 20 forms
// of expression, and the evaluation of each calls that of the others.
package interp

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// Bounds of one evaluation.
const (
	maxSteps = 3_000_000 // nodes evaluated in one configuration
	maxDepth = 4000      // nesting of nodes, references included
	maxText  = 4 << 20   // bytes of one string
	maxWork  = 1 << 30   // bytes of all strings that were put together
	maxSize  = 200_000   // nodes of a value that a function is called with
)

// Scope resolves what expressions name.
type Scope interface {
	// Root resolves the beginning of a traversal, such as local.x or
	// aws_lb.x[0].arn, and says how many of its steps are resolved.
	Root(t hcl.Traversal) (cty.Value, int, *Error)
	// Function returns the function of a name.
	Function(name string) (function.Function, bool)
}

// Error is why an expression has no value.
type Error struct {
	Why string // a clause
	At  hcl.Range

	// Fault marks an error that is one of this program, not of the input.
	Fault bool

	bound bool // a bound was passed, which no try may hide
}

func (e *Error) Error() string { return e.Why }

func bounds(at hcl.Range, format string, args ...any) *Error {
	err := errorf(at, format, args...)
	err.bound = true
	return err
}

func errorf(at hcl.Range, format string, args ...any) *Error {
	return &Error{Why: fmt.Sprintf(format, args...), At: at}
}

// Evaluator counts the work of evaluating one configuration.
type Evaluator struct {
	steps, depth, work int
	doubts             int // how often a step succeeded that may fail once values are known
}

// Spent reports whether the work of the configuration is over its bound.
func (e *Evaluator) Spent() bool { return e.steps > maxSteps || e.work > maxWork }

// Steps is how many nodes were evaluated.
func (e *Evaluator) Steps() int { return e.steps }

// env is a scope with the variables of for expressions and splats.
type env struct {
	scope  Scope
	parent *env
	name   string
	value  cty.Value
	item   *hclsyntax.AnonSymbolExpr
}

// Value evaluates an expression. A scope may call it while another expression
// is evaluated. The libraries below expect well-formed trees, which the parser
// does not promise for a broken file; a panic of theirs costs this one value.
func (e *Evaluator) Value(expr hclsyntax.Expression, scope Scope) (v cty.Value, err *Error) {
	// What is evaluated once and used twice must not differ by who asked first.
	doubts := e.doubts
	defer func() {
		e.doubts = doubts
		if p := recover(); p != nil {
			v, err = cty.DynamicVal, errorf(expr.Range(), "of a fault in this program: %v", p)
			err.Fault = true
		}
	}()
	return e.eval(expr, &env{scope: scope})
}

// With evaluates an expression in a scope with more names: those of an object
// or map. Nothing else is visible to it but functions.
func (e *Evaluator) With(expr hclsyntax.Expression, scope Scope, vars cty.Value) (cty.Value, *Error) {
	return e.Value(expr, only{scope, vars})
}

type only struct {
	Scope
	vars cty.Value
}

func (o only) Root(t hcl.Traversal) (cty.Value, int, *Error) {
	v, err := (&Evaluator{}).attr(o.vars, t.RootName(), t[0].SourceRange())
	if err != nil {
		err.Why = fmt.Sprintf("the template is not given %q", t.RootName())
	}
	return v, 1, err
}

func (e *Evaluator) eval(expr hclsyntax.Expression, in *env) (cty.Value, *Error) {
	e.steps++
	e.depth++
	defer func() { e.depth-- }()
	if e.steps > maxSteps || e.depth > maxDepth || e.work > maxWork {
		return cty.DynamicVal, bounds(expr.StartRange(), "the configuration takes more work than any that people write")
	}
	switch x := expr.(type) {
	case *hclsyntax.LiteralValueExpr:
		return x.Val, nil
	case *hclsyntax.ParenthesesExpr:
		return e.eval(x.Expression, in)
	case *hclsyntax.ScopeTraversalExpr:
		return e.traversal(x, in)
	case *hclsyntax.RelativeTraversalExpr:
		v, err := e.eval(x.Source, in)
		if err != nil {
			return v, err
		}
		return e.steps1(v, x.Traversal)
	case *hclsyntax.AnonSymbolExpr:
		for ; in != nil; in = in.parent {
			if in.item == x {
				return in.value, nil
			}
		}
		return cty.DynamicVal, errorf(x.SrcRange, "a splat has no item here")
	case *hclsyntax.IndexExpr:
		return e.indexExpr(x, in)
	case *hclsyntax.TupleConsExpr:
		out := make([]cty.Value, len(x.Exprs))
		for i, item := range x.Exprs {
			v, err := e.eval(item, in)
			if err != nil {
				return v, err
			}
			out[i] = v
		}
		return cty.TupleVal(out), nil
	case *hclsyntax.ObjectConsExpr:
		return e.object(x, in)
	case *hclsyntax.ObjectConsKeyExpr:
		if name := hcl.ExprAsKeyword(x.Wrapped); name != "" && !x.ForceNonLiteral {
			return cty.StringVal(name), nil
		}
		return e.eval(x.Wrapped, in)
	case *hclsyntax.TemplateExpr:
		return e.template(x, in)
	case *hclsyntax.TemplateWrapExpr:
		return e.eval(x.Wrapped, in)
	case *hclsyntax.TemplateJoinExpr:
		return e.join(x, in)
	case *hclsyntax.ConditionalExpr:
		return e.conditional(x, in)
	case *hclsyntax.BinaryOpExpr:
		return e.binary(x, in)
	case *hclsyntax.UnaryOpExpr:
		return e.unary(x, in)
	case *hclsyntax.ForExpr:
		return e.forExpr(x, in)
	case *hclsyntax.SplatExpr:
		return e.splat(x, in)
	case *hclsyntax.FunctionCallExpr:
		return e.call(x, in)
	case *hclsyntax.ExprSyntaxError:
		return cty.DynamicVal, errorf(x.SrcRange, "it has a syntax error")
	default:
		return cty.DynamicVal, errorf(expr.StartRange(), "this form of expression is not known")
	}
}

func (e *Evaluator) traversal(x *hclsyntax.ScopeTraversalExpr, in *env) (cty.Value, *Error) {
	name := x.Traversal.RootName()
	for v := in; v != nil; v = v.parent {
		if v.item == nil && v.parent != nil && v.name == name {
			return e.steps1(v.value, x.Traversal[1:])
		}
		if v.parent == nil {
			in = v
		}
	}
	v, used, err := in.scope.Root(x.Traversal)
	if err != nil {
		if err.At.Filename == "" {
			err.At = x.SrcRange
		}
		return v, err
	}
	return e.steps1(v, x.Traversal[used:])
}

// steps1 walks the steps of a traversal from a value.
func (e *Evaluator) steps1(v cty.Value, t hcl.Traversal) (cty.Value, *Error) {
	var err *Error
	for i, step := range t {
		switch s := step.(type) {
		case hcl.TraverseAttr:
			v, err = e.attr(v, s.Name, s.SrcRange)
		case hcl.TraverseIndex:
			v, err = e.index(v, s.Key, s.SrcRange)
		case hcl.TraverseSplat:
			return e.splatOver(v, s.SrcRange, func(item cty.Value) (cty.Value, *Error) { return e.steps1(item, t[i+1:]) })
		default:
			return cty.DynamicVal, errorf(step.SourceRange(), "this form of reference is not known")
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}

func (e *Evaluator) indexExpr(x *hclsyntax.IndexExpr, in *env) (cty.Value, *Error) {
	v, err := e.eval(x.Collection, in)
	if err != nil {
		return v, err
	}
	key, err := e.eval(x.Key, in)
	if err != nil {
		return key, err
	}
	return e.index(v, key, x.BracketRange)
}

func (e *Evaluator) object(x *hclsyntax.ObjectConsExpr, in *env) (cty.Value, *Error) {
	out := make(map[string]cty.Value, len(x.Items))
	for _, item := range x.Items {
		key, err := e.eval(item.KeyExpr, in)
		if err != nil {
			return key, err
		}
		v, err := e.eval(item.ValueExpr, in)
		if err != nil {
			return v, err
		}
		text, err := e.text(key, item.KeyExpr.Range())
		if err != nil {
			return text, err
		}
		if !text.IsKnown() {
			return unknownOf(text, v), nil
		}
		plain, _ := text.Unmark()
		out[plain.AsString()] = v
	}
	return cty.ObjectVal(out), nil
}

// unknownOf is an unknown value of any type with the marks of others.
func unknownOf(from ...cty.Value) cty.Value { return unknownOfType(cty.DynamicPseudoType, from...) }

func unknownOfType(ty cty.Type, from ...cty.Value) cty.Value {
	out := cty.UnknownVal(ty)
	for _, v := range from {
		_, marks := v.UnmarkDeep()
		out = out.WithMarks(marks)
		out = candidates(out, v)
	}
	return out
}

// maxCandidates bounds how many references an unknown value lists.
const maxCandidates = 32

// candidates marks a value with the references that another one holds.
func candidates(out, from cty.Value) cty.Value {
	n := 0
	symbol.Walk(from, func(s string) {
		for _, p := range symbol.Parts(s) {
			if n < maxCandidates && p.IsRef && p.Ref.ID != "" {
				out = out.Mark(symbol.Candidate{Ref: p.Ref})
				n++
			}
		}
	})
	return out
}

// because is unknownOf with a reason, if there is none yet.
func because(why string, at hcl.Range, from ...cty.Value) cty.Value {
	out := unknownOf(from...)
	if have, _ := symbol.Why(out); have != "" {
		return out
	}
	return out.Mark(symbol.Reason{Why: why, Place: Place(at)})
}

// Place is the place of a range.
func Place(at hcl.Range) ref.Place { return ref.Place{File: at.Filename, Line: at.Start.Line} }

// text converts a value to a string; unknown stays unknown.
func (e *Evaluator) text(v cty.Value, at hcl.Range) (cty.Value, *Error) {
	if plain, _ := v.Unmark(); plain.IsNull() {
		return v, errorf(at, "a null value cannot be part of a text or a key")
	}
	out, err := convert.Convert(v, cty.String)
	if err != nil {
		return v, errorf(at, "a text is needed, but this is %s", friendly(v))
	}
	return out, nil
}

func friendly(v cty.Value) string {
	if plain, _ := v.Unmark(); plain.IsNull() {
		return "null"
	}
	switch ty := v.Type(); {
	case ty.IsObjectType() || ty.IsMapType():
		return "a map"
	case ty.IsCollectionType() || ty.IsTupleType():
		return "a list"
	default:
		return "a " + ty.FriendlyName()
	}
}
