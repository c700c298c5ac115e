package changed

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
	"sort"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// writer hashes values without their places, with IDs renamed.
type writer struct {
	buf    []byte
	rename func(ref.ID) string
}

func (w *writer) text(s string) {
	w.buf = binary.AppendUvarint(w.buf, uint64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *writer) number(n uint64) { w.buf = binary.AppendUvarint(w.buf, n) }

func (w *writer) flag(b bool) {
	if b {
		w.buf = append(w.buf, 1)
	} else {
		w.buf = append(w.buf, 0)
	}
}

func (w *writer) reference(r resource.Reference) {
	w.text(w.rename(r.ID))
	w.text(r.Attr)
}

// value writes what a value means: its kind first, then what is of its kind.
func (w *writer) value(v resource.Value) {
	w.number(uint64(v.Kind))
	w.flag(v.Maybe)
	w.flag(v.Sensitive)
	if v.Maybe || v.Kind == resource.Unknown {
		w.text(v.Why)
	}
	switch v.Kind {
	case resource.Bool:
		w.flag(v.Bool)
	case resource.Number:
		w.number(math.Float64bits(v.Number))
	case resource.String:
		w.text(v.Text)
	case resource.List, resource.Text:
		w.number(uint64(len(v.List)))
		for _, e := range v.List {
			w.value(e)
		}
	case resource.Map:
		w.number(uint64(len(v.Map)))
		for _, k := range keysOf(v.Map) {
			w.text(k)
			w.value(v.Map[k])
		}
	case resource.Ref:
		w.reference(v.Ref)
	}
	w.number(uint64(len(v.Candidates)))
	for _, c := range v.Candidates {
		w.reference(c)
	}
}

func keysOf[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// content is a hash of what a resource is, but for its own ID and name.
func content(r resource.Resource, rename func(ref.ID) string) [32]byte {
	w := writer{rename: rename}
	w.text(r.Type)
	w.text(r.Region)
	w.flag(r.Data)
	w.number(uint64(r.Exists))
	w.text(r.Why)
	w.number(uint64(len(r.IgnoreChanges)))
	for _, a := range r.IgnoreChanges {
		w.text(a)
	}
	w.value(r.Body)
	return sha256.Sum256(w.buf)
}

func itself(id ref.ID) string { return string(id) }

// rounds is how far the surroundings of a resource are looked at to recognise it
// under another ID: through so many references.
const rounds = 8

// Moves finds resources that have another ID and are the same: the content, with
// what it refers to, is that of exactly one thing that is gone and of exactly
// one that is new.
func Moves(before, after []resource.Set) []Move {
	old, fresh := index(before), index(after)
	gone, came := only(old, fresh), only(fresh, old)
	if len(gone) == 0 || len(came) == 0 {
		return nil
	}
	a, b := colours(gone), colours(came)
	var out []Move
	where := map[string][]ref.ID{}
	for id, c := range a {
		where[c] = append(where[c], id)
	}
	count := map[string]int{}
	for _, c := range b {
		count[c]++
	}
	for id, c := range b {
		if count[c] == 1 && len(where[c]) == 1 {
			out = append(out, Move{where[c][0], id})
		}
	}
	slices.SortFunc(out, func(x, y Move) int { return cmp.Compare(x.To, y.To) })
	return out
}

func index(sets []resource.Set) map[ref.ID]resource.Resource {
	out := map[ref.ID]resource.Resource{}
	for _, s := range sets {
		for _, r := range s.Resources {
			if _, twice := out[r.ID]; !twice {
				out[r.ID] = r
			}
		}
	}
	return out
}

func only(in, without map[ref.ID]resource.Resource) map[ref.ID]resource.Resource {
	out := map[ref.ID]resource.Resource{}
	for id, r := range in {
		if _, both := without[id]; !both {
			out[id] = r
		}
	}
	return out
}

// colours tells resources apart by their content, and by that of what they refer
// to among them.
func colours(of map[ref.ID]resource.Resource) map[ref.ID]string {
	now := map[ref.ID]string{}
	for range rounds {
		next := map[ref.ID]string{}
		for id, r := range of {
			sum := content(r, func(to ref.ID) string {
				switch _, among := of[to]; {
				case to == id:
					return "\x00self"
				case among:
					return "\x00" + now[to]
				}
				return string(to)
			})
			next[id] = string(sum[:])
		}
		now = next
	}
	return now
}

// Rename gives things their new IDs.
func Rename(sets []resource.Set, moved []Move) []resource.Set {
	if len(moved) == 0 {
		return sets
	}
	to, beside := map[ref.ID]ref.ID{}, map[ref.ID]ref.ID{}
	for _, m := range moved {
		to[m.From] = m.To
		beside[m.From.Base()] = m.To.Base()
	}
	id := func(old ref.ID) ref.ID {
		if name, ok := to[old]; ok {
			return name
		}
		return old
	}
	out := make([]resource.Set, len(sets))
	for i, s := range sets {
		out[i] = s
		out[i].Resources = make([]resource.Resource, len(s.Resources))
		for j, r := range s.Resources {
			r.ID, r.Body = id(r.ID), renamed(r.Body, id)
			out[i].Resources[j] = r
		}
		slices.SortStableFunc(out[i].Resources, func(a, b resource.Resource) int { return cmp.Compare(a.ID, b.ID) })
		out[i].Remarks = slices.Clone(s.Remarks)
		for j := range out[i].Remarks {
			if name, ok := beside[out[i].Remarks[j].Scope]; ok {
				out[i].Remarks[j].Scope = name
			}
		}
		out[i].Missing = make([]resource.Missing, len(s.Missing))
		for j, m := range s.Missing {
			m.Inputs = renamedAll(m.Inputs, id)
			out[i].Missing[j] = m
		}
	}
	return out
}

func renamedAll(refs []resource.Reference, id func(ref.ID) ref.ID) []resource.Reference {
	out := slices.Clone(refs)
	for i := range out {
		out[i].ID = id(out[i].ID)
	}
	return out
}

func renamed(v resource.Value, id func(ref.ID) ref.ID) resource.Value {
	v.Ref.ID = id(v.Ref.ID)
	v.Candidates = renamedAll(v.Candidates, id)
	if v.List != nil {
		list := make([]resource.Value, len(v.List))
		for i, e := range v.List {
			list[i] = renamed(e, id)
		}
		v.List = list
	}
	if v.Map != nil {
		m := make(map[string]resource.Value, len(v.Map))
		for k, e := range v.Map {
			m[k] = renamed(e, id)
		}
		v.Map = m
	}
	return v
}
