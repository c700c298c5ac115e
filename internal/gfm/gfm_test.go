package gfm

import (
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	gmtext "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"
)

func parse(source string) ast.Node {
	return goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(gmtext.NewReader([]byte(source)))
}

// kinds lists the nodes below a node, but what is in code.
func kinds(n ast.Node) []string {
	var out []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		out = append(out, c.Kind().String())
		if c.Kind() != ast.KindCodeSpan {
			out = append(out, kinds(c)...)
		}
	}
	return out
}

// shown is the text of inline nodes, as a reader sees it.
func shown(n ast.Node, source []byte) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(source))
			continue
		}
		b.WriteString(shown(c, source))
	}
	return b.String()
}

// hostile draws text from what means something to readers of Markdown.
func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{"`", "``", "|", `\`, "\n", "\r", "<", ">", "</code>", "</details>", "<!--", "@team", "@", "#12", "GH-1", "!", "[x](1)", "[", "](", ")",
		"*", "_", "~~", "&amp;", "&", "https://x.example", "www.x.example", "a@b.example", "$", ":tada:", "1.", "-", "#", "---", " ", "  ", "(", "word", "lower-case", "don't",
		"1,234", "0.0.0.0/0", "->", "\u202e", "\x1b[31m", "\x00", "\xff", "é", "日本", "{0}", "|---|", "'", `"`, ".", "x"})
	return rapid.OneOf(rapid.Map(rapid.SliceOfN(piece, 0, 8), func(p []string) string { return strings.Join(p, "") }), rapid.String())
}

// children counts the nodes right below a node.
func children(n ast.Node) int {
	count := 0
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		count++
	}
	return count
}

func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }

// A paragraph that holds a hostile text is still one paragraph of words and code,
// and shows the text; so is a cell of a table.
func TestTextIsInert(t *testing.T) {
	spans, words := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		s := hostile().Draw(rt, "text")
		source := "begin " + Text(s) + " end"
		doc := parse(source)
		for _, k := range kinds(doc)[1:] {
			switch k {
			case "CodeSpan":
				spans++
			case "Text":
				words++
			default:
				rt.Fatalf("%q becomes %q, which has a %s", s, source, k)
			}
		}
		if children(doc) != 1 || doc.FirstChild().Kind() != ast.KindParagraph {
			rt.Fatalf("%q becomes %q, which is no paragraph", s, source)
		}
		if want, got := squeezed("begin "+Clean(s)+" end"), squeezed(shown(doc, []byte(source))); got != want {
			rt.Fatalf("%q is shown as %q, want %q", s, got, want)
		}
		// What is outside of code holds nothing that GitHub or GitLab look for.
		for c := doc.FirstChild().FirstChild(); c != nil; c = c.NextSibling() {
			if text, ok := c.(*ast.Text); ok && strings.ContainsAny(string(text.Segment.Value([]byte(source))), "@#!$%~^&*_[]<>|\\/{}=+`") {
				rt.Fatalf("%q becomes %q, which is not all code", s, source)
			}
		}
	})
	if spans == 0 || words == 0 {
		t.Errorf("%d spans and %d words: the draw is too narrow", spans, words)
	}
}

func TestCellsStayCells(t *testing.T) {
	entities := 0
	rapid.Check(t, func(rt *rapid.T) {
		a, b := hostile().Draw(rt, "sentence"), hostile().Draw(rt, "name")
		source := "| A | B | C |\n| --- | --- | --- |\n| " + TextCell(a) + " | " + Cell(b) + " | end |\n\nafter"
		doc := parse(source)
		if children(doc) != 2 || doc.FirstChild().Kind() != extast.KindTable || shown(doc.LastChild(), []byte(source)) != "after" {
			rt.Fatalf("%q and %q become\n%s", a, b, source)
		}
		row := doc.FirstChild().LastChild()
		if children(row) != 3 || shown(row.LastChild(), []byte(source)) != "end" {
			rt.Fatalf("%q and %q become the row\n%s", a, b, source)
		}
		for _, k := range kinds(row) {
			switch k {
			case "RawHTML":
				entities++
			case "TableCell", "CodeSpan", "Text":
			default:
				rt.Fatalf("%q and %q become\n%s\nwhich has a %s", a, b, source, k)
			}
		}
	})
	if entities == 0 {
		t.Error("no cell was written as HTML: the draw is too narrow")
	}
}

func TestBlocksEnd(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := hostile().Draw(rt, "text")
		source := Block("sh", s) + "\nafter"
		doc := parse(source)
		if children(doc) != 2 || doc.FirstChild().Kind() != ast.KindFencedCodeBlock {
			rt.Fatalf("%q becomes\n%s", s, source)
		}
		lines := doc.FirstChild().Lines()
		if got := lines.At(0); lines.Len() != 1 || string(got.Value([]byte(source))) != Clean(s)+"\n" {
			rt.Fatalf("%q is shown as %q", s, got.Value([]byte(source)))
		}
	})
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"orders can be reached": "orders can be reached",
		"the group's rule (through a gateway), then:": "the group's rule (through a gateway), then:",
		"sg web_1 allows 0.0.0.0/0 tcp/80.":           "sg `web_1` allows `0.0.0.0/0 tcp/80`.",
		"route 0.0.0.0/0 -> igw (tcp/1, x_1)":         "route `0.0.0.0/0 ->` igw (`tcp/1`, `x_1`)",
		"TLS 1.2 or 1.3.":                             "TLS 1.2 or 1.3.",
		"a > b":                                       "a `>` b",
		"ask @team":                                   "ask `@team`",
		"module (aws_lb.x)":                           "module (`aws_lb.x`)",
		"f(x) and 1,234 of 12":                        "`f(x)` and 1,234 of 12",
		"a`b":                                         "``a`b``",
		"two\nlines":                                  "`two\\nlines`",
		"...":                                         "`..`.",
	} {
		if got := Text(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	if got, want := Cell(`a|b\c`), "<code>a&#124;b&#92;c</code>"; got != want {
		t.Errorf("a cell is %q, want %q", got, want)
	}
	if got, want := Code("`"), "`` ` ``"; got != want {
		t.Errorf("a backquote is %q, want %q", got, want)
	}
}
