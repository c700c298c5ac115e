package userdata

import (
	"encoding/base64"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/userdata/hole"
	"github.com/muralla-net/muralla/internal/userdata/shell"
)

// run executes the parts in cloud-init's order: boothooks while the data is
// consumed, bootcmd and write_files in the init stage, scripts and runcmd in
// the final stage by file name (cloud-init, "Boot stages", scripts_user).
func (r *reader) run(s *shell.State) {
	final := []part{}
	for _, p := range r.parts {
		if p.kind == boothook {
			p.text = strings.TrimPrefix(p.text, "#cloud-boothook")
			r.either(s, p, func() {
				s.Run(shell.Chunk{Text: strings.TrimLeft(p.text, "\r\n"), Line: p.line + countIf(p.step, leading(p.text)), Step: p.step})
			})
		}
	}
	configs := r.configs(s)
	for _, c := range configs {
		r.either(s, c.part, func() { s.Run(c.commands(c.keys["bootcmd"])...) })
	}
	r.early = len(s.Calls())
	for _, later := range []bool{false, true} {
		for _, c := range configs {
			r.either(s, c.part, func() { c.writeFiles(r, s, later) })
		}
	}
	for _, p := range r.parts {
		if p.kind == script {
			final = append(final, p)
		}
	}
	slices.SortStableFunc(final, func(a, b part) int { return strings.Compare(a.name, b.name) })
	i := 0
	scripts := func(until string) {
		for ; i < len(final) && (until == "" || final[i].name < until); i++ {
			p := final[i]
			r.either(s, p, func() { s.Run(shell.Chunk{Text: p.text, Line: p.line, Step: p.step}) })
		}
	}
	scripts("runcmd")
	for _, c := range configs {
		r.either(s, c.part, func() { s.Run(c.commands(c.keys["runcmd"])...) })
	}
	scripts("")
	// What is not known may also run last.
	for _, p := range r.parts {
		if p.kind == foreign {
			s.Foreign(p.reason, p.line)
		}
	}
}

func leading(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "\r\n"))] }

// either does f, or perhaps does it if the part says so.
func (r *reader) either(s *shell.State, p part, f func()) {
	if p.maybe == "" {
		f()
		return
	}
	s.Maybe(p.maybe, f)
}

// cloud is one cloud-config document.
type cloud struct {
	part part
	keys map[string]*yaml.Node
	root *reader
}

// configs reads the cloud-config parts. Where two of them set the same key and
// do not say that lists are appended, which one counts depends on cloud-init's
// merging rules, so both may.
func (r *reader) configs(s *shell.State) []cloud {
	var out []cloud
	var unread []part
	defer func() { r.parts = append(r.parts, unread...) }()
	lost := func(why string, line int) {
		unread = append(unread, part{kind: foreign, line: line, reason: why})
	}
	for _, p := range r.parts {
		if p.kind != config {
			continue
		}
		c := cloud{part: p, keys: map[string]*yaml.Node{}, root: r}
		var doc yaml.Node
		// An escape must not forge a hole.
		text := strings.NewReplacer(`\U000F`, `\U0000`, `\U000f`, `\U0000`).Replace(p.text)
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			r.warn("cloud-config not readable", "A cloud-config part of the user data is not valid YAML, so cloud-init would ignore it or the text is not complete here. Its settings are unknown. Check the indentation and the pieces that are inserted into it.")
			lost("a cloud-config part cannot be read as YAML", p.line)
			continue
		}
		root := deref(&doc)
		if root != nil && root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
			continue
		}
		if root == nil || root.Kind != yaml.MappingNode {
			if root != nil {
				lost("a cloud-config part is not a table of settings", p.line)
			}
			continue
		}
		for i := 0; i+1 < len(root.Content); i += 2 {
			k := root.Content[i]
			if hole.Has(k.Value) || k.Value == "<<" {
				lost("a key of the cloud-config is not known ("+r.holes.Why(k.Value)+")", c.line(k))
				continue
			}
			c.keys[k.Value] = root.Content[i+1]
		}
		for _, tool := range []string{"ansible", "chef", "puppet", "salt_minion", "mcollective"} {
			if n := c.keys[tool]; n != nil {
				s.Foreign("the cloud-config runs "+tool+", which may write any setting", c.line(n))
			}
		}
		for _, key := range []string{"bootcmd", "runcmd", "write_files"} {
			n := deref(c.keys[key])
			if n != nil && n.Kind != yaml.SequenceNode && n.Tag != "!!null" {
				lost("the key "+key+" of the cloud-config is not a list that can be read", c.line(n))
			}
		}
		out = append(out, c)
	}
	appends := func(c cloud) bool {
		how := c.part.merge
		for _, k := range []string{"merge_how", "merge_type"} {
			if n := deref(c.keys[k]); n != nil {
				how += n.Value
				if n.Kind != yaml.ScalarNode {
					return false
				}
			}
		}
		return strings.Contains(how, "list(append") || strings.Contains(how, "recurse_array") && strings.Contains(how, "append")
	}
	for i := range out {
		for j := range i {
			for _, key := range []string{"bootcmd", "runcmd", "write_files"} {
				if out[i].keys[key] != nil && out[j].keys[key] != nil && !appends(out[i]) {
					for _, k := range []int{i, j} {
						out[k].part.maybe = "only as cloud-init merges several cloud-config parts with the key " + key
					}
				}
			}
		}
	}
	return out
}

// deref follows documents and aliases; nil if that leads nowhere.
func deref(n *yaml.Node) *yaml.Node {
	for range 8 {
		switch {
		case n == nil:
			return nil
		case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
			n = n.Content[0]
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		case n.Kind == 0 || n.Kind == yaml.DocumentNode:
			return nil
		default:
			return n
		}
	}
	return nil
}

func (c cloud) line(n *yaml.Node) int {
	if !c.part.step {
		return c.part.line
	}
	return c.part.line + n.Line - 1
}

// text is a scalar as a chunk with its place.
func (c cloud) text(n *yaml.Node) shell.Chunk {
	ch := shell.Chunk{Text: n.Value, Line: c.line(n)}
	if n.Style&yaml.LiteralStyle != 0 && c.part.step {
		ch.Line++
		ch.Step = true
	}
	return ch
}

// maxItems bounds lists, which aliases can make long.
const maxItems = 2000

// commands turns a bootcmd or runcmd list into shell text: strings as they are,
// lists with each argument quoted.
func (c cloud) commands(list *yaml.Node) []shell.Chunk {
	list = deref(list)
	if list == nil || list.Kind != yaml.SequenceNode {
		return nil
	}
	out := []shell.Chunk{{Text: "#!/bin/sh\n", Line: c.line(list)}}
	for i, item := range list.Content {
		item = deref(item)
		switch {
		case item == nil || i > maxItems:
			out = append(out, shell.Chunk{Text: c.root.holes.New("a command of the cloud-config"), Line: c.line(list)})
			return out
		case item.Kind == yaml.ScalarNode:
			if item.Tag != "!!null" {
				out = append(out, c.text(item))
			}
		case item.Kind == yaml.SequenceNode && len(item.Content) < maxItems:
			var words []string
			for _, a := range item.Content {
				if a = deref(a); a == nil || a.Kind != yaml.ScalarNode {
					words = []string{c.root.holes.New("a command of the cloud-config")}
					break
				}
				words = append(words, "'"+strings.ReplaceAll(a.Value, "'", `'\''`)+"'")
			}
			out = append(out, shell.Chunk{Text: strings.Join(words, " "), Line: c.line(item)})
		default:
			out = append(out, shell.Chunk{Text: c.root.holes.New("a command of the cloud-config"), Line: c.line(item)})
		}
	}
	return out
}

// writeFiles does write_files: those with defer after all others.
func (c cloud) writeFiles(r *reader, s *shell.State, later bool) {
	list := deref(c.keys["write_files"])
	if list == nil || list.Kind != yaml.SequenceNode {
		return
	}
	for i, item := range list.Content {
		item = deref(item)
		if item == nil || item.Kind != yaml.MappingNode || i > maxItems {
			s.Foreign("an entry of write_files is not known", c.line(list))
			continue
		}
		get := map[string]*yaml.Node{}
		for k := 0; k+1 < len(item.Content); k += 2 {
			if key := item.Content[k]; !hole.Has(key.Value) && key.Value != "<<" {
				get[key.Value] = deref(item.Content[k+1])
			} else {
				s.Foreign("a key of an entry of write_files is not known", c.line(key))
			}
		}
		yes := func(key string) bool {
			n := get[key]
			return n != nil && slices.Contains([]string{"true", "yes", "on", "1", "y"}, strings.ToLower(n.Value))
		}
		if yes("defer") != later {
			continue
		}
		r.writeFile(c, s, get, item, yes("append"))
	}
}

func (r *reader) writeFile(c cloud, s *shell.State, get map[string]*yaml.Node, item *yaml.Node, extend bool) {
	line := c.line(item)
	path, content := get["path"], get["content"]
	if path == nil || path.Kind != yaml.ScalarNode {
		return
	}
	ch := shell.Chunk{Line: line}
	problem := ""
	if content != nil {
		ch = c.text(content)
		encoding := ""
		if n := get["encoding"]; n != nil {
			encoding = strings.ToLower(n.Value)
		}
		if content.Tag == "!!binary" {
			encoding += "+b64"
		}
		ch.Text, problem = decode(ch.Text, encoding)
		if encoding != "" && encoding != "text/plain" {
			ch.Step = false
		}
	}
	if get["source"] != nil {
		problem = "its content is loaded from elsewhere"
	}
	if problem != "" {
		ch.Text = r.holes.New("write_files on "+at(line)+": "+problem) + "\n"
		s.Doubt("write_files on "+at(line)+" writes a file that cannot be read: "+problem, line)
	}
	if hole.Has(path.Value) {
		s.Foreign("write_files on "+at(line)+" writes a file whose name is not known ("+r.holes.Why(path.Value)+")", line)
		return
	}
	s.Place(path.Value, extend, shell.Piece{Text: ch.Text, Line: ch.Line, Step: ch.Step})
}

// decode follows cloud-init's encodings of write_files.
func decode(text, encoding string) (out, problem string) {
	gz := strings.HasPrefix(encoding, "gz")
	b64 := strings.Contains(encoding, "b64") || strings.Contains(encoding, "base64")
	if !gz && !b64 {
		return text, ""
	}
	if hole.Has(text) {
		return "", "a piece of its encoded content is not known"
	}
	if b64 {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return "", "its content is not base64"
		}
		text = string(raw)
	}
	if gz {
		if text, problem = gunzip(text); problem != "" {
			return "", problem
		}
	}
	return hole.Clean(text), ""
}

// archive reads #cloud-config-archive: a list of {type, content, filename} or texts.
func (r *reader) archive(text string, line, depth int) {
	var doc yaml.Node
	list := (*yaml.Node)(nil)
	if err := yaml.Unmarshal([]byte(text), &doc); err == nil {
		list = deref(&doc)
	}
	if list == nil || list.Kind != yaml.SequenceNode {
		r.parts = append(r.parts, part{kind: foreign, line: line, reason: "a cloud-config archive cannot be read"})
		return
	}
	c := cloud{part: part{line: line, step: true}}
	for _, item := range list.Content {
		item = deref(item)
		if item != nil && item.Kind == yaml.ScalarNode {
			ch := c.text(item)
			r.collect(ch.Text, "", "", ch.Line, ch.Step, depth+1)
			continue
		}
		var content *yaml.Node
		kind, name := "", ""
		for k := 0; item != nil && item.Kind == yaml.MappingNode && k+1 < len(item.Content); k += 2 {
			v := deref(item.Content[k+1])
			switch {
			case v == nil:
			case item.Content[k].Value == "content":
				content = v
			case item.Content[k].Value == "type":
				kind = v.Value
			case item.Content[k].Value == "filename":
				name = v.Value
			}
		}
		if content == nil {
			r.parts = append(r.parts, part{kind: foreign, line: line, reason: "an entry of a cloud-config archive cannot be read"})
			continue
		}
		ch := c.text(content)
		r.collect(ch.Text, kind, name, ch.Line, ch.Step, depth+1)
	}
}
