package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/text"
)

// askOptions is what the flags of ask say.
type askOptions struct {
	inputOptions
	outputs []string
	expect  string
	direct  bool
	all     bool
	color   string
}

func newAsk(a *app) *cobra.Command {
	var o askOptions
	cmd := &cobra.Command{
		Use:   "ask QUESTION [PATH...]",
		Short: "Say who can connect to whom, and why",
		Long: `Ask answers one question about a design: whether one side can connect to
another. A yes is shown gate by gate with the rule that lets it pass, a no with
every barrier and the rule that comes nearest, and what is undecided with the
facts that are missing.

A QUESTION is 'FROM -> TO [PORTS]', in quotes. A side is internet, an address or
CIDR, KIND/NAME (svc, instance, alb, nlb, clb, lb, db, fn, eni, endpoint, sg,
subnet, vpc), or a resource address; names may hold * and ?. PORTS are those of
the destination, such as tcp/8080 or tcp/1-100,udp/53; without them every port
is meant on which it listens. From outside to a task, ways through load
balancers count, unless --direct is given. docs/ask.md has the grammar.

PATHs are those of check: without one the current directory is read.`,
		Example: `  muralla ask 'internet -> svc/orders' .
  muralla ask 'instance/bastion -> svc/orders tcp/8080' examples/orders
  muralla ask --expect=deny 'internet -> db/*' plan.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fail("for example: muralla ask 'internet -> svc/orders tcp/8080'", "ask wants a question")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return o.run(a, args[0], args[1:]) },
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "write `FORMAT[=FILE]`: text or json; may be repeated")
	f.StringVar(&o.expect, "expect", "", "exit 0 only if every connection works or none does: `allow` or deny")
	f.BoolVar(&o.direct, "direct", false, "leave out ways through load balancers")
	o.flags(f)
	f.BoolVar(&o.all, "all", false, "show every pair in full")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	withExitTable(cmd, askExits)
	return cmd
}

// run asks and shows; the exit status is the error.
func (o askOptions) run(a *app, question string, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	outputs, err := parseOutputs(o.outputs, []string{"json", "text"})
	if err != nil {
		return err
	}
	expect, ok := question.ParseExpectation(o.expect)
	if !ok {
		return fail("use --expect=allow or --expect=deny", "there is no expectation %q", o.expect)
	}
	color, err := useColor(o.color, a.stdout)
	if err != nil {
		return err
	}
	q, err := question.Parse(question)
	if err != nil {
		return questioned(err)
	}
	q.Direct = q.Direct || o.direct
	req, err := o.request(paths)
	if err != nil {
		return err
	}
	beside := text.Options{All: o.all, Color: color && isTerminal(a.stderr)}
	in, diags, err := o.intent(a, paths[0], beside)
	if err != nil {
		return err
	}
	req.Intent = in

	reply, found, err := o.answer(a, req, q)
	diags = append(diags, found...).Sorted()
	if diagErr := text.WriteDiagnostics(a.stderr, diags, beside); diagErr != nil {
		return diagErr
	}
	if err != nil {
		return err
	}
	if err := o.show(a, reply, expect, diags, outputs, color); err != nil {
		return err
	}
	switch reply.Holds(expect) {
	case fact.Yes:
		return nil
	case fact.No:
		return exitFound
	}
	return exitUndecided
}

// questioned brings the hint of a question that cannot be asked.
func questioned(err error) error {
	var e *question.Error
	if errors.As(err, &e) {
		return fail(e.Hint, "%w", err)
	}
	return err
}

// answer reads the design and answers. Only this part may take long.
func (o askOptions) answer(a *app, req request, q question.Question) (ask.Reply, diag.List, error) {
	type outcome struct {
		reply ask.Reply
		diags diag.List
		err   error
	}
	out, err := waitFor(a, "asking "+strings.Join(req.Paths, " "), func() outcome {
		e, diags, err := open(req)
		if err != nil {
			return outcome{diags: diags, err: err}
		}
		pairs, err := ask.Resolve(e.Snapshot, q)
		if err != nil {
			return outcome{diags: diags, err: questioned(err)}
		}
		return outcome{reply: ask.Answer(reach.New(e.Snapshot), q, pairs), diags: diags}
	})
	if err != nil {
		return ask.Reply{}, nil, err
	}
	return out.reply, out.diags, out.err
}

// show writes every output; all are laid out before the first is written.
func (o askOptions) show(a *app, r ask.Reply, e question.Expectation, diags diag.List, outputs []output, color bool) error {
	views := map[string]func(io.Writer, bool) error{
		"text": func(w io.Writer, color bool) error {
			return text.WriteAnswer(w, r, e, text.Options{All: o.all, Color: color})
		},
		"json": func(w io.Writer, _ bool) error { return json.WriteAnswer(w, r, e, diags) },
	}
	contents := make([]bytes.Buffer, len(outputs))
	for i, out := range outputs {
		if err := views[out.format](&contents[i], color && (out.file == "" || o.color == "always")); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	for i, out := range outputs {
		if err := out.write(a.stdout, contents[i].Bytes()); err != nil {
			return err
		}
	}
	return nil
}
