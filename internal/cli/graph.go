package cli

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/check"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/graph"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/ref"
	picture "github.com/muralla-net/muralla/internal/render/graph"
	"github.com/muralla-net/muralla/internal/render/text"
	"github.com/muralla-net/muralla/internal/suppress"
)

// graphOptions is what the flags of graph say.
type graphOptions struct {
	inputOptions
	outputs         []string
	focus, from, to []string
	findings        bool
	theme           string
	date            string
	color           string
}

func newGraph(a *app) *cobra.Command {
	var o graphOptions
	cmd := &cobra.Command{
		Use:   "graph [PATH...]",
		Short: "Draw the map of a design",
		Long: `Graph draws what can connect to what: load balancers, tasks, hosts, data stores
and services of AWS in lanes from the internet to isolated subnets, and a line for
each connection that works. A dashed line is one of which the design does not tell
enough. Things that are alike are one box, so that a map has at most 100.

The lines are those that muralla ask would answer yes or undecided to, on the ports
on which something is declared to listen. SVG is laid out by muralla and needs
nothing else; Mermaid is shown by GitHub and GitLab; DOT is for Graphviz.

A NAME is what ask takes as a side: KIND/NAME, a resource address, or internet.`,
		Example: `  muralla graph . > map.svg
  muralla graph --findings -o svg=map.svg examples/orders
  muralla graph --focus=svc/orders -o mermaid plan.json
  muralla graph --from=internet --to='db/*' .`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"svg"}, "write `FORMAT[=FILE]`: svg, mermaid or dot; may be repeated")
	f.StringArrayVar(&o.focus, "focus", nil, "show `NAME` and what is one connection away; may be repeated")
	f.StringArrayVar(&o.from, "from", nil, "show what `NAME` reaches, in any number of connections; may be repeated")
	f.StringArrayVar(&o.to, "to", nil, "show what reaches `NAME`, in any number of connections; may be repeated")
	f.BoolVar(&o.findings, "findings", false, "mark what check finds")
	f.StringVar(&o.theme, "theme", "auto", "colours of SVG: `THEME` auto (as the reader prefers), light or dark")
	f.StringVar(&o.date, "date", "", "judge exceptions as of `YYYY-MM-DD` (default today)")
	o.flags(f)
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour for problems of the input: auto, always or never")
	withExits(cmd, exitClean, exitFailed, exitInterrupted)
	return cmd
}

// pictures is every format of a picture.
var pictures = map[string]func(io.Writer, graph.Graph, picture.Options) error{
	"svg":     picture.SVG,
	"mermaid": func(w io.Writer, g graph.Graph, _ picture.Options) error { return picture.Mermaid(w, g) },
	"dot":     func(w io.Writer, g graph.Graph, _ picture.Options) error { return picture.DOT(w, g) },
}

// run draws; the exit status is the error.
func (o graphOptions) run(a *app, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	outputs, err := parseOutputs(o.outputs, slices.Sorted(maps.Keys(pictures)))
	if err != nil {
		return err
	}
	theme, ok := picture.ParseTheme(o.theme)
	if !ok {
		return fail("use auto, light or dark", "there is no theme %q", o.theme)
	}
	color, err := useColor(o.color, a.stderr)
	if err != nil {
		return err
	}
	req, err := o.request(paths)
	if err != nil {
		return err
	}
	beside := text.Options{Color: color}
	in, diags, err := o.intent(a, paths[0], beside)
	if err != nil {
		return err
	}
	req.Intent = in
	g, found, err := o.draw(a, req)
	diags = append(diags, found...).Sorted()
	if diagErr := text.WriteDiagnostics(a.stderr, diags, beside); diagErr != nil {
		return diagErr
	}
	if err != nil {
		return err
	}
	g.Title += ofPaths(paths)
	contents := make([]bytes.Buffer, len(outputs))
	for i, out := range outputs {
		if err := pictures[out.format](&contents[i], g, picture.Options{Theme: theme}); err != nil {
			return fmt.Errorf("draw: %w", err)
		}
	}
	for i, out := range outputs {
		if err := out.write(a.stdout, contents[i].Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// draw reads the design and makes the map. Only this part may take long.
func (o graphOptions) draw(a *app, req request) (graph.Graph, diag.List, error) {
	type outcome struct {
		g     graph.Graph
		diags diag.List
		err   error
	}
	out, err := waitFor(a, "drawing "+strings.Join(req.Paths, " "), func() outcome {
		e, diags, err := open(req)
		if err != nil {
			return outcome{diags: diags, err: err}
		}
		net := reach.New(e.Snapshot)
		asker := ask.New(net)
		var show graph.Options
		for _, side := range []struct {
			names  []string
			into   *[]ref.ID
			starts bool
		}{{o.focus, &show.Focus, true}, {o.from, &show.From, true}, {o.to, &show.To, false}} {
			for _, name := range side.names {
				ids, err := named(asker, name, side.starts)
				if err != nil {
					return outcome{diags: diags, err: err}
				}
				*side.into = append(*side.into, ids...)
			}
		}
		if o.findings {
			today, err := dayOf(o.date)
			if err != nil {
				return outcome{diags: diags, err: err}
			}
			report := check.Run(e.Snapshot, req.Intent, check.Options{Input: req.words()})
			report.Marks = suppress.Marks(e.Remarks)
			show.Findings = suppress.Apply(report, req.Intent, today).Findings
		}
		return outcome{g: graph.Of(net, show), diags: diags}
	})
	if err != nil {
		return graph.Graph{}, nil, err
	}
	return out.g, out.diags, out.err
}

// named is what a side of a question means, as things of the map.
func named(asker *ask.Asker, name string, starts bool) ([]ref.ID, error) {
	if name == "internet" {
		return []ref.ID{graph.InternetID}, nil
	}
	side, err := question.ParseSide(name)
	if err != nil {
		return nil, questioned(name, err)
	}
	members, err := asker.Side(side, starts)
	if err != nil {
		return nil, questioned(name, err)
	}
	var out []ref.ID
	for _, m := range members {
		for _, id := range []ref.ID{m.ID, m.Party.Endpoint} {
			if id != "" {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// ofPaths names what a picture or a page is of, as the user called it.
func ofPaths(paths []string) string {
	var out []string
	for _, p := range paths {
		if p = filepath.ToSlash(filepath.Clean(p)); p != "." {
			out = append(out, p)
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " of " + strings.Join(out, ", ")
}
