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
	"sync/atomic"
	"syscall"
	"time"

	"inkling/data"
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
	saved    *atomic.Pointer[string] // the checkpoint that --resume goes on from
}

// Main runs the command line and returns its exit status. It is the one place
// that catches panics: a person gets a line, never a stack.
func Main(args []string, in io.Reader, out, errOut io.Writer) (status int) {
	defer func() {
		if failure := recover(); failure != nil {
			fmt.Fprintf(errOut, "inkling: %s\n", oneLine(fmt.Sprint(failure)))
			if _, file := failure.(*data.ReadError); file {
				// an image went away while it was in use: nobody's fault here
			} else if debugging() {
				errOut.Write(debug.Stack())
			} else {
				fmt.Fprintln(errOut, "inkling: this is a fault of the program; INKLING_DEBUG=1 shows where")
			}
			status = exitFailure
		}
	}()
	boundGarbage()
	var saved atomic.Pointer[string]
	signalled, stop := interruptible(errOut, &saved)
	defer stop()
	ctx, cancel := context.WithCancel(signalled)
	defer cancel()
	printed := &output{Writer: out, failed: cancel}
	a := &app{in: in, out: printed, err: errOut, args: args, saved: &saved}
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if signalled.Err() != nil { // also where the command had just come to its end
		fmt.Fprintln(errOut, "inkling: interrupted")
		return exitInterrupted
	}
	if failure := printed.failure(); failure != nil {
		err = failure
	}
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(errOut, "inkling: %s\n", oneLine(err.Error()))
	var more interface{ Detail() string }
	if debugging() && errors.As(err, &more) {
		fmt.Fprintf(errOut, "inkling: %s\n", oneLine(more.Detail()))
	}
	if errors.As(err, &usageError{}) {
		return exitUsage
	}
	return exitFailure
}

func debugging() bool { return os.Getenv("INKLING_DEBUG") != "" }

// interruptible returns a context that ends at the first Ctrl-C or SIGTERM. The
// second one ends the process at once, and says what is saved; one that comes with the
// first, as timeout sends it to a process and to its group, is the same one.
func interruptible(errOut io.Writer, saved *atomic.Pointer[string]) (context.Context, func()) {
	const together = 300 * time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; !ok {
			return
		}
		cancel()
		first := time.Now()
		for range signals {
			if time.Since(first) < together {
				continue
			}
			more := ""
			if path := saved.Load(); path != nil {
				more = "; the same command with --resume goes on from " + quote(display(*path))
			}
			fmt.Fprintf(errOut, "\ninkling: stopped at once%s\n", more)
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
	var showVersion bool
	root := &cobra.Command{
		Use:   "inkling",
		Short: "Handwritten digits, from raw pixels to a network that reads them, with nothing hidden",
		Long: `Inkling teaches a machine to read handwritten digits and shows everything that
happens on the way. Begin with:

  inkling tour`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if showVersion && len(args) == 0 {
				return a.printVersion()
			}
			return group(c, args)
		},
		PersistentPreRunE: func(*cobra.Command, []string) error { return a.prepare() },
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetFlagErrorFunc(flagError)
	root.Flags().BoolVar(&showVersion, "version", false, "print the version and what the program runs on")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print one JSON object a line, and everything else to standard error")
	root.PersistentFlags().IntVar(&a.threads, "threads", 0, "processor cores to use; 0 takes all (default 0)")
	root.AddCommand(a.tourCommand(), a.trainCommand(), a.evalCommand(), a.predictCommand(), a.lrfindCommand(), a.exportCommand(), a.dataCommand(), a.labCommand(), a.doctorCommand(), a.devicesCommand(), a.benchCommand(), a.versionCommand())
	addHelp(root)
	return root
}

// maxThreads is more than any machine has cores for; each one costs a stack.
const maxThreads = 1024

// prepare checks what holds for all commands.
func (a *app) prepare() error {
	if err := kernel.Err(); err != nil {
		return err
	}
	if a.threads < 0 || a.threads > maxThreads {
		return usagef("--threads %d: from 1 to %d, or 0 for all cores", a.threads, maxThreads)
	}
	if a.threads > 0 {
		runtime.GOMAXPROCS(a.threads)
		cpu.Default().SetWorkers(a.threads)
	}
	return nil
}
