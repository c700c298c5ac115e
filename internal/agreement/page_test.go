package agreement

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const page = "../../docs/agreement.md"

const pageHead = `# Agreement with others

What Muralla says of a design is compared with what others say of the same design. This page is made by

` + "```sh" + `
make agreement
` + "```" + `

and a test fails while it differs from what the comparison finds. A difference that nothing explains fails the tests, and
so does an explanation of a difference that is no longer there.
`

// sections make the page, in order. Each gives the text below its heading, or
// false if the corpus that it needs is not here.
var sections = []struct {
	heading string
	write   func(t *testing.T) (string, bool)
}{
	{"Checks of other tools", labelledSection},
	{"Expectations of reviewers", expectationsSection},
	{"All pairs of np-guard", npGuardSection},
	{"Traces of Batfish", batfishSection},
}

// The page says what the comparison finds. With MURALLA_UPDATE=1 it is made anew.
func TestPageIsCurrent(t *testing.T) {
	var b strings.Builder
	b.WriteString(pageHead)
	for _, s := range sections {
		text, ok := s.write(t)
		if !ok {
			return
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", s.heading, strings.TrimSpace(text))
	}
	if os.Getenv("MURALLA_UPDATE") == "1" {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != b.String() {
		t.Errorf("docs/agreement.md is out of date: make agreement\n%s", firstDifference(string(text), b.String()))
	}
}

func firstDifference(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("line %d is\n%s\nand should be\n%s", i+1, a[i], strings.Join(b[min(i, len(b)):min(i+1, len(b))], ""))
		}
	}
	return "lines are missing at the end"
}

// tally counts the labels of one row of a table.
type tally struct {
	checks map[check]bool
	n      [another + 1]int
}

func (x *tally) add(c compared) {
	if x.checks == nil {
		x.checks = map[check]bool{}
	}
	x.checks[c.check] = true
	x.n[c.outcome]++
}

func (x *tally) total() int {
	sum := 0
	for _, n := range x.n {
		sum += n
	}
	return sum
}

func labelledSection(t *testing.T) (string, bool) {
	dir := corpus(t, "labelled")
	if dir == "" {
		return "", false
	}
	all, silent := labelled(t, filepath.Join(dir, "labelled"))
	var b strings.Builder
	b.WriteString(`Six tools publish the designs with which they test their own checks, each with the verdict that the check must give on a
file or on each resource of it. Most are snippets: a group, a listener or a launch template alone.

| column | means |
| --- | --- |
| agreed | what they call bad violates the recommendation, or what they call good raises nothing; where their check asks for no more than a fact, the model has the fact |
| undecided | we say that it depends, and on what: who holds a group that is open, what launches a template. Of what they call good it is no alarm |
| explained | we differ, and the list below says who is right and why |
| another question | the check asks something that none of our recommendations asks; the second list says what |
| open | we differ, and nobody knows why: always 0 on this page |

`)
	rows := map[[2]string]*tally{}
	var keys [][2]string
	var bad, good tally
	for _, c := range all {
		k := [2]string{c.tool, c.topic}
		if rows[k] == nil {
			rows[k] = &tally{}
			keys = append(keys, k)
		}
		rows[k].add(c)
		if c.bad {
			bad.add(c)
		} else {
			good.add(c)
		}
	}
	slices.SortFunc(keys, func(a, b [2]string) int {
		return strings.Compare(a[0]+"\t"+a[1], b[0]+"\t"+b[1])
	})
	b.WriteString("| tool | topic | checks | labels | agreed | undecided | explained | another question | open |\n")
	b.WriteString("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	var sum tally
	line := func(tool, topic string, x *tally) {
		fmt.Fprintf(&b, "| %s | %s | %d | %d | %d | %d | %d | %d | %d |\n", tool, topic, len(x.checks), x.total(), x.n[agreed], x.n[hedged], x.n[explained], x.n[another], x.n[open])
	}
	for _, k := range keys {
		line(k[0], k[1], rows[k])
	}
	for _, c := range all {
		sum.add(c)
	}
	line("all", "", &sum)
	flagged := 0
	for _, c := range all {
		if !c.bad && c.says == "violates" {
			flagged++
		}
	}
	asked := good.total() - good.n[another]
	fmt.Fprintf(&b, "\nOf %d labels *bad* that ask what we ask, %d are agreed, %d undecided, %d explained and %d open. ", bad.total()-bad.n[another], bad.n[agreed], bad.n[hedged], bad.n[explained], bad.n[open])
	fmt.Fprintf(&b, "Of %d labels *good*, %d are flagged (%.1f %%), each explained below, and of %d we say that they depend on something.\n", asked, flagged, 100*float64(flagged)/float64(max(asked, 1)), good.n[hedged])
	n := 0
	for _, files := range silent {
		n += len(files)
	}
	fmt.Fprintf(&b, "%d more files have no verdict: the tool skips them or cannot decide. They are read and judged all the same.\n", n)

	b.WriteString("\n### Explained\n\n| check | resource | they say | we say | who is right |\n| --- | --- | --- | --- | --- |\n")
	var explanations []string
	for _, c := range all {
		if c.outcome == explained {
			who := "we are: "
			if c.kind == "question" {
				who = "another question: "
			}
			they := "good"
			if c.bad {
				they = "bad"
			}
			thing := filepath.Base(c.file)
			if c.resource != "" {
				thing = c.resource
			}
			explanations = append(explanations, fmt.Sprintf("| %s %s | `%s` | %s | %s | %s |\n", c.tool, c.name, thing, they, c.says, who+c.why))
		}
	}
	slices.Sort(explanations)
	b.WriteString(strings.Join(explanations, ""))

	b.WriteString("\n### Other questions\n\n| check | labels | what it asks |\n| --- | ---: | --- |\n")
	counts := map[check]int{}
	why := map[check]string{}
	for _, c := range all {
		if c.outcome == another {
			counts[c.check]++
			why[c.check] = c.why
		}
	}
	var others []string
	for k, n := range counts {
		others = append(others, fmt.Sprintf("| %s %s | %d | %s |\n", k.tool, k.name, n, why[k]))
	}
	slices.Sort(others)
	b.WriteString(strings.Join(others, ""))
	return b.String(), true
}
