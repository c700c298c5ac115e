package cli

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/estate"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/resource"
	"github.com/muralla-net/muralla/internal/source/archive"
)

// snapshotFile is the file that is written unless another one is named.
const snapshotFile = "muralla-snapshot.json"

func newSnapshot(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "snapshot",
		Short:   "Keep what was read in one file, show it, or hide names in it",
		Example: "  muralla snapshot write .\n  muralla snapshot show muralla-snapshot.json\n  muralla snapshot redact muralla-snapshot.json -o shareable.json",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newSnapshotWrite(a), newSnapshotShow(a), newSnapshotRedact(a))
	withExits(cmd, exitClean, exitFailed)
	return cmd
}

// snapshotOptions is what the flags of snapshot write say.
type snapshotOptions struct {
	inputOptions
	output string
	color  string
}

func newSnapshotWrite(a *app) *cobra.Command {
	var o snapshotOptions
	cmd := &cobra.Command{
		Use:   "write [PATH...]",
		Short: "Write an archive of a design or an account",
		Long: `Write reads the PATHs as check does and keeps what it read in one JSON file, the
archive, before anything is made of it. Wherever a PATH is expected the archive
can stand in their place, on another machine and with a later version.

PATHs are those of check: without one the current directory is read. What is
declared in muralla.yaml is not kept.

An archive holds what the input holds, secrets in it included. Only its owner
may read the file that is written.`,
		Example: `  muralla snapshot write .
  muralla snapshot write -o monday.json answers/ && muralla check monday.json
  muralla snapshot write -o - plan.json | gzip > plan.muralla.json.gz`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVarP(&o.output, "output", "o", snapshotFile, "write `FILE`; - is stdout")
	o.inputOptions.flags(f)
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	withExits(cmd, exitClean, exitFailed, exitInterrupted)
	return cmd
}

// run reads and writes; the exit status is the error.
func (o snapshotOptions) run(a *app, paths []string) error {
	sets, diags, err := o.read(a, paths)
	if err != nil {
		return err
	}
	return o.write(a, sets, diags)
}

// read reads what the paths name, and says on stderr what there is to say.
func (o snapshotOptions) read(a *app, paths []string) ([]resource.Set, diag.List, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	if o.output == "" {
		return nil, nil, fail("for example: -o "+snapshotFile, "-o names no file")
	}
	color, err := useColor(o.color, a.stderr)
	if err != nil {
		return nil, nil, err
	}
	sets, diags, err := readSets(a, o.inputOptions, paths)
	if err != nil {
		return nil, nil, err
	}
	return sets, diags, text.WriteDiagnostics(a.stderr, diags, text.Options{Color: color})
}

// readSets reads what the paths name, and what there is to say of it, sorted.
func readSets(a *app, o inputOptions, paths []string) ([]resource.Set, diag.List, error) {
	req, err := o.request(paths)
	if err != nil {
		return nil, nil, err
	}
	type outcome struct {
		sets  []resource.Set
		diags diag.List
		err   error
	}
	got, err := waitFor(a, "reading "+strings.Join(paths, " "), func() outcome {
		sets, diags, err := estate.Read(req.Paths, req.options())
		return outcome{sets, diags.Sorted(), err}
	})
	if err == nil {
		err = got.err
	}
	var in *estate.InputError
	if errors.As(err, &in) {
		err = fail(in.Hint, "%w", err)
	}
	return got.sets, got.diags, err
}

// write writes an archive to the file that -o names.
func (o snapshotOptions) write(a *app, sets []resource.Set, diags diag.List) error {
	var b bytes.Buffer
	if err := archive.Write(&b, sets, diags); err != nil {
		return err
	}
	if o.output == "-" {
		_, err := a.stdout.Write(b.Bytes())
		return err
	}
	if err := writeWhole(o.output, b.Bytes(), 0o600); err != nil {
		return fail("its directory must exist and take new files", "write %s: %w", o.output, err)
	}
	n := 0
	for _, s := range sets {
		n += len(s.Resources)
	}
	_, err := fmt.Fprintf(a.stderr, "wrote %s: %d resources\n", o.output, n)
	return err
}
