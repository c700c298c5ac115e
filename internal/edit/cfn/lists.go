package cfn

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/patch"
)

// removed takes an entry of a list, or the whole resource, away. A peer of a rule
// has an entry of its own here, so that the entry goes with it.
func (t *Text) removed(res *yaml.Node, id, kind string, c finding.Change) ([]patch.Edit, error) {
	if len(c.Path) == 0 {
		all, err := child(t.root, "Resources")
		if err != nil {
			return nil, err
		}
		edits, err := t.without(all, 2, func(key *yaml.Node) bool { return key.Value == id })
		if err != nil || len(edits) == 0 {
			return nil, err
		}
		e := edits[0]
		rest := append(bytes.Clone(t.src[:e.Start]), t.src[e.End:]...)
		if regexp.MustCompile(`(^|[^A-Za-z0-9])` + regexp.QuoteMeta(id) + `([^A-Za-z0-9]|$)`).Match(rest) {
			return nil, fmt.Errorf("the template names %s in other places too", id)
		}
		return edits, nil
	}
	c.Value = finding.Value{}
	path, _, err := translate(kind, c)
	if err != nil {
		return nil, err
	}
	body, err := child(res, "Properties")
	if err != nil || body == nil {
		return nil, errors.Join(err, errors.New("it has no Properties"))
	}
	if err := readable(body); err != nil {
		return nil, err
	}
	w := writer{t: t, of: c.Resource}
	first := path[0]
	entry, err := w.enter(body, first)
	if err != nil {
		return nil, err
	}
	list, err := child(body, first.Name)
	if err != nil || list == nil || list.Kind != yaml.SequenceNode || !words[kind][c.Path[0].Name].entry {
		return nil, fmt.Errorf("its %s is no list that stands there", first.Name)
	}
	return t.without(list, 1, func(n *yaml.Node) bool { return n == entry })
}

// without takes one entry out of a list, or a key with its value out of a map,
// that has others. Step is how many nodes an entry has.
func (t *Text) without(in *yaml.Node, step int, is func(*yaml.Node) bool) ([]patch.Edit, error) {
	at := -1
	for i := 0; i < len(in.Content); i += step {
		if is(in.Content[i]) {
			at = i
		}
	}
	switch {
	case at < 0:
		return nil, errors.New("what would be removed is not there")
	case len(in.Content) == step:
		return nil, errors.New("nothing would be left around it")
	}
	start, err := t.offset(in.Content[at])
	if err != nil {
		return nil, err
	}
	_, end, err := t.extent(in.Content[at+step-1])
	if err != nil {
		return nil, err
	}
	if t.json || in.Style&yaml.FlowStyle != 0 {
		if at == 0 {
			end, err = t.offset(in.Content[at+step])
		} else {
			_, start, err = t.extent(in.Content[at-1])
		}
		if err != nil || !t.json && bytes.Contains(t.src[start:end], []byte("#")) {
			return nil, errors.Join(err, errors.New("a comment stands between its entries"))
		}
		return []patch.Edit{{Start: start, End: end}}, nil
	}
	from := t.lines[in.Content[at].Line-1]
	if lead := bytes.TrimSpace(t.src[from:start]); len(lead) > 0 && string(lead) != "-" || step == 2 && len(lead) > 0 {
		return nil, errors.New("it shares its line with something else")
	}
	line := bytes.TrimRight(t.src[end:t.lineEnd(end)], " \t")
	if rest := bytes.TrimLeft(line, " \t"); len(rest) > 0 && rest[0] != '#' {
		return nil, errors.New("it shares its line with something else")
	}
	to := t.lineEnd(end)
	if i := bytes.IndexByte(t.src[to:], '\n'); i >= 0 {
		to += i + 1
	} else {
		to = len(t.src)
	}
	// Comments right above belong to it, but above the first to all of them.
	for at > 0 && from > 0 {
		above := bytes.LastIndexByte(t.src[:from-1], '\n') + 1
		text := t.src[above:from]
		if rest := bytes.TrimLeft(text, " "); len(rest) == 0 || rest[0] != '#' || len(text)-len(rest) != t.indentOf(in.Content[at]) {
			break
		}
		from = above
	}
	if blank := t.lineEnd(to); from > 0 && len(bytes.TrimSpace(t.src[bytes.LastIndexByte(t.src[:from-1], '\n')+1:from])) == 0 && to < len(t.src) && len(bytes.TrimSpace(t.src[to:blank])) == 0 {
		to = blank + len(t.nl)
	}
	return []patch.Edit{{Start: from, End: min(to, len(t.src))}}, nil
}

// indentOf is how far the line in which a node begins is indented.
func (t *Text) indentOf(n *yaml.Node) int {
	line := t.src[t.lines[n.Line-1]:]
	return len(line) - len(bytes.TrimLeft(line, " "))
}

// append writes one more entry at the end of a list.
func (w writer) append(body *yaml.Node, path []finding.Step, v finding.Value) ([]patch.Edit, error) {
	t := w.t
	in, done, err := w.within(body, path)
	if err != nil {
		return nil, err
	}
	name := path[len(path)-1].Name
	if done < len(path)-1 {
		return nil, fmt.Errorf("its %s is not written there", name)
	}
	list, err := child(in, name)
	if err != nil {
		return nil, err
	}
	if list == nil || len(list.Content) == 0 || list.Kind != yaml.SequenceNode {
		return nil, fmt.Errorf("its %s is no list with entries", name)
	}
	if err := readable(list); err != nil {
		return nil, fmt.Errorf("of %s: %w", name, err)
	}
	last := list.Content[len(list.Content)-1]
	start, end, err := t.entry(last)
	if err != nil {
		return nil, err
	}
	flow := t.json || list.Style&yaml.FlowStyle != 0
	indent := strings.Repeat(" ", t.indentOf(last))
	alone := last.Line > list.Line || !flow
	switch {
	case flow && !(t.json && alone && v.Fields != nil):
		text, err := w.pair(finding.Field{Name: "x", Value: v}, true, t.padding(start))
		if err != nil {
			return nil, err
		}
		_, text, _ = strings.Cut(text, ": ")
		between := ", "
		if alone {
			between = "," + t.nl + indent
		}
		return []patch.Edit{{Start: end, End: end, New: between + text}}, nil
	case flow:
		lines, err := w.pairs(v.Fields, t.unit())
		if err != nil {
			return nil, err
		}
		for i := range lines {
			lines[i] = t.unit() + lines[i]
		}
		lines = append(append([]string{"{"}, lines...), "}")
		return []patch.Edit{{Start: end, End: end, New: "," + t.nl + indent + strings.Join(lines, t.nl+indent)}}, nil
	}
	lines := []string{""}
	if v.Fields != nil {
		lines, err = w.pairs(v.Fields, t.unit())
	} else {
		lines[0], err = w.value(v, false)
	}
	if err != nil {
		return nil, err
	}
	at := t.lineEnd(end)
	dash := "-" + strings.Repeat(" ", max(1, last.Column-1-len(indent)-1))
	return []patch.Edit{{Start: at, End: at, New: t.nl + indent + dash + strings.Join(lines, t.nl+indent+strings.Repeat(" ", len(dash)))}}, nil
}

// entry is the range of an entry of a list; a function that is written with its
// tag is one.
func (t *Text) entry(n *yaml.Node) (start, end int, err error) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Kind == yaml.ScalarNode {
		if start, err = t.offset(n); err != nil {
			return 0, 0, err
		}
		text := bytes.TrimRight(t.src[start:t.lineEnd(start)], " \t")
		tail := bytes.TrimLeft(bytes.TrimPrefix(text, []byte(n.Tag)), " ")
		if !bytes.HasPrefix(text, []byte(n.Tag)) || n.Value == "" || !bytes.HasPrefix(bytes.TrimLeft(tail, `'"`), []byte(n.Value)) {
			return 0, 0, errors.New("its last entry is not written in one line")
		}
		end = start + len(text) - len(tail) + len(n.Value)
		if q := tail[0]; q == '\'' || q == '"' {
			end += 2
			if end > len(t.src) || t.src[end-1] != q {
				return 0, 0, errors.New("its last entry is not written in one line")
			}
		}
		return start, end, nil
	}
	return t.extent(n)
}
