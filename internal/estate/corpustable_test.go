package estate

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/intent"
)

var corpusTable = flag.String("corpus-table", "", "write the table of other people's designs to this `FILE`")

const tableDoc = "../../docs/corpus.md"

const tableHead = `# Designs of other people

Every stack of the corpus is read and judged on every run of the tests: without a panic, twice with equal reports, and
each within 30 seconds. This table is made by

` + "```sh" + `
make corpus
` + "```" + `

Stacks are named by repository and path. *Read* is resources, *services* is ECS services, *gaps* is parts that are not
here and resources that matter but are not modelled; then come the verdicts. Times are of reading and judging once, on
two shared cores.

`

// The table names every stack of the corpus. With -corpus-table it is made anew.
func TestCorpusTable(t *testing.T) {
	dir := corpus(t)
	if dir == "" {
		return
	}
	if *corpusTable != "" {
		if err := os.WriteFile(*corpusTable, []byte(tableHead+table(t, dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(tableDoc)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range index(t, dir, corpusKinds...) {
		if !strings.Contains(string(text), "| "+cell(r)+" |") {
			t.Errorf("docs/corpus.md does not name %s: make corpus", r.path)
		}
	}
}

// cell is how the table names a stack.
func cell(r row) string {
	_, inside, _ := strings.Cut(strings.TrimPrefix(r.path, r.kind+"/"), "/")
	return r.repo + " `" + strings.TrimSuffix(inside, "/.") + "`"
}

func table(t *testing.T, dir string) string {
	var b strings.Builder
	for _, kind := range corpusKinds {
		fmt.Fprintf(&b, "## %s\n\n| stack | read | services | gaps | violates | undecided | follows | not applicable | ms |\n", kind)
		b.WriteString("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
		for _, r := range index(t, dir, kind) {
			var n struct{ read, services, gaps, violates, undecided, follows, not int }
			started := time.Now()
			for _, paths := range r.estates {
				e, _, err := Open(paths, Options{Root: rootOf(paths[0], dir)})
				if err != nil {
					continue // TestCorpusStacks says whether that is right
				}
				report := check.Run(e.Snapshot, intent.Intent{}, check.Options{})
				s := report.Summary()
				n.read, n.services, n.gaps = n.read+report.Counts.Resources, n.services+report.Counts.Services, n.gaps+len(e.Snapshot.Gaps)
				for _, x := range report.NotModelled {
					n.gaps += x.Count
				}
				n.violates, n.undecided = n.violates+s.Violates, n.undecided+s.Undecided
				n.follows, n.not = n.follows+s.Follows, n.not+s.NotApplicable
			}
			fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d |\n", cell(r), n.read, n.services, n.gaps,
				n.violates, n.undecided, n.follows, n.not, time.Since(started).Milliseconds())
		}
		b.WriteString("\n")
	}
	return strings.TrimSpace(b.String()) + "\n"
}
