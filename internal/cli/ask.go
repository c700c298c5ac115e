package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/muralla-net/muralla/internal/ask"
	"github.com/muralla-net/muralla/internal/diag"
	"github.com/muralla-net/muralla/internal/fact"
	"github.com/muralla-net/muralla/internal/question"
	"github.com/muralla-net/muralla/internal/reach"
	"github.com/muralla-net/muralla/internal/render/json"
	"github.com/muralla-net/muralla/internal/render/junit"
	"github.com/muralla-net/muralla/internal/render/text"
)

// askOptions is what the flags of ask say.
type askOptions struct {
	inputOptions
	outputs []string
	expect  string
	file    string
	direct  bool
	pivot   bool
	all     bool
	color   string
}

func newAsk(a *app) *cobra.Command {
	var o askOptions
	cmd := &cobra.Command{
		Use:   "ask QUESTION [PATH...]",
		Short: "Say who can connect to whom, and why",
		Long: `Ask answers a question about a design. A yes is shown gate by gate with the
rule that lets it pass, a no with every barrier and the rule that comes nearest,
and what is undecided with the facts that are missing. A no comes with the smallest
edit that opens it, in the language of the design, and whatever else that opens; a
yes that --expect=deny does not want, with the smallest edit that shuts it.

A QUESTION, in quotes, is one of:

  A -> B [PORTS]         can A connect to B?
  A <-> B [PORTS]        can either connect to the other?
  who reaches X [PORTS]  every source: things of the design and addresses outside
  what can X reach       every destination
  what leaves X          the ways out of a VPC or a thing, by gateway

A side is a list of names with commas, and except with more of them. A name is
internet, an address or CIDR, KIND/NAME (svc, instance, alb, nlb, clb, lb, db, fn,
eni, endpoint, cluster, sg, subnet, vpc, prefix-list), aws/SERVICE, or a resource
address or ARN; names may hold * and ?. PORTS are those of the destination, such
as tcp/8080, https or tcp/1-100,udp/53; without them every port is meant on which
it listens. Ways through load balancers to a task count, unless --direct is given.
docs/ask.md has the grammar and examples of everything.

With --from-file there is no QUESTION: each line of the file is one, with what is
expected of it, such as "deny: internet -> db/*".

PATHs are those of check: without one the current directory is read.`,
		Example: `  muralla ask 'internet -> svc/orders' .
  muralla ask 'instance/bastion -> svc/orders tcp/8080' examples/orders
  muralla ask 'who reaches db/orders' examples/orders
  muralla ask --pivot 'internet -> db/orders' examples/orders
  muralla ask --expect=deny 'internet -> db/*' plan.json
  muralla ask --from-file intents.txt -o junit=network.xml .`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && o.file == "" {
				return fail("for example: muralla ask 'internet -> svc/orders tcp/8080'", "ask wants a question")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if o.file != "" {
				return o.run(a, "", args)
			}
			return o.run(a, args[0], args[1:])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "write `FORMAT[=FILE]`: text, json, junit, svg, mermaid or dot; may be repeated")
	f.StringVar(&o.expect, "expect", "", "exit 0 only if every connection works or none does: `allow` or deny")
	f.StringVar(&o.file, "from-file", "", "ask every line of this `FILE`; - is the standard input")
	f.BoolVar(&o.direct, "direct", false, "leave out ways through load balancers")
	f.BoolVar(&o.pivot, "pivot", false, "ask about chains of connections, from one thing to the next")
	o.flags(f)
	f.BoolVar(&o.all, "all", false, "show every pair in full")
	f.StringVar(&o.color, "color", "auto", "`WHEN` to use colour: auto, always or never")
	withExitTable(cmd, askExits)
	return cmd
}

// asked is what is asked: one question, or the intents of a file.
type asked struct {
	text     string // of the question
	question question.Question
	expect   question.Expectation

	file    string // base name of the file; empty for one question
	intents []question.Intent
}

// answered is what came of it.
type answered struct {
	reply    ask.Reply
	outcomes []ask.Outcome
}

// run asks and shows; the exit status is the error.
func (o askOptions) run(a *app, words string, paths []string) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	outputs, err := parseOutputs(o.outputs, []string{"dot", "json", "junit", "mermaid", "svg", "text"})
	if err != nil {
		return err
	}
	color, err := useColor(o.color, a.stdout)
	if err != nil {
		return err
	}
	what, err := o.asked(a, words)
	if err != nil {
		return err
	}
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

	answer, found, err := o.answer(a, req, what)
	diags = append(diags, found...).Sorted()
	if diagErr := text.WriteDiagnostics(a.stderr, diags, beside); diagErr != nil {
		return diagErr
	}
	if err != nil {
		return err
	}
	if err := o.show(a, what, answer, diags, outputs, color); err != nil {
		return err
	}
	return statusOf(what, answer)
}

// statusOf is the exit status of an answer.
func statusOf(what asked, got answered) error {
	holds := got.reply.Holds(what.expect)
	if what.file != "" {
		switch c := ask.CountOf(got.outcomes); {
		case c.Failed > 0:
			return exitFound
		case c.Errors > 0:
			return exitFailed
		case c.Undecided > 0:
			return exitUndecided
		}
		return nil
	}
	switch holds {
	case fact.Yes:
		return nil
	case fact.No:
		return exitFound
	}
	return exitUndecided
}

// asked reads what is asked, before the design is.
func (o askOptions) asked(a *app, words string) (asked, error) {
	expect, ok := question.ParseExpectation(o.expect)
	if !ok {
		return asked{}, fail("use --expect=allow or --expect=deny", "there is no expectation %q", o.expect)
	}
	if o.file != "" {
		if o.expect != "" {
			return asked{}, fail("write allow: or deny: before each question of the file", "--expect and --from-file exclude each other")
		}
		return o.intents(a)
	}
	q, err := question.Parse(words)
	if err != nil {
		return asked{}, questioned(words, err)
	}
	q.Direct, q.Pivot = q.Direct || o.direct, q.Pivot || o.pivot
	// Flags beside the question are as those within it.
	if q, err = question.Parse(q.String()); err != nil {
		return asked{}, questioned("", err)
	}
	return asked{text: words, question: q, expect: expect}, nil
}

// maxIntents is how many bytes of a file of intents are read.
const maxIntents = 4 << 20

// intents reads the file of --from-file.
func (o askOptions) intents(a *app) (asked, error) {
	in := a.stdin
	if o.file != "-" {
		file, err := os.Open(o.file)
		if err != nil {
			return asked{}, fail("--from-file names a file with a line for each question", "%w", err)
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxIntents+1))
	if err != nil {
		return asked{}, fmt.Errorf("read intents: %w", err)
	}
	if len(data) > maxIntents {
		return asked{}, fail("cut it into several files", "%s is longer than 4 MiB", o.file)
	}
	list := question.ParseIntents(string(data))
	if len(list) == 0 {
		return asked{}, fail("a line is allow: or deny:, then a question: deny: internet -> db/*", "%s has no intent", o.file)
	}
	for i := range list {
		list[i].Question.Direct = list[i].Question.Direct || o.direct
		list[i].Question.Pivot = list[i].Question.Pivot || o.pivot
	}
	return asked{file: filepath.Base(o.file), intents: list}, nil
}

// questioned brings the hint of a question that cannot be asked, and its place in
// the words of it.
func questioned(words string, err error) error {
	var e *question.Error
	if !errors.As(err, &e) {
		return err
	}
	return failure{err: err, shown: pointer(words, e), hints: []string{e.Hint}}
}

// pointer is the words of a question with marks below what an error is about.
func pointer(words string, e *question.Error) []string {
	if e.Length == 0 || e.At+e.Length > len(words) {
		return nil
	}
	before, marked := []rune(oneRow(words[:e.At])), []rune(oneRow(words[e.At:e.At+e.Length]))
	after := []rune(oneRow(words[e.At+e.Length:]))
	const most = 60 // columns before and after
	if len(before) > most {
		before = append([]rune("…"), before[len(before)-most:]...)
	}
	if len(marked) > most {
		marked, after = append(marked[:most], '…'), nil
	}
	if len(after) > most {
		after = append(after[:most], '…')
	}
	return []string{string(before) + string(marked) + string(after), strings.Repeat(" ", len(before)) + strings.Repeat("^", len(marked))}
}

// answer reads the design and answers. Only this part may take long.
func (o askOptions) answer(a *app, req request, what asked) (answered, diag.List, error) {
	type outcome struct {
		answered
		diags diag.List
		err   error
	}
	out, err := waitFor(a, "asking "+strings.Join(req.Paths, " "), func() outcome {
		e, diags, err := open(req)
		if err != nil {
			return outcome{diags: diags, err: err}
		}
		asker := ask.New(reach.New(e.Snapshot))
		if what.file != "" {
			return outcome{answered: answered{outcomes: asker.Check(what.intents), reply: ask.Reply{Snapshot: e.Snapshot}}, diags: diags}
		}
		reply, err := asker.Ask(what.question)
		if err != nil {
			return outcome{diags: diags, err: questioned(what.text, err)}
		}
		ask.Advise(asker.Network(), &reply, what.expect == question.ExpectDeny)
		return outcome{answered: answered{reply: reply}, diags: diags}
	})
	if err != nil {
		return answered{}, nil, err
	}
	return out.answered, out.diags, out.err
}

// show writes every output; all are laid out before the first is written.
func (o askOptions) show(a *app, what asked, got answered, diags diag.List, outputs []output, color bool) error {
	views := map[string]func(io.Writer, text.Options) error{
		"text": func(w io.Writer, t text.Options) error {
			if what.file != "" {
				return text.WriteIntents(w, what.file, got.reply.Snapshot, got.outcomes, t)
			}
			return text.WriteAnswer(w, got.reply, what.expect, t)
		},
		"json": func(w io.Writer, _ text.Options) error {
			if what.file != "" {
				return json.WriteIntents(w, what.file, got.reply.Snapshot, got.outcomes, diags)
			}
			return json.WriteAnswer(w, got.reply, what.expect, diags)
		},
		"junit": func(w io.Writer, _ text.Options) error {
			suite, err := suiteOf(what, got)
			if err != nil {
				return err
			}
			return junit.Write(w, suite)
		},
	}
	contents := make([]bytes.Buffer, len(outputs))
	for i, out := range outputs {
		if _, drawn := pictures[out.format]; drawn {
			if what.file != "" {
				return fail("ask one of them: muralla ask -o "+out.format+" 'FROM -> TO'", "a picture is of one question, not of a file of them")
			}
			if err := drawAnswer(&contents[i], out.format, what.text, got.reply); err != nil {
				return fmt.Errorf("draw: %w", err)
			}
			continue
		}
		t := text.Options{All: o.all, Color: color && (out.file == "" || o.color == "always")}
		if err := views[out.format](&contents[i], t); err != nil {
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
