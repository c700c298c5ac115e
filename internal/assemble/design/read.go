package design

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/topo"
)

// why is the reason for a value that is not a known scalar.
func why(v resource.Value) string {
	switch {
	case v.Why != "":
		return v.Why
	case v.Kind == resource.Ref:
		return name(v.Ref) + " is not known from the design"
	case v.Kind == resource.Text:
		for _, part := range v.List {
			if part.Kind == resource.Unknown {
				return why(part)
			}
			if part.Kind == resource.Ref && part.Why != "" {
				return part.Why
			}
			if part.Kind == resource.Ref {
				return "it contains " + strings.TrimSuffix(why(part), " is not known from the design") + ", which is not known from the design"
			}
		}
	}
	return "its value is not known from the design"
}

// Why says why a value is not known, as a clause.
func Why(v resource.Value) string { return why(v) }

func name(r resource.Reference) string {
	if r.Attr == "" {
		return string(r.ID)
	}
	return string(r.ID) + "." + r.Attr
}

// scalar handles what all readers of scalars share: null is the default, and
// what may be absent or is no scalar is unknown.
func scalar[T any](v resource.Value, def T, read func(resource.Value) (T, bool)) fact.Fact[T] {
	if v.Kind == resource.List && len(v.List) == 1 {
		inner := v.List[0]
		inner.Maybe, inner.Why = inner.Maybe || v.Maybe, firstOf(inner.Why, v.Why)
		v = inner
	}
	if v.Kind == resource.Null {
		return fact.Default(def)
	}
	if !v.Maybe {
		if t, ok := read(v); ok {
			return fact.Known(t, v.Place)
		}
	}
	return fact.Missing[T](why(v), v.Place)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// String reads a text; def is what AWS takes if nothing is written.
func String(v resource.Value, def string) fact.Fact[string] {
	return scalar(v, def, func(v resource.Value) (string, bool) {
		switch v.Kind {
		case resource.String:
			return v.Text, true
		case resource.Number:
			return strconv.FormatFloat(v.Number, 'f', -1, 64), true
		case resource.Bool:
			return strconv.FormatBool(v.Bool), true
		}
		return "", false
	})
}

// Bool reads a truth value, also one that is written as a text.
func Bool(v resource.Value, def bool) fact.Fact[bool] {
	return scalar(v, def, func(v resource.Value) (bool, bool) {
		switch v.Kind {
		case resource.Bool:
			return v.Bool, true
		case resource.String:
			switch strings.ToLower(strings.TrimSpace(v.Text)) {
			case "true", "1", "enabled":
				return true, true
			case "false", "0", "disabled", "":
				return false, true
			}
		}
		return false, false
	})
}

// Int reads a whole number, also one that is written as a text.
func Int(v resource.Value, def int) fact.Fact[int] {
	return scalar(v, def, func(v resource.Value) (int, bool) {
		switch v.Kind {
		case resource.Number:
			if v.Number == math.Trunc(v.Number) && math.Abs(v.Number) < 1<<31 {
				return int(v.Number), true
			}
		case resource.String:
			n, err := strconv.Atoi(strings.TrimSpace(v.Text))
			return n, err == nil
		}
		return 0, false
	})
}

// Hidden stands for a name that may not be shown.
const Hidden = "(sensitive)"

// Shown is String for texts that reports show: a sensitive one is missing.
func Shown(v resource.Value, def string) fact.Fact[string] {
	if v.Sensitive {
		return fact.Missing[string]("its value is sensitive", v.Place)
	}
	return String(v, def)
}

// Display is a value as text for people, with what is not known in ${…}; it is
// empty for values that are no text, and for sensitive ones.
func Display(v resource.Value) string {
	if v.Sensitive {
		return ""
	}
	switch v.Kind {
	case resource.String:
		return v.Text
	case resource.Ref:
		return "${" + name(v.Ref) + "}"
	case resource.Text:
		var b strings.Builder
		for _, part := range v.List {
			if part.Kind == resource.Unknown {
				b.WriteString("${…}")
			} else {
				b.WriteString(Display(part))
			}
		}
		return b.String()
	case resource.Number, resource.Bool:
		s, _ := String(v, "").Get()
		return s
	}
	return ""
}

// Link reads the name of one thing. The ID is empty if nothing is written, or
// if it cannot be told which thing is meant; then Why is set.
func (d *Design) Link(v resource.Value) topo.Link {
	links := d.Links(v)
	switch {
	case len(links.List) == 1 && links.More == "":
		return links.List[0]
	case len(links.List) == 0 && links.More == "":
		return topo.Link{Place: v.Place}
	}
	reason := links.More
	if reason == "" {
		reason = "several things are named where one is expected"
	}
	return topo.Link{Why: reason, Place: v.Place}
}

// Links reads the names of any number of things: a list, or a single value.
func (d *Design) Links(v resource.Value) topo.Links {
	out := topo.Links{Place: v.Place}
	if v.Kind == resource.List && v.Maybe {
		out.More = why(v) // without a list AWS may choose others, such as the default group
	}
	d.links(&out, v)
	slices.SortStableFunc(out.List, func(a, b topo.Link) int {
		if c := strings.Compare(string(a.ID), string(b.ID)); c != 0 {
			return c
		}
		return int(b.Exists) - int(a.Exists) // what is surely there first
	})
	out.List = slices.CompactFunc(out.List, func(a, b topo.Link) bool { return a.ID == b.ID })
	slices.Sort(out.Candidates)
	out.Candidates = slices.Compact(out.Candidates)
	return out
}

// veiled is the name of a thing whose real name must not be printed: equal for
// equal names.
func veiled(name string) ref.ID {
	sum := sha256.Sum256([]byte(name))
	return ref.ID("sensitive-" + hex.EncodeToString(sum[:4]))
}

func (d *Design) links(out *topo.Links, v resource.Value) {
	for _, e := range v.Items() {
		link := topo.Link{Exists: fact.Yes, Place: e.Place}
		if link.Place.IsZero() {
			link.Place = v.Place
		}
		if e.Maybe {
			link.Exists, link.Why = fact.Unknown, why(e)
		}
		switch e.Kind {
		case resource.Ref:
			link.ID = d.Key(e.Ref)
			if list, ok := d.stands[link.ID]; ok {
				for _, l := range list.List {
					l.Exists, l.Why = l.Exists.And(link.Exists), firstOf(link.Why, l.Why)
					out.List = append(out.List, l)
				}
				out.More = firstOf(out.More, list.More)
				continue
			}
		case resource.String:
			if e.Text == "" {
				continue
			}
			link.ID = d.Canonical(ref.ID(e.Text))
			if e.Sensitive || v.Sensitive {
				link.ID = veiled(e.Text)
			}
		case resource.List:
			d.links(out, e)
			continue
		case resource.Null:
			continue
		case resource.Text:
			link.ID = d.Canonical(ref.ID(Display(e))) // equal texts are equal names
		default:
			out.More = firstOf(out.More, why(e))
			for _, c := range e.Candidates {
				out.Candidates = append(out.Candidates, d.Key(c))
			}
			continue
		}
		if r, ok := d.Find(link.ID); ok && r.Exists != fact.Yes && link.Exists == fact.Yes {
			link.Exists, link.Why = fact.Unknown, firstOf(r.Why, "it may not exist")
		}
		out.List = append(out.List, link)
	}
}
