// Command hub runs the Business Espoo hub and keeps it: `hub --help` says what it
// can do.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands are what the binary can do. Flags can be given as HUB_* variables too.
type commands struct {
	Run         runCommand        `cmd:"" help:"Run everything in one process: the log, the seven providers and the gateway."`
	Token       tokenCommand      `cmd:"" help:"Print a token that is signed with the key of a data folder. No hub needs to run."`
	Staff       staffCommands     `cmd:"" help:"Add, list and remove advisors, leads and operators of a running hub."`
	Key         keyCommands       `cmd:"" help:"Issue, list and revoke the keys of systems: integrators' and providers'."`
	DeadLetters deadLetterCommand `cmd:"" help:"List and replay what a handler could not take in."`
	Erase       eraseCommand      `cmd:"" help:"Erase a case, or all of a person or a company, everywhere. It cannot be undone."`
	Redact      redactCommand     `cmd:"" help:"Remove the words of one entry of a case's timeline, everywhere. It cannot be undone."`
	Erasures    erasureCommands   `cmd:"" help:"List the protocols of erasures, or print one; keep a case from being erased."`
	Verify      verifyCommand     `cmd:"" help:"Check the whole log of a data folder: nothing is missing and nothing was changed. Its hub must not run."`
	Audit       auditCommands     `cmd:"" help:"Check the access log: who has seen what."`
	Repair      repairCommand     `cmd:"" help:"Set damaged places of a data folder's log aside, so that all the rest can be used. Its hub must not run. Look with hub verify first: a copy from before the damage is better."`
	NATSConfig  natsConfigCommand `cmd:"" name:"nats-config" help:"Write what a nats-server needs to be the log of a hub whose processes run apart."`
}

// output is where commands print; tests look at it.
type output struct{ io.Writer }

const description = `The Business Espoo hub: a company opens one case, the right providers get their requests, and one view shows it all.

Every flag can be given as an environment variable, which the help names. Start with "hub run --demo".`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := execute(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "hub:", strings.TrimPrefix(err.Error(), "hub: "))
		stop()
		os.Exit(1)
	}
}

// execute runs one command line.
func execute(ctx context.Context, args []string, out io.Writer) error {
	var all commands
	parser, err := kong.New(&all, kong.Name("hub"), kong.Description(description), kong.Writers(out, out),
		kong.DefaultEnvars("HUB"), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(output{out}))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return fmt.Errorf("%w; %s --help says what there is", err, asked(err))
	}
	return parsed.Run()
}

// asked is the command that a wrong command line meant, as far as it got.
func asked(err error) string {
	var wrong *kong.ParseError
	if !errors.As(err, &wrong) || wrong.Context == nil {
		return "hub"
	}
	command := "hub"
	for _, step := range wrong.Context.Path {
		if step.Command != nil {
			command += " " + step.Command.Name
		}
	}
	return command
}
