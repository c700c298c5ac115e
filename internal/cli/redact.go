package cli

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/redact"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive"
)

// redactOptions is what the flags of snapshot redact say.
type redactOptions struct {
	snapshotOptions
	key string
}

// minKey is the shortest key that is taken, in bytes: shorter ones are guessed.
const minKey = 16

func newSnapshotRedact(a *app) *cobra.Command {
	var o redactOptions
	cmd := &cobra.Command{
		Use:   "redact [PATH...] -o FILE",
		Short: "Write an archive that hides names, accounts and public addresses",
		Long: `Redact reads the PATHs as check does and writes an archive in which every word
that the program does not itself compare texts with is replaced: names, IDs,
accounts, tags, descriptions, domain names, images, values of the environment,
secrets and names of files. Equal words are replaced by equal ones, so that the
graph is the same and check says the same of it.

Public addresses are replaced by others that are in the same blocks together.
These stay: private addresses, ports, numbers of up to five digits, Regions, the
names of types, attributes, actions and services of AWS, and words that the
program reads, even if a name has them: a vpc called service stays service.

The words depend on a key. Without --key it is made from all that was read: the
words cannot be guessed by who does not know the rest, and the next state of the
design has others. With --key they are the same in every archive of that key, so
that diff can compare two; keep the file, since who has it can test a guess.

These do not survive: exceptions beside resources, reasons why something is
unknown, messages about the input, and what muralla.yaml declares, whose patterns
would match nothing. Both designs are judged, and where a verdict is no longer
the same it is said. The archive is not written if a word in it could not be
hidden.`,
		Example: `  muralla snapshot redact . -o shareable.json
  head -c 32 /dev/urandom > redact.key
  muralla snapshot redact monday.json --key redact.key -o shareable.json`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.output, "output", "o", "", "write `FILE`; - is stdout")
	f.StringVar(&o.key, "key", "", "make the words from the bytes of `FILE`, at least 16")
	o.inputOptions.flags(f)
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	withExits(cmd, exitClean, exitFailed, exitInterrupted)
	return cmd
}

// run reads, hides, compares and writes; the exit status is the error.
func (o redactOptions) run(a *app, paths []string) error {
	var key []byte
	if o.key != "" {
		var err error
		if key, err = os.ReadFile(o.key); err != nil {
			return fail("make one: head -c 32 /dev/urandom > redact.key", "%w", err)
		}
		if len(key) < minKey {
			return fail("make one: head -c 32 /dev/urandom > redact.key", "the key %s has %d bytes, and needs %d", o.key, len(key), minKey)
		}
	}
	sets, diags, err := o.read(a, paths)
	if err != nil {
		return err
	}
	if key == nil {
		var b bytes.Buffer
		if err := archive.Write(&b, sets, diags); err != nil {
			return err
		}
		sum := sha256.Sum256(b.Bytes())
		key = sum[:]
	}
	type outcome struct {
		sets   []resource.Set
		counts redact.Counts
		differ []string
		total  int
		err    error
	}
	got, err := waitFor(a, "hiding names", func() outcome {
		hidden, counts, err := redact.Sets(key, sets)
		if err != nil {
			return outcome{err: err}
		}
		before, after := judgedAlone(sets), judgedAlone(hidden)
		out := outcome{sets: hidden, counts: counts}
		for _, k := range slices.Sorted(maps.Keys(before)) {
			out.total += before[k]
			if before[k] > after[k] {
				out.differ = append(out.differ, fmt.Sprintf("%s: %d fewer", k, before[k]-after[k]))
			}
		}
		for _, k := range slices.Sorted(maps.Keys(after)) {
			if after[k] > before[k] {
				out.differ = append(out.differ, fmt.Sprintf("%s: %d more", k, after[k]-before[k]))
			}
		}
		return out
	})
	if err == nil {
		err = got.err
	}
	if err != nil {
		return fail("nothing was written; redact parts of the design, to find which", "cannot hide all: %w", err)
	}
	if err := o.write(a, got.sets, hiddenDiagnostics(diags)); err != nil {
		return err
	}
	c := got.counts
	if _, err := fmt.Fprintf(a.stderr, "hidden: %s, %s, %s, %s, %s; left out: %s, %s\n", some(c.Words, "word", "s"), some(c.Accounts, "account", "s"),
		some(c.Numbers, "other number", "s"), some(c.Addresses, "address", "es"), some(c.Texts, "whole text", "s"), some(c.Remarks, "remark", "s"), some(len(diags), "message", "s")); err != nil {
		return err
	}
	if len(got.differ) == 0 {
		_, err = fmt.Fprintf(a.stderr, "check says the same of it: %s\n", some(got.total, "verdict", "s"))
		return err
	}
	_, err = fmt.Fprintf(a.stderr, "check does not say the same of it, perhaps for patterns that end within a name:\n  %s\n", strings.Join(got.differ, "\n  "))
	return err
}

// some is a count with its noun.
func some(n int, noun, ending string) string {
	if n == 1 {
		ending = ""
	}
	return fmt.Sprintf("%d %s%s", n, noun, ending)
}

// judgedAlone counts what check says, without names, and without what the user
// declares.
func judgedAlone(sets []resource.Set) map[string]int {
	s, _ := assemble.Snapshot(assemble.Options{}, sets...)
	out := map[string]int{}
	for _, f := range check.Run(s, intent.Intent{}, check.Options{}).Findings {
		out[fmt.Sprintf("%s %s %s", f.Recommendation, f.Verdict, f.Severity)]++
	}
	return out
}

// hiddenDiagnostics keep how bad what is said of the input is: texts and places
// have names in them.
func hiddenDiagnostics(list diag.List) diag.List {
	var out diag.List
	for _, d := range list {
		out = append(out, diag.Diagnostic{Level: d.Level, Summary: "a message that is hidden", Detail: "It is about the design before names were hidden."})
	}
	return out
}
