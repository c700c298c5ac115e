package redact

import (
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// ErrNoKey is the error for a key without a byte.
var ErrNoKey = errors.New("the key is empty")

// Counts is how much was hidden: of each kind, how many different things.
type Counts struct {
	Words, Accounts, Numbers, Addresses int
	Texts                               int // descriptions, secrets and reasons that were hidden as a whole
	Remarks                             int // that were left out
}

// Sets hides what the sets name. The key decides the pseudonyms. The error says
// what could not be hidden, without showing it.
func Sets(key []byte, sets []resource.Set) ([]resource.Set, Counts, error) {
	if len(key) == 0 {
		return nil, Counts{}, ErrNoKey
	}
	h := newHider(key)
	for _, s := range sets {
		for _, r := range s.Resources {
			h.see(r)
		}
	}
	out := make([]resource.Set, 0, len(sets))
	for _, s := range sets {
		out = append(out, h.set(s))
	}
	if err := h.verify(out); err != nil {
		return nil, Counts{}, err
	}
	return out, h.counts(), nil
}

// publicType is the name of a type of AWS. Those of others may name an
// organisation.
var publicType = regexp.MustCompile(`^(aws_[a-z0-9_]+|AWS::[A-Za-z0-9]+::[A-Za-z0-9]+(::[A-Za-z0-9]+)?|[a-z0-9]+:[A-Z][A-Za-z]+|call)$`)

// see remembers the types of a resource, whose words stay.
func (h *hider) see(r resource.Resource) {
	for _, t := range []string{r.Type, r.Called} {
		if publicType.MatchString(t) {
			h.types[t] = true
		}
	}
}

func (h *hider) set(s resource.Set) resource.Set {
	out := resource.Set{Kind: h.text(s.Kind), Files: s.Files, Lines: s.Lines}
	h.answers = s.Kind == "answers"
	for _, r := range s.Resources {
		out.Resources = append(out.Resources, resource.Resource{
			ID: h.id(r.ID), Type: h.typ(r.Type), Called: h.typ(r.Called), Name: h.text(r.Name), Data: r.Data, Region: h.text(r.Region), Nested: h.id(r.Nested),
			Place: h.place(r.Place), Exists: r.Exists, Why: h.why(r.Why), IgnoreChanges: h.texts(r.IgnoreChanges), Body: h.value(r.Body, ""),
		})
	}
	for _, m := range s.Missing {
		inputs := h.references(m.Inputs)
		slices.SortFunc(inputs, func(a, b resource.Reference) int {
			return strings.Compare(string(a.ID)+"\x00"+a.Attr, string(b.ID)+"\x00"+b.Attr)
		})
		out.Missing = append(out.Missing, resource.Missing{
			ID: h.id(m.ID), Source: h.text(m.Source), What: h.text(m.What), Of: m.Of, Why: h.why(m.Why), Inputs: inputs, Place: h.place(m.Place),
		})
	}
	slices.SortStableFunc(out.Resources, func(a, b resource.Resource) int { return strings.Compare(string(a.ID), string(b.ID)) })
	slices.SortStableFunc(out.Missing, func(a, b resource.Missing) int { return strings.Compare(string(a.ID), string(b.ID)) })
	h.remarks += len(s.Remarks)
	return out
}

func (h *hider) typ(t string) string {
	if h.types[t] {
		return t
	}
	return h.text(t)
}

// id hides the words of an ID, but for the types of the sets, and in the same
// way wherever a part of it is met.
func (h *hider) id(id ref.ID) ref.ID { return ref.ID(h.text(string(id))) }

func (h *hider) texts(list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, h.text(s))
	}
	return out
}

// place hides every part of the path of a file but its suffix.
func (h *hider) place(p ref.Place) ref.Place {
	parts := strings.Split(p.File, "/")
	for i, part := range parts {
		if part == "" || part == "." || part == ".." {
			continue
		}
		suffix := path.Ext(part)
		if !vocabulary()[strings.ToLower(strings.TrimPrefix(suffix, "."))] {
			suffix = ""
		}
		h.words[part] = true
		parts[i] = h.letters(part) + suffix
	}
	return ref.Place{File: strings.Join(parts, "/"), Line: p.Line}
}

// hidden is what stands for a reason.
const hidden = "the reason is hidden"

// why hides a reason: it is a sentence with names in it.
func (h *hider) why(s string) string {
	if s == "" || s == hidden {
		return s
	}
	h.whole[s] = true
	return hidden
}

func (h *hider) references(list []resource.Reference) []resource.Reference {
	var out []resource.Reference
	for _, r := range list {
		out = append(out, h.reference(r))
	}
	return out
}

func (h *hider) reference(r resource.Reference) resource.Reference {
	return resource.Reference{ID: h.id(r.ID), Attr: h.text(r.Attr)}
}

// said are the attributes with text for people. Of answers AWS writes some
// itself, and they are read.
var said = map[string]bool{"description": true, "Description": true, "comment": true, "Comment": true, "GroupDescription": true}

// value hides a value that stands under a key.
func (h *hider) value(v resource.Value, key string) resource.Value {
	out := resource.Value{Kind: v.Kind, Bool: v.Bool, Maybe: v.Maybe, Why: h.why(v.Why), Candidates: h.references(v.Candidates), Sensitive: v.Sensitive, Place: h.place(v.Place)}
	switch v.Kind {
	case resource.Number:
		out.Number = h.number(v.Number)
	case resource.String:
		switch {
		case said[key] && !h.answers && v.Text != "":
			out.Text = h.all(v.Text)
		case v.Sensitive && !strings.ContainsAny(v.Text, "{[\n") && !strings.Contains(v.Text, "://"):
			out.Text = h.all(v.Text)
		default:
			out.Text = h.packed(v.Text)
		}
	case resource.List, resource.Text:
		out.List = make([]resource.Value, 0, len(v.List))
		for _, e := range v.List {
			out.List = append(out.List, h.value(e, key))
		}
	case resource.Map:
		out.Map = make(map[string]resource.Value, len(v.Map))
		for k, e := range v.Map {
			out.Map[h.text(k)] = h.value(e, k)
		}
	case resource.Ref:
		out.Ref = h.reference(v.Ref)
	}
	return out
}

// all hides a text as a whole.
func (h *hider) all(s string) string {
	if s == "" {
		return ""
	}
	h.whole[s] = true
	return h.letters(s)
}

// number hides what is too long to be a port, a size or a time.
func (h *hider) number(n float64) float64 {
	if n != math.Trunc(n) || math.Abs(n) < 1e5 || math.Abs(n) >= 1e18 {
		return n
	}
	text := strconv.FormatFloat(math.Abs(n), 'f', -1, 64)
	if len(text) == 11 { // an account whose zero at the front was lost
		text = "0" + text
	}
	f, err := strconv.ParseFloat(h.digits(text), 64)
	if err != nil {
		return 0
	}
	return math.Copysign(f, n)
}

// verify looks for words that should not be there.
func (h *hider) verify(sets []resource.Set) error {
	bad := 0
	look := func(s string) {
		if !h.hides(s) {
			bad++
		}
	}
	var value func(v resource.Value)
	references := func(list ...resource.Reference) {
		for _, r := range list {
			look(string(r.ID))
			look(r.Attr)
		}
	}
	value = func(v resource.Value) {
		look(v.Text)
		look(v.Place.File)
		references(append(v.Candidates, v.Ref)...)
		for _, e := range v.List {
			value(e)
		}
		for k, e := range v.Map {
			look(k)
			value(e)
		}
	}
	for _, s := range sets {
		for _, r := range s.Resources {
			for _, t := range append([]string{string(r.ID), r.Name, r.Type, r.Called, r.Region, string(r.Nested), r.Place.File}, r.IgnoreChanges...) {
				look(t)
			}
			value(r.Body)
		}
		for _, m := range s.Missing {
			for _, t := range []string{string(m.ID), m.Source, m.What, m.Place.File} {
				look(t)
			}
			references(m.Inputs...)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d texts still hold words that must be hidden", bad)
	}
	return nil
}
