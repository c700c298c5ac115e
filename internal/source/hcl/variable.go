package hcl

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
	"github.com/muralla-net/muralla/internal/source/hcl/typed"
)

// variable is the value of an input variable.
func (m *module) variable(name string) (cty.Value, bool) {
	block := m.conf.Variables[name]
	if block == nil {
		return cty.DynamicVal, false
	}
	in := m.variables[name]
	if in == nil {
		in = &cell{}
		m.variables[name] = in
	}
	return m.c.once(in, m.id+"var."+name, block.Place, func() cty.Value {
		v := m.input(name, block)
		if m.flag(block, "sensitive") {
			v = v.Mark(symbol.Sensitive{})
		}
		return v
	}), true
}

// input converts what a variable is given to its type, or takes its default.
func (m *module) input(name string, block *load.Block) cty.Value {
	ty, defaults := m.typeOf(block)
	v, at, given := m.given(name, ty)
	if given {
		nullable, written := block.Attr("nullable")
		plain, _ := v.Unmark()
		if plain.IsNull() && written && !m.isTrue(nullable) {
			given = false
		}
	}
	if !given {
		a, ok := block.Attr("default")
		if !ok {
			return absent(ref.ID(m.id+"var."+name), ty, block.Place)
		}
		v, at = m.c.eval(a, m.scope()), a.Place
	}
	if defaults != nil {
		v = applyDefaults(defaults, v)
	}
	out, err := typed.Convert(v, ty, at)
	if err != nil {
		m.c.diags.Add(diag.Error, at, "value of the wrong type", fmt.Sprintf("The value of %svar.%s does not fit its type: %v. It is taken as it is.", m.id, name, err))
		return v
	}
	return out
}

// applyDefaults fills in the defaults of optional attributes. The library that
// does so expects that values fit the type roughly, which nobody has checked.
func applyDefaults(d *typeexpr.Defaults, v cty.Value) (out cty.Value) {
	defer func() {
		if recover() != nil {
			out = v
		}
	}()
	return d.Apply(v)
}

func (m *module) isTrue(a load.Attr) bool {
	v := m.c.eval(a, m.scope())
	v, _ = v.Unmark()
	return v.IsKnown() && !v.IsNull() && v.Type() == cty.Bool && v.True()
}

// given is the value that a variable is given by its caller or by the user.
func (m *module) given(name string, ty cty.Type) (cty.Value, ref.Place, bool) {
	if m.parent != nil {
		a, ok := m.call.Attr(name)
		if !ok {
			return cty.NilVal, ref.Place{}, false
		}
		return m.c.eval(a, &scope{m: m.parent, each: m.each}), a.Place, true
	}
	if text, ok := m.c.opts.Vars[name]; ok {
		return m.commandLine(name, text, ty), ref.Place{}, true
	}
	if a, ok := m.c.given[name]; ok {
		return m.c.eval(a, constants{}), a.Place, true
	}
	if in, ok := m.c.unit.Inputs[name]; ok {
		// Terragrunt hands texts over as they are, by the environment, and there
		// Terraform reads an expression if the variable is of no primitive type.
		if v, _ := in.Value.Unmark(); v.Type() == cty.String && v.IsKnown() && !v.IsNull() && !bareSymbol(v.AsString()) {
			return m.commandLine(name, v.AsString(), ty).WithSameMarks(in.Value), in.Place, true
		}
		return in.Value, in.Place, true
	}
	if m.c.unit.Open != "" {
		return unknown(m.c.unit.Open, m.c.unit.Place), m.c.unit.Place, true
	}
	return cty.NilVal, ref.Place{}, false
}

// commandLine is a value of -var: a text for variables of a primitive type,
// an expression for others.
func (m *module) commandLine(name, text string, ty cty.Type) cty.Value {
	if ty.IsPrimitiveType() || ty == cty.DynamicPseudoType && m.untyped(name) {
		return cty.StringVal(text)
	}
	shown := "-var " + name
	expr, err := load.ParseExpression(text, shown, hcl.Pos{Line: 1, Column: 1})
	if err != nil {
		m.c.diags.Add(diag.Error, ref.Place{}, "value not understood", fmt.Sprintf("The value given for the variable %q is no expression: %v.", name, err))
		return unknown("the value given for var."+name+" is not understood", ref.Place{})
	}
	return m.c.eval(load.Attr{Name: "var." + name, Expr: expr}, constants{})
}

// bareSymbol reports whether a text is a symbol and nothing else: then it may
// stand for a value of any type.
func bareSymbol(s string) bool {
	_, ok := symbol.Is(symbol.NotRest(s))
	return ok
}

func (m *module) untyped(name string) bool {
	_, ok := m.conf.Variables[name].Attr("type")
	return !ok
}

// typeOf is the type constraint of a variable.
func (m *module) typeOf(block *load.Block) (cty.Type, *typeexpr.Defaults) {
	a, ok := block.Attr("type")
	if !ok {
		return cty.DynamicPseudoType, nil
	}
	expr := a.Expr
	// The JSON syntax and old configurations write the type as a text.
	if text, problems := expr.Value(nil); !problems.HasErrors() && text.Type() == cty.String && text.IsKnown() && !text.IsNull() {
		if parsed, err := load.ParseExpression(text.AsString(), a.Place.File, expr.Range().Start); err == nil {
			expr = parsed
		}
	}
	switch hcl.ExprAsKeyword(expr) {
	case "list":
		return cty.List(cty.DynamicPseudoType), nil
	case "map":
		return cty.Map(cty.DynamicPseudoType), nil
	}
	ty, defaults, problems := typeexpr.TypeConstraintWithDefaults(expr)
	if problems.HasErrors() {
		m.c.diags.Add(diag.Warning, a.Place, "type not understood", "The type of the variable is not understood. Its value is taken as it is.")
		return cty.DynamicPseudoType, nil
	}
	return ty, defaults
}

// absent is a required variable without value. As far as its type allows, it
// is a reference, so that what is the same input is seen to be the same.
func absent(id ref.ID, ty cty.Type, at ref.Place) cty.Value {
	self := symbol.Value(resource.Reference{ID: id})
	switch {
	case ty == cty.String || ty == cty.DynamicPseudoType:
		return self
	case ty == cty.List(cty.String) || ty == cty.Set(cty.String):
		return cty.ListVal([]cty.Value{cty.StringVal(symbol.Rest(self.AsString()))})
	default:
		return symbol.Unknown(ty.WithoutOptionalAttributesDeep(), string(id)+" has no value", at)
	}
}

// constants is a scope without names, for values in files.
type constants struct{}

// Root knows no names.
func (constants) Root(t hcl.Traversal) (cty.Value, int, *interp.Error) {
	return fail(t, "values of variables must be constants")
}

// Function knows no functions.
func (constants) Function(string) (function.Function, bool) { return function.Function{}, false }
