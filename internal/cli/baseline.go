package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/muralla-net/muralla/internal/finding"
	"github.com/muralla-net/muralla/internal/intent"
	"github.com/muralla-net/muralla/internal/suppress"
)

// baselineFile is the file that is written unless another one is named.
const baselineFile = "muralla-baseline.json"

// noFile is the value of a flag without one, and what the help shows as [=FILE];
// a file of that name is ./FILE.
const noFile = "FILE"

// optionalFile is the value of a flag that may name a file. As a type without a
// name it leads the help to show noFile.
type optionalFile string

// Set takes any name, and noFile.
func (o *optionalFile) Set(name string) error { *o = optionalFile(name); return nil }

// String is the name.
func (o *optionalFile) String() string { return string(*o) }

// Type has no name.
func (*optionalFile) Type() string { return "" }

// baselineOptions is what the flags say about findings that are known.
type baselineOptions struct {
	read  string
	write string // empty: nothing is written; [noFile]: the file that is read, or the usual one
	grow  bool
}

func (o *baselineOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.read, "baseline", "", "accept the findings that `FILE` lists")
	f.Var((*optionalFile)(&o.write), "write-baseline", "write all findings to FILE ("+baselineFile+", or that of --baseline); one that is there only shrinks")
	f.Lookup("write-baseline").NoOptDefVal = noFile
	f.BoolVar(&o.grow, "baseline-grow", false, "with --write-baseline, add what is found and not accepted")
}

// file is where a baseline is written, or "".
func (o baselineOptions) file() string {
	switch {
	case o.write != noFile:
		return o.write
	case o.read != "":
		return o.read
	}
	return baselineFile
}

// used is the file that places of the baseline name, or "".
func (o baselineOptions) used() string {
	if o.write != "" {
		return o.file()
	}
	return o.read
}

// check finds mistakes before the long part of the work: those of the flags, and
// the name of the file among the paths.
func (o baselineOptions) check(paths []string) error {
	for _, p := range paths {
		if o.write == noFile && !exists(p) {
			return fail("did you mean: --write-baseline="+p, "read %s: no such file or directory", p)
		}
	}
	if o.grow && o.write == "" {
		return fail("add --write-baseline", "--baseline-grow says how a baseline is written, and none is")
	}
	return nil
}

// load reads the baseline. The one that is to be written need not be there.
func (o baselineOptions) load() (b suppress.Baseline, there bool, err error) {
	name := o.read
	if name == "" {
		name = o.file()
	}
	if name == "" {
		return suppress.Baseline{}, false, nil
	}
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) && o.read == "" {
		return suppress.Baseline{}, false, nil
	} else if err != nil {
		return suppress.Baseline{}, false, fail("write one with --write-baseline="+name, "read the baseline: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, suppress.MaxBaseline+1))
	if err != nil {
		return suppress.Baseline{}, false, fmt.Errorf("read the baseline: %w", err)
	}
	// Places name the file alone: a path would differ from machine to machine.
	if b, err = suppress.ReadBaseline(filepath.Base(name), data); err != nil {
		return suppress.Baseline{}, false, fail("nothing is accepted that is not read in full; restore it, or write it anew", "cannot use %s: %w", name, err)
	}
	return b, true, nil
}

// apply applies the baseline to a report, after it was written if it is to be.
func (o baselineOptions) apply(a *app, b suppress.Baseline, there bool, r finding.Report, in intent.Intent, strict bool) (finding.Report, error) {
	if o.write == "" {
		return b.Apply(r, in), nil
	}
	name := o.file()
	next, n := b.Next(r, o.grow || !there, strict)
	var data bytes.Buffer
	if err := next.Write(&data); err != nil {
		return finding.Report{}, err
	}
	if err := writeWhole(name, data.Bytes(), 0o644); err != nil {
		return finding.Report{}, fail("its directory must exist and take new files", "write the baseline: %w", err)
	}
	fmt.Fprintf(a.stderr, "wrote %s: known: %d (%d added, %d taken out)\n", oneLine(name), len(next.Entries), n.Added, n.Removed)
	if n.Removed > 0 && n.Removed == len(b.Entries) && n.Left > 0 {
		fmt.Fprintln(a.stderr, "hint: nothing that it knew was found; names in a baseline begin with the paths that are checked, so check the same ones")
	}
	if n.Left > 0 {
		fmt.Fprintf(a.stderr, "hint: a baseline only shrinks; --baseline-grow accepts what is not in it, too: %d\n", n.Left)
	}
	// What was written has lines of its own.
	written, err := suppress.ReadBaseline(filepath.Base(name), data.Bytes())
	if err != nil {
		return finding.Report{}, fmt.Errorf("read what was written: %w", err)
	}
	return written.Apply(r, in), nil
}
