// Package cli is the command line: flags, what is printed, exit statuses. Every
// command's work is done by the packages below it.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"inkling/device/cpu"
	"inkling/internal/kernel"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitInterrupted = 130
)

// app is what the commands share.
type app struct {
	in       io.Reader
	out, err io.Writer
	json     bool
	threads  int
	args     []string
}

// usageError is a wrong call: exit status 2, with a pointer to the help.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Main runs the command line and returns its exit status. It is the one place
// that catches panics: a person gets a line, never a stack.
func Main(args []string, in io.Reader, out, errOut io.Writer) (status int) {
	a := &app{in: in, out: out, err: errOut, args: args}
	defer func() {
		if failure := recover(); failure != nil {
			fmt.Fprintf(errOut, "inkling: %s\n", oneLine(fmt.Sprint(failure)))
			if os.Getenv("INKLING_DEBUG") != "" {
				errOut.Write(debug.Stack())
			} else {
				fmt.Fprintln(errOut, "inkling: this is a fault of the program; INKLING_DEBUG=1 shows where")
			}
			status = exitFailure
		}
	}()
	ctx, stop := interruptible()
	defer stop()
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		fmt.Fprintln(errOut, "inkling: interrupted")
		return exitInterrupted
	case errors.As(err, &usageError{}):
		fmt.Fprintf(errOut, "inkling: %s\n", oneLine(err.Error()))
		return exitUsage
	}
	fmt.Fprintf(errOut, "inkling: %s\n", oneLine(err.Error()))
	return exitFailure
}

// interruptible returns a context that ends at the first Ctrl-C or SIGTERM. The
// second one ends the process at once.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; ok {
			cancel()
		}
		if _, ok := <-signals; ok {
			os.Exit(exitInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel()
	}
}

// oneLine keeps a message on one line, whatever names are in it.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.TrimSpace(s))
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "inkling",
		Short: "Handwritten digits, from raw pixels to a network that reads them, with nothing hidden",
		Long: `Inkling teaches a machine to read handwritten digits and shows everything that
happens on the way. Begin with:

  inkling tour`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usagef("there is no command %q; inkling --help lists them", args[0])
			}
			return c.Help()
		},
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.prepare() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usagef("%w; %s --help lists the flags", err, c.CommandPath())
	})
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object a line, and everything else to standard error")
	root.PersistentFlags().IntVar(&a.threads, "threads", 0, "processor cores to use; 0 takes all")
	root.AddCommand(a.tourCommand(), a.dataCommand(), a.doctorCommand(), a.devicesCommand(), a.benchCommand(), a.versionCommand())
	for _, c := range root.Commands() {
		wrapArgs(c)
	}
	return root
}

// wrapArgs makes wrong numbers of arguments a matter of usage.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usagef("%s: %w; %s --help shows the usage", c.CommandPath(), err, c.CommandPath())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}

// prepare checks what holds for all commands.
func (a *app) prepare() error {
	if err := kernel.Err(); err != nil {
		return err
	}
	if a.threads < 0 {
		return usagef("--threads %d: at least 1, or 0 for all cores", a.threads)
	}
	if a.threads > 0 {
		runtime.GOMAXPROCS(a.threads)
		cpu.Default().SetWorkers(a.threads)
	}
	return nil
}
