package hcl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/source/hcl/interp"
	"github.com/muralla-net/muralla/internal/source/hcl/load"
	"github.com/muralla-net/muralla/internal/source/hcl/symbol"
)

// kind is how a block is repeated.
type kind uint8

const (
	single kind = iota
	counted
	keyed
)

// expansion is a block with its instances.
type expansion struct {
	kind      kind
	instances []*instance
	open      bool // an instance stands for zero or more
}

// instance is one repetition of a block.
type instance struct {
	m     *module
	block *load.Block
	id    ref.ID
	count cty.Value // count.index, or NilVal
	key   cty.Value // each.key, or NilVal
	value cty.Value // each.value

	maybe bool // stands for zero or more
	why   string

	attrs  map[string]*cell
	blocks map[string][]*node // nested blocks by type; nil until first asked for
}

func (x *expansion) add(in *instance) {
	x.instances = append(x.instances, in)
	x.open = x.open || in.maybe
}

// expand repeats a block as its count or for_each says (Terraform "count" and
// "for_each" meta-arguments).
func (m *module) expand(block *load.Block, id string) *expansion {
	x := &expansion{}
	s := m.scope()
	if a, ok := block.Attr("count"); ok {
		x.kind = counted
		m.count(x, block, id, a, m.c.eval(a, s))
	} else if a, ok := block.Attr("for_each"); ok {
		x.kind = keyed
		m.forEach(x, block, id, a, m.c.eval(a, s))
	} else if a, ok := enabled(block); ok {
		v := m.c.eval(a, s)
		plain, _ := v.Unmark()
		switch {
		case plain.IsKnown() && !plain.IsNull() && plain.Type() == cty.Bool && plain.False():
		case plain.IsKnown() && !plain.IsNull() && plain.Type() == cty.Bool:
			x.add(&instance{m: m, block: block, id: ref.ID(id)})
		default:
			x.add(&instance{m: m, block: block, id: ref.ID(id), maybe: true, why: why(v, "whether it is enabled is not known")})
		}
	} else {
		x.add(&instance{m: m, block: block, id: ref.ID(id)})
	}
	m.c.instances += len(x.instances)
	return x
}

// room reports whether n more instances fit in the bounds, and says so the
// first time they do not.
func (m *module) room(n int, block *load.Block) bool {
	if m.c.instances+n <= maxInstances {
		return true
	}
	if !m.c.full {
		m.c.full = true
		m.c.diags.Add(diag.Error, block.Place, "too many instances",
			fmt.Sprintf("The configuration makes more than %d resources. From here on, repeated blocks are read as zero or more of their kind.", maxInstances))
	}
	return false
}

// enabled is the argument of OpenTofu that switches a block off.
func enabled(block *load.Block) (load.Attr, bool) {
	life := block.Block("lifecycle")
	if life == nil {
		return load.Attr{}, false
	}
	return life.Attr("enabled")
}

// why is the reason that a value is marked with, or another one.
func why(v cty.Value, other string) string {
	if have, _ := symbol.Why(v); have != "" {
		return have
	}
	for _, r := range symbol.Candidates(v) {
		return symbol.WhyOf(r)
	}
	return other
}

// zeroOrMore is the instance for a block of which nobody can tell how often it
// is repeated.
func (m *module) zeroOrMore(block *load.Block, id string, k kind, v cty.Value, reason string) *instance {
	in := &instance{m: m, block: block, id: ref.ID(id), maybe: true, why: why(v, reason)}
	if k == counted {
		in.count = symbol.Unknown(cty.Number, in.why, block.Place)
		return in
	}
	in.key = symbol.Unknown(cty.String, in.why, block.Place)
	in.value = unknown(in.why, block.Place)
	return in
}

func (m *module) count(x *expansion, block *load.Block, id string, a load.Attr, v cty.Value) {
	plain, _ := v.Unmark()
	if plain.IsKnown() && !plain.IsNull() && plain.Type() == cty.String && symbol.Has(plain.AsString()) {
		x.add(m.zeroOrMore(block, id, counted, v, reasonOf(plain.AsString())))
		return
	}
	n, err := convert.Convert(plain, cty.Number)
	switch {
	case err != nil || plain.IsNull():
		m.c.diags.Add(diag.Error, a.Place, "count is no number", "The count must be a whole number. The block is read as zero or more of its kind.")
	case n.IsKnown():
		f, _ := n.AsBigFloat().Float64()
		if !n.AsBigFloat().IsInt() || f < 0 || f > maxCount {
			m.c.diags.Add(diag.Error, a.Place, "count out of bounds",
				fmt.Sprintf("The count is %s, but must be a whole number from 0 to %d. The block is read as zero or more of its kind.", n.AsBigFloat().Text('g', 20), maxCount))
			x.add(m.zeroOrMore(block, id, counted, cty.DynamicVal, "its count is out of bounds"))
			return
		}
		if !m.room(int(f), block) {
			x.add(m.zeroOrMore(block, id, counted, cty.DynamicVal, "the configuration makes too many resources"))
			return
		}
		for i := range int(f) {
			x.add(&instance{m: m, block: block, id: ref.ID(id + "[" + strconv.Itoa(i) + "]"), count: cty.NumberIntVal(int64(i))})
		}
		return
	}
	x.add(m.zeroOrMore(block, id, counted, v, "its count is not known"))
}

// reasonOf is why a text with symbols is not known.
func reasonOf(s string) string {
	for _, p := range symbol.Parts(s) {
		if p.IsRef {
			return symbol.WhyOf(p.Ref)
		}
	}
	return "a value is known only after apply"
}

func (m *module) forEach(x *expansion, block *load.Block, id string, a load.Attr, v cty.Value) {
	v = interp.Collection(v)
	plain, _ := v.Unmark()
	switch {
	case plain.IsNull() || plain.IsKnown() && !plain.CanIterateElements():
		m.c.diags.Add(diag.Error, a.Place, "for_each is no collection", "The value of for_each must be a map or a set of texts. The block is read as zero or more of its kind.")
		x.add(m.zeroOrMore(block, id, keyed, v, "its for_each is no collection"))
		return
	case !plain.IsKnown():
		x.add(m.zeroOrMore(block, id, keyed, v, "its for_each is not known"))
		return
	case plain.LengthInt() > maxCount:
		m.c.diags.Add(diag.Error, a.Place, "for_each out of bounds", fmt.Sprintf("The collection has more than %d elements. The block is read as zero or more of its kind.", maxCount))
		x.add(m.zeroOrMore(block, id, keyed, cty.DynamicVal, "its for_each is out of bounds"))
		return
	}
	if !m.room(plain.LengthInt(), block) {
		x.add(m.zeroOrMore(block, id, keyed, cty.DynamicVal, "the configuration makes too many resources"))
		return
	}
	ids := map[string]bool{}
	for it := plain.ElementIterator(); it.Next(); {
		key, value := it.Element()
		if !plain.Type().IsObjectType() && !plain.Type().IsMapType() {
			key = value
		} else if name := key.AsString(); name == interp.EntityKey || name == symbol.RestKey {
			continue
		}
		rest := symbol.IsRest(key) || symbol.IsRest(value)
		// A value that may be null, of a key that is there, stays one that may be.
		if plainValue, _ := value.Unmark(); symbol.IsRest(key) || plainValue.Type() != cty.String {
			value = interp.One(value)
		}
		key = interp.One(key)
		text, err := convert.Convert(key, cty.String)
		name, _ := text.Unmark()
		if err != nil || name.IsNull() {
			m.c.diags.Add(diag.Error, a.Place, "for_each over values that are no texts", "An element that is not a text names no instance. It is read as zero or more of its kind.")
		}
		in := &instance{m: m, block: block, key: text, value: value, maybe: rest}
		if err != nil || name.IsNull() || !name.IsKnown() {
			in = m.zeroOrMore(block, id, keyed, v, "an element of its for_each is not known")
			in.value = value
		} else if rest {
			in.why = why(v, reasonOf(name.AsString()))
		}
		switch {
		case in.maybe && plain.LengthInt() == 1:
			in.id = ref.ID(id)
		case in.key.IsKnown():
			name, _ = in.key.Unmark()
			in.id = ref.ID(id + "[" + quote(shown(name.AsString())) + "]")
		default:
			in.id = ref.ID(id + "[?]")
		}
		// Sets hold each text once; a list that stands in for one may not.
		if ids[string(in.id)] {
			continue
		}
		ids[string(in.id)] = true
		x.add(in)
	}
}

// quote writes a key as in a Terraform address.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(s) + `"`
}

// shown is a text for people: references as in a template.
func shown(s string) string {
	if !symbol.Has(s) {
		return s
	}
	var out strings.Builder
	for _, p := range symbol.Parts(s) {
		switch {
		case !p.IsRef:
			out.WriteString(p.Text)
		case p.Ref.ID == "":
			out.WriteString("${?}")
		case p.Ref.Attr == "":
			out.WriteString("${" + string(p.Ref.ID) + "}")
		default:
			out.WriteString("${" + string(p.Ref.ID) + "." + p.Ref.Attr + "}")
		}
	}
	return out.String()
}
