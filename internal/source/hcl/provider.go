package hcl

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// region is the Region of an instance: its own argument (provider version 6),
// or that of its provider configuration.
func (in *instance) region() string {
	if a, ok := in.block.Attr("region"); ok {
		v := in.written(a)
		if text, ok := plainText(v); ok {
			return text
		}
		if plain, _ := v.Unmark(); !plain.IsNull() {
			return ""
		}
	}
	name, _, _ := strings.Cut(in.block.Labels[0], "_")
	as := ""
	if a, ok := in.block.Attr("provider"); ok {
		name, as = providerOf(a.Expr)
	}
	return in.m.region(name, as)
}

// plainText is the text of a value in which nothing is unknown.
func plainText(v cty.Value) (string, bool) {
	v, _ = v.Unmark()
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String || symbol.Has(v.AsString()) {
		return "", false
	}
	return v.AsString(), true
}

// providerOf reads a reference to a provider configuration: "aws.west".
func providerOf(expr hclsyntax.Expression) (name, as string) {
	if t, problems := hcl.AbsTraversalForExpr(expr); !problems.HasErrors() {
		name = t.RootName()
		if len(t) > 1 {
			if a, ok := t[1].(hcl.TraverseAttr); ok {
				as = a.Name
			}
		}
		return name, as
	}
	if v, problems := expr.Value(nil); !problems.HasErrors() {
		if text, ok := plainText(v); ok {
			name, as, _ = strings.Cut(text, ".")
		}
	}
	return name, as
}

// region is the Region of a provider configuration as a module sees it, or ""
// (Terraform "Providers Within Modules").
func (m *module) region(name, as string) string {
	key := name + "." + as
	if have, ok := m.regions[key]; ok {
		return have
	}
	m.regions[key] = "" // for configurations that depend on themselves
	m.regions[key] = m.findRegion(name, as)
	return m.regions[key]
}

func (m *module) findRegion(name, as string) string {
	if block := m.conf.Provider(name, as); block != nil && m.handed(name, as) == nil {
		if a, ok := block.Attr("region"); ok {
			if text, ok := plainText(m.c.eval(a, m.scope())); ok {
				return text
			}
			return ""
		}
		if m.parent == nil || as != "" {
			return ""
		}
	}
	if m.parent == nil {
		return ""
	}
	if expr := m.handed(name, as); expr != nil {
		outer, outerAs := providerOf(expr)
		return m.parent.region(outer, outerAs)
	}
	if as != "" {
		return ""
	}
	return m.parent.region(name, "")
}

// handed is what a module's call hands it as a provider configuration.
func (m *module) handed(name, as string) hclsyntax.Expression {
	if m.call == nil {
		return nil
	}
	a, ok := m.call.Attr("providers")
	if !ok {
		return nil
	}
	object, ok := a.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return nil
	}
	for _, item := range object.Items {
		key, ok := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr)
		if !ok {
			continue
		}
		if n, alias := providerOf(key.Wrapped); n == name && alias == as {
			return item.ValueExpr
		}
	}
	return nil
}
