package load

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/muralla-net/muralla/internal/ref"
	"github.com/muralla-net/muralla/internal/resource"
)

// Remark is a comment that is written for this program.
type Remark struct {
	Text  string // without the marks of a comment
	Place ref.Place
}

// remarks gives comments to the blocks of the top level that they are within or
// directly above; out has the blocks of body in their order. What is beside no
// block stays with the file.
func remarks(tokens hclsyntax.Tokens, body *hclsyntax.Body, out *Block) {
	alone := map[int]bool{} // lines that hold a comment and nothing else
	last := 0               // the line on which the last other token ends
	var found []hclsyntax.Token
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenComment {
			if t.Type != hclsyntax.TokenNewline {
				last = t.Range.End.Line
			}
			continue
		}
		if t.Range.Start.Line != last {
			for line := t.Range.Start.Line; line <= lastLine(t); line++ {
				alone[line] = true
			}
		}
		if bytes.Contains(t.Bytes, []byte(resource.RemarkMark)) {
			found = append(found, t)
		}
	}
	for _, t := range found {
		to := out
		below := lastLine(t) + 1
		for alone[below] {
			below++
		}
		for i, b := range body.Blocks {
			first, end := b.TypeRange.Start.Line, b.CloseBraceRange.End.Line
			if first <= t.Range.Start.Line && t.Range.Start.Line <= end || alone[t.Range.Start.Line] && first == below {
				to = out.Blocks[i]
				break
			}
		}
		to.Remarks = append(to.Remarks, Remark{uncommented(string(t.Bytes)), At(t.Range)})
	}
}

// lastLine is the line on which a comment ends; one that goes to the end of its
// line holds that end, too.
func lastLine(t hclsyntax.Token) int {
	if bytes.HasSuffix(t.Bytes, []byte("\n")) {
		return t.Range.End.Line - 1
	}
	return t.Range.End.Line
}

// uncommented is a comment without its marks.
func uncommented(text string) string {
	text = strings.TrimSpace(text)
	if in, ok := strings.CutPrefix(text, "/*"); ok {
		return strings.TrimSuffix(in, "*/")
	}
	return strings.TrimLeft(text, "#/")
}

// jsonRemarks finds the comments in a JSON value: texts, or lists of them, under
// the key "//" (Terraform "JSON Configuration Syntax", "Comment Properties").
func jsonRemarks(e hcl.Expression, to *Block) {
	if list, problems := hcl.ExprList(e); !problems.HasErrors() {
		for _, in := range list {
			jsonRemarks(in, to)
		}
		return
	}
	pairs, problems := hcl.ExprMap(e)
	if problems.HasErrors() {
		return
	}
	for _, p := range pairs {
		if literal(p.Key) != "//" {
			jsonRemarks(p.Value, to)
			continue
		}
		texts := []hcl.Expression{p.Value}
		if list, problems := hcl.ExprList(p.Value); !problems.HasErrors() {
			texts = list
		}
		for _, t := range texts {
			if text := literal(t); strings.Contains(text, resource.RemarkMark) {
				to.Remarks = append(to.Remarks, Remark{text, At(t.Range())})
			}
		}
	}
}
