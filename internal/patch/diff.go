package patch

import (
	"bytes"
	"fmt"
	"strings"
)

// Hunk is the lines of the new text that stand in place of lines of the old one.
// Lines keep their ends.
type Hunk struct {
	From, To int      // lines of the old text, counted from 0: From up to To
	New      []string // may be empty
	at       int      // the first of them in the new text
}

// maxSteps bounds how far the search for the smallest difference goes; beyond it
// everything between the common beginning and the common end is one hunk.
const maxSteps = 500

// Lines are the lines of a text with their ends.
func Lines(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	out := strings.SplitAfter(string(text), "\n")
	if out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

// Diff is how one text becomes another, line by line (Myers, "An O(ND)
// Difference Algorithm and Its Variations").
func Diff(old, text []byte) []Hunk {
	if bytes.Equal(old, text) {
		return nil
	}
	a, b := Lines(old), Lines(text)
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	x, y := a[head:len(a)-tail], b[head:len(b)-tail]
	steps, ok := shortest(x, y)
	if !ok {
		return []Hunk{{From: head, To: head + len(x), New: y, at: head}}
	}
	var out []Hunk
	i, j := 0, 0
	for _, s := range append(steps, [2]int{len(x), len(y)}) {
		if s[0] > i || s[1] > j {
			out = append(out, Hunk{From: head + i, To: head + s[0], New: y[j:s[1]], at: head + j})
		}
		i, j = s[0]+1, s[1]+1
	}
	return out
}

// shortest are the pairs of equal lines of a longest common subsequence.
func shortest(a, b []string) (pairs [][2]int, ok bool) {
	limit := min(len(a)+len(b), maxSteps)
	reach := map[int]int{1: 0} // by diagonal: how far the best way gets in a
	var trace []map[int]int
	for d := 0; d <= limit; d++ {
		row := map[int]int{}
		for k := -d; k <= d; k += 2 {
			var i int
			if k == -d || k != d && reach[k-1] < reach[k+1] {
				i = reach[k+1]
			} else {
				i = reach[k-1] + 1
			}
			j := i - k
			for i < len(a) && j < len(b) && i >= 0 && j >= 0 && a[i] == b[j] {
				i, j = i+1, j+1
			}
			row[k] = i
			if i >= len(a) && j >= len(b) {
				return walkBack(append(trace, row), len(a), len(b)), true
			}
		}
		trace, reach = append(trace, row), row
	}
	return nil, false
}

func walkBack(trace []map[int]int, i, j int) (pairs [][2]int) {
	for d := len(trace) - 1; d >= 0; d-- {
		k := i - j
		fromI, fromJ := 0, 0
		if d > 0 {
			before := trace[d-1]
			prev := k + 1
			if k != -d && (k == d || before[k-1] >= before[k+1]) {
				prev = k - 1
			}
			fromI = before[prev]
			fromJ = fromI - prev
		}
		for i > fromI && j > fromJ {
			i, j = i-1, j-1
			pairs = append(pairs, [2]int{i, j})
		}
		i, j = fromI, fromJ
	}
	for l, r := 0, len(pairs)-1; l < r; l, r = l+1, r-1 {
		pairs[l], pairs[r] = pairs[r], pairs[l]
	}
	return pairs
}

// context is how many lines a unified diff shows around a change.
const context = 3

// Unified is the difference as a patch of one file. It is empty if there is none.
func Unified(name string, old, text []byte) string {
	hunks := Diff(old, text)
	if len(hunks) == 0 {
		return ""
	}
	a := Lines(old)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n", quoted("a/"+name), quoted("b/"+name))
	for len(hunks) > 0 {
		n := 1
		for n < len(hunks) && hunks[n].From-hunks[n-1].To <= 2*context {
			n++
		}
		together(&out, a, hunks[:n])
		hunks = hunks[n:]
	}
	return out.String()
}

// together writes hunks that are close to each other as one.
func together(out *strings.Builder, a []string, hunks []Hunk) {
	first, last := hunks[0], hunks[len(hunks)-1]
	from, to := max(first.From-context, 0), min(last.To+context, len(a))
	added := 0
	for _, h := range hunks {
		added += len(h.New) - (h.To - h.From)
	}
	start := first.at - (first.From - from)
	fmt.Fprintf(out, "@@ -%s +%s @@\n", span(from, to-from), span(start, to-from+added))
	write := func(mark byte, line string) {
		out.WriteByte(mark)
		out.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			out.WriteString("\n\\ No newline at end of file\n")
		}
	}
	at := from
	for _, h := range hunks {
		for ; at < h.From; at++ {
			write(' ', a[at])
		}
		for ; at < h.To; at++ {
			write('-', a[at])
		}
		for _, line := range h.New {
			write('+', line)
		}
	}
	for ; at < to; at++ {
		write(' ', a[at])
	}
}

func span(start, n int) string {
	if n == 0 {
		return fmt.Sprintf("%d,0", start)
	}
	return fmt.Sprintf("%d,%d", start+1, n)
}

// quoted is a name as git writes it in a patch: in quotes if it has characters
// that would end it, and with a tab behind it if it has blanks.
func quoted(name string) string {
	odd := strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r == 0x7f })
	if odd {
		var b strings.Builder
		b.WriteByte('"')
		for i := range len(name) {
			switch c := name[i]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c == 0x7f:
				fmt.Fprintf(&b, "\\%03o", c)
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
		return b.String()
	}
	if strings.Contains(name, " ") {
		return name + "\t"
	}
	return name
}
