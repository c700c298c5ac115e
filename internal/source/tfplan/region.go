package tfplan

import (
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/tfplan/traversal"
	"github.com/muralla-net/muralla/internal/source/tfplan/tree"
)

// region is the Region of a resource: its own argument of that name, which the
// provider has since version 6, else what its ARN says, else what the provider
// configuration says. It is empty if none of them tells.
func (r *reader) region(it *item) string {
	if s := it.values.Get("region").Text(); s != "" && !it.data {
		return s
	}
	if a, err := ref.ParseARN(it.values.Get("arn").Text()); err == nil && a.Region != "" {
		return a.Region
	}
	if r.config == nil {
		return ""
	}
	s := r.config.scope(it.module)
	if s == nil {
		return ""
	}
	conf := r.config.resources[join(s.path, address(it.data, it.typ, it.name))]
	key := conf.Get("provider_config_key").Text()
	if _, name, ok := strings.Cut(key, ":"); ok && r.config.root.Path("provider_config", key).Kind() == tree.Absent {
		key = s.path + ":" + name // old versions write "m:aws" there and "module.m:aws" here
	}
	return r.config.providerRegion(key)
}

// providerRegion is the Region of a provider configuration, which is in the
// root module or names its module.
func (c *config) providerRegion(key string) string {
	p := c.root.Path("provider_config", key)
	s := c.scope(p.Get("module_address").Text())
	if s == nil {
		return ""
	}
	return c.constant(p.Path("expressions", "region"), s, 0)
}

// constant is the text of an expression that is a constant or only passes on a
// variable, or "".
func (c *config) constant(n tree.Node, s *scope, hops int) string {
	if v := n.Get("constant_value"); v.Kind() == tree.String {
		return v.Text()
	}
	refs := n.Get("references").Items()
	if len(refs) != 1 || hops > maxHops {
		return ""
	}
	p := traversal.Parse(refs[0].Text())
	switch {
	case p.Head != "var":
		return ""
	case s.parent == nil:
		if v := c.variables.Path(p.Base, "value"); v.Kind() != tree.Absent {
			return v.Text()
		}
	default:
		if arg := s.call.Path("expressions", p.Base); arg.Kind() != tree.Absent {
			return c.constant(arg, s.parent, hops+1)
		}
	}
	return s.module.Path("variables", p.Base, "default").Text()
}
