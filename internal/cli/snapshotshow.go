package cli

import (
	"bytes"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/assemble"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/inventory"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/text"
)

// showOptions is what the flags of snapshot show say.
type showOptions struct {
	inputOptions
	outputs []string
	all     bool
	color   string
}

func newSnapshotShow(a *app) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show [PATH...]",
		Short: "Say what is in an archive or any other input",
		Long: `Show reads the PATHs as check does and says what is in them: what was read, how
many VPCs, subnets, services and other things there are, in which Regions and
accounts as far as that is written, and what is not here, such as modules that
were not downloaded and calls of AWS of which no answer was saved. It judges
nothing.`,
		Example: `  muralla snapshot show monday.json
  muralla snapshot show -o json answers/`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "write `FORMAT[=FILE]`: text or json; may be repeated")
	o.flags(f)
	f.BoolVar(&o.all, "all", false, "name every type")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	withExits(cmd, exitClean, exitFailed, exitInterrupted)
	return cmd
}

// run reads, counts and shows; the exit status is the error.
func (o showOptions) run(a *app, paths []string) error {
	outputs, err := parseOutputs(o.outputs, []string{"json", "text"})
	if err != nil {
		return err
	}
	color, err := useColor(o.color, a.stdout)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	sets, diags, err := readSets(a, o.inputOptions, paths)
	if err != nil {
		return err
	}
	if err := text.WriteDiagnostics(a.stderr, diags, text.Options{Color: color && isTerminal(a.stderr)}); err != nil {
		return err
	}
	v, err := waitFor(a, "counting", func() inventory.Inventory {
		s, more := assemble.Snapshot(assemble.Options{}, sets...)
		return inventory.Of(sets, s, append(append(diag.List{}, diags...), more...))
	})
	if err != nil {
		return err
	}
	for _, out := range outputs {
		view := func(w io.Writer) error {
			return text.WriteInventory(w, v, text.Options{All: o.all, Color: color && out.file == ""})
		}
		if out.format == "json" {
			view = func(w io.Writer) error { return json.WriteInventory(w, v, diags) }
		}
		var b bytes.Buffer
		if err := view(&b); err != nil {
			return fmt.Errorf("write %s: %w", out.format, err)
		}
		if err := out.write(a.stdout, b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}
