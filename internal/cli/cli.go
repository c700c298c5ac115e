// Package cli is the program: commands, flags, exit status, and which stream
// gets what.
//
// # Model
// Each command has one file with its options, its run and its view. [Main] is
// the only door. The answer goes to stdout, the conversation (errors, hints,
// problems of the input, progress) to stderr.
//
// # Guarantees
//   - The exit status is one of the table in exit.go and nothing else.
//   - Every error is one line "muralla: …", followed by lines "hint: …".
//   - Without a terminal the bytes on stdout depend on the input, the options and
//     the day alone; with --date not even on the day.
//   - A file that is written is either whole or not there.
//
// # Not modelled
// The width of the terminal: lines have 80 columns, so that what one person sees
// can be shown to another.
//
// The package has more than 1,500 lines because each command brings a file of
// its own, and what is not of commands is elsewhere.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/muralla-net/muralla/internal/diag"
)

// app is what commands share.
type app struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
	analyse        analyse
}

// Main runs the program and returns its exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return run(args, stdin, stdout, stderr, engines)
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer, engine analyse) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr, analyse: engine}
	root := newRoot(a)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return int(exitClean)
	}
	var s status
	if errors.As(err, &s) {
		return int(s)
	}
	if errors.Is(err, context.Canceled) {
		fmt.Fprintln(stderr, "muralla: interrupted")
		return int(exitInterrupted)
	}
	complain(stderr, err)
	return int(exitFailed)
}

// newRoot is the command without a name, with all others below it.
func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "muralla",
		Short: "Network security for Amazon ECS that you can prove",
		Long: `Muralla reads the design of a network for Amazon ECS and says, with proof,
whether it follows the network security best practices of AWS.`,
		Example: `  muralla check .
  muralla check -o json=report.json plan.json
  muralla ask 'internet -> svc/orders' .
  muralla explain sg-from-alb`,
		Version:       buildVersion(),
		SilenceErrors: true,
		SilenceUsage:  true,
		// Not one of the commands: cobra would take the first argument for one.
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return unknownCommand(cmd, args[0])
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(a.stderr) // nothing was asked, so there is no answer
			if err := cmd.Help(); err != nil {
				return err
			}
			return exitFailed
		},
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(newCheck(a), newAsk(a), newGraph(a), newDiff(a), newExplain(a), newSnapshot(a), newVersion(a))
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	withExits(root, exitClean, exitFailed)
	return root
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			known = append(known, c.Name())
		}
	}
	f := failure{err: fmt.Errorf("there is no command %q", name)}
	if _, err := os.Stat(name); err == nil {
		f.hints = append(f.hints, "to check a design: muralla check "+name)
	}
	if best := diag.Closest(name, known); best != "" {
		f.hints = append(f.hints, "did you mean: muralla "+best)
	}
	f.hints = append(f.hints, "commands are "+strings.Join(known, ", "))
	return f
}

// flagError words what cobra says about flags as everything else is worded.
func flagError(cmd *cobra.Command, err error) error {
	help := "see: " + cmd.CommandPath() + " --help"
	var unknown *pflag.NotExistError
	if !errors.As(err, &unknown) {
		return failure{err: err, hints: []string{help}}
	}
	name := unknown.GetSpecifiedName()
	if unknown.GetSpecifiedShortnames() != "" {
		return failure{err: fmt.Errorf("there is no flag -%s", name), hints: []string{help}}
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	f := failure{err: fmt.Errorf("there is no flag --%s", name)}
	if best := diag.Closest(name, known); best != "" {
		f.hints = append(f.hints, "did you mean: --"+best)
	}
	f.hints = append(f.hints, help)
	return f
}
