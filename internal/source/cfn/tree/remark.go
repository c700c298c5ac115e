package tree

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/muralla-net/muralla/internal/resource"
)

// remark collects the comments of a node and below that are written for this
// program. An alias is not followed: what it names is seen where it is written.
func (p *parser) remark(n *yaml.Node, depth int) {
	if depth > MaxDepth {
		return
	}
	for _, text := range [...]string{n.HeadComment, n.LineComment, n.FootComment} {
		if !strings.Contains(text, resource.RemarkMark) {
			continue
		}
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); strings.Contains(line, resource.RemarkMark) {
				if p.comments == nil {
					p.comments = map[string]bool{}
				}
				p.comments[line] = true
			}
		}
	}
	for _, c := range n.Content {
		p.remark(c, depth+1)
	}
}

// remarks finds the lines of comments, which the library does not tell, and the
// resource that each is beside.
func (t *Template) remarks(data []byte, comments map[string]bool) {
	if len(comments) == 0 {
		return
	}
	lines := strings.Split(string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))), "\n")
	for i, line := range lines {
		at := strings.Index(line, resource.RemarkMark)
		if at < 0 {
			continue
		}
		hash := strings.LastIndexByte(line[:at], '#')
		for hash >= 0 && !comments[strings.TrimSpace(line[hash:])] {
			hash = strings.LastIndexByte(line[:hash], '#')
		}
		if hash < 0 {
			continue // a text, such as a script
		}
		t.Remarks = append(t.Remarks, Remark{Text: strings.TrimLeft(strings.TrimSpace(line[hash:]), "#"), Line: i + 1, Resource: t.beside(lines, i)})
	}
}

// beside is the resource that a comment is within or directly above; i is the
// index of its line.
func (t *Template) beside(lines []string, i int) string {
	comment := func(i int) bool { return strings.HasPrefix(strings.TrimSpace(lines[i]), "#") }
	if comment(i) {
		below := i + 1
		for below < len(lines) && comment(below) {
			below++
		}
		for _, e := range t.Resources {
			if e.Line == below+1 {
				return e.Key
			}
		}
	}
	var within Entry
	for _, e := range t.Resources {
		if e.Line <= i+1 && e.Line > within.Line {
			within = e
		}
	}
	for _, e := range t.Root.Entries {
		if within.Line < e.Line && e.Line <= i+1 {
			return "" // another section began
		}
	}
	// A comment at the column of the key, or before it, is behind the resource.
	if within.Line == 0 || within.Line > len(lines) || comment(i) && indent([]byte(lines[i])) <= indent([]byte(lines[within.Line-1])) {
		return ""
	}
	return within.Key
}
