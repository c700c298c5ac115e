package policy

import (
	"slices"
	"strconv"
	"strings"

	"github.com/muralla-net/muralla/internal/fact"
)

// Normal is a document in a form that does not depend on how it is written: a
// line for each statement, sorted. Documents of one reader with equal forms let
// the same requests pass. Complete is false if a part of it is not known.
func (d *Document) Normal() (lines []string, complete bool) {
	complete = d.More == ""
	for _, s := range d.Statements {
		complete = complete && s.Unknown == "" && s.Effect != EffectUnknown &&
			s.Actions.More == "" && s.Resources.More == "" && s.Principals.More == ""
		parts := []string{
			[...]string{"unknown", "Allow", "Deny"}[s.Effect],
			s.Principals.normal(),
			s.Actions.normal(fold, matchAction), s.Resources.normal(func(v string) string { return v }, matchARN),
		}
		var conditions []string
		for _, c := range s.Conditions {
			values := slices.Sorted(slices.Values(c.Values))
			complete = complete && c.More == ""
			conditions = append(conditions, quoted(fold(c.Operator), foldKey(c.Key), quoted(slices.Compact(values)...)))
		}
		slices.Sort(conditions)
		lines = append(lines, quoted(append(parts, slices.Compact(conditions)...)...))
	}
	slices.Sort(lines)
	for _, l := range lines {
		complete = complete && !strings.ContainsRune(l, lastHole)
	}
	return slices.Compact(lines), complete
}

// quoted joins texts so that they can be told apart.
func quoted(texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		b.WriteString(strconv.Itoa(len(t)) + ":" + t + ",")
	}
	return b.String()
}

// foldKey is a condition key without case, but for the name of a tag.
func foldKey(key string) string {
	name, tag, ok := strings.Cut(key, "/")
	if ok {
		return fold(name) + "/" + tag
	}
	return fold(name)
}

// normal is the set without case if that does not matter, and without values
// that another covers.
func (s Set) normal(form func(string) string, glob func(pattern, text string) fact.Tri) string {
	var values []string
	for _, v := range s.Values {
		values = append(values, form(v))
	}
	slices.Sort(values)
	values = slices.Compact(values)
	var kept []string
	for _, v := range values {
		if !slices.ContainsFunc(values, func(w string) bool { return w != v && glob(w, v) == fact.Yes && covers(w, v) }) {
			kept = append(kept, v)
		}
	}
	return quoted(append([]string{strconv.FormatBool(s.Not), strconv.FormatBool(s.Values != nil)}, kept...)...)
}

// covers reports whether a pattern that matches another as a text matches all
// that the other does: a star of the other is a letter like any other, so it is
// enough that no question mark takes it.
func covers(pattern, other string) bool {
	return !strings.Contains(pattern, "?") || !strings.Contains(other, "*")
}

func (p Principals) normal() string {
	if !p.Written {
		return "none"
	}
	var list []string
	if p.Anyone {
		list = append(list, "*")
	}
	for _, who := range p.List {
		v := who.Value
		if a, ok := AccountOf(v); ok && who.Kind == "AWS" {
			v = "account " + a
		}
		if who.Kind == "AWS" && p.Anyone {
			continue // anyone is all of them
		}
		list = append(list, quoted(who.Kind, v))
	}
	slices.Sort(list)
	return quoted(append([]string{strconv.FormatBool(p.Not)}, slices.Compact(list)...)...)
}

// Difference is a request that one document lets pass and the other does not.
type Difference struct {
	Request Request
	First   bool // the first document lets it pass
	By      *Statement
}

// Most requests that Compare tries.
const maxTries = 4096

// Compare decides whether two documents of one reader let the same requests
// pass. A no comes with a request that shows it. The requests to try are the
// given ones, by everybody that the documents name and by somebody else, on
// every resource that they name.
func Compare(a, b *Document, probes []Request) (fact.Tri, Difference) {
	x, known := a.Normal()
	y, also := b.Normal()
	if known && also && slices.Equal(x, y) {
		return fact.Yes, Difference{}
	}
	tries := 0
	for _, q := range append(slices.Clone(probes), spread(probes, a, b)...) {
		for _, who := range append(callers(a), append(callers(b), stranger)...) {
			if tries++; tries > maxTries {
				return fact.Unknown, Difference{}
			}
			q.Principal, q.Keys = who.Principal, who.Keys
			d, e := a.Decide(q), b.Decide(q)
			switch {
			case d.Passes == fact.Yes && e.Passes == fact.No:
				return fact.No, Difference{q, true, d.By}
			case d.Passes == fact.No && e.Passes == fact.Yes:
				return fact.No, Difference{q, false, e.By}
			}
		}
	}
	return fact.Unknown, Difference{}
}

// stranger is a role of an account that belongs to nobody's organisation.
var stranger = Request{Principal: "arn:aws:iam::999988887777:role/somebody", Keys: map[string]Key{
	"aws:principalaccount": {Value: "999988887777"}, "aws:principalarn": {Value: "arn:aws:iam::999988887777:role/somebody"},
	"aws:principalorgid": {Absent: true}, "aws:principalisawsservice": {Value: "false"},
}}

// callers are the roles and users that a document names.
func callers(d *Document) []Request {
	var out []Request
	for _, s := range d.Statements {
		for _, p := range s.Principals.List {
			parts := strings.SplitN(p.Value, ":", 6)
			if p.Kind == "AWS" && len(parts) == 6 && strings.HasPrefix(parts[5], "role/") && !strings.ContainsAny(p.Value, "*?") {
				out = append(out, Request{Principal: p.Value, Keys: map[string]Key{
					"aws:principalaccount": {Value: parts[4]}, "aws:principalarn": {Value: p.Value}}})
			}
		}
	}
	return out
}

// spread asks the probes of every resource that the documents name, if it is of
// the same service.
func spread(probes []Request, docs ...*Document) []Request {
	var out []Request
	for _, d := range docs {
		for _, s := range d.Statements {
			for _, v := range s.Resources.Values {
				arn := strings.NewReplacer("*", "x", "?", "x").Replace(v)
				parts := strings.SplitN(arn, ":", 6)
				for _, q := range probes {
					if like := strings.SplitN(q.Resource, ":", 6); len(parts) == 6 && len(like) == 6 && parts[2] == like[2] {
						q.Resource = arn
						out = append(out, q)
					}
				}
			}
		}
	}
	return out
}

// Texts are all values of a document, in order of its statements.
func (d *Document) Texts() []string {
	var out []string
	for _, s := range d.Statements {
		out = append(out, s.Actions.Values...)
		out = append(out, s.Resources.Values...)
		for _, p := range s.Principals.List {
			out = append(out, p.Value)
		}
		for _, c := range s.Conditions {
			out = append(out, c.Values...)
		}
	}
	return out
}
