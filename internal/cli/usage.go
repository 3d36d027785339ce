package cli

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// usageError is a wrong call: exit status 2, with a pointer to the help.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// below is a command's name without the program's, which begins the line.
func below(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// noArgs refuses arguments.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, and got %s; %s --help shows the usage", below(c), quote(args[0]), c.CommandPath())
	}
	return nil
}

// oneArg wants one argument, which the usage calls by a name.
func oneArg(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usagef("%s wants one argument, %s, and got %d; %s --help shows the usage", below(c), name, len(args), c.CommandPath())
		}
		return nil
	}
}

// oneArgAtMost takes an argument or none.
func oneArgAtMost(name string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usagef("%s wants one argument at most, %s, and got %d; %s --help shows the usage", below(c), name, len(args), c.CommandPath())
		}
		return nil
	}
}

// oneOf takes any number of some words.
func oneOf(what string, words []string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		for _, word := range args {
			if !slices.Contains(words, word) {
				return usagef("there is no %s %q; choose among %s", what, word, strings.Join(words, ", "))
			}
		}
		return nil
	}
}

// group is what a command does that only holds others: it shows its help, and
// refuses what is none of them.
func group(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return c.Help()
	}
	return unknownCommand(c, args[0])
}

func unknownCommand(c *cobra.Command, word string) error {
	where := ""
	if c.HasParent() {
		where = " below " + c.Name()
	}
	c.SuggestionsMinimumDistance = 2
	if like := c.SuggestionsFor(word); len(like) > 0 {
		return usagef("there is no command %q%s; did you mean %s? %s --help lists them", word, where, like[0], c.CommandPath())
	}
	return usagef("there is no command %q%s; %s --help lists them", word, where, c.CommandPath())
}

// addHelp puts this program's own help and completion commands in the place of
// cobra's, which are content with words that stand for nothing.
func addHelp(root *cobra.Command) {
	root.SetHelpCommand(&cobra.Command{
		Use: "help [COMMAND]...", Short: "Show the help of a command",
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // helps where nothing else runs
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if at, rest, err := root.Find(args); err == nil && len(rest) == 0 {
				for _, sub := range at.Commands() {
					names = append(names, sub.Name()+"\t"+sub.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			at := root
			for _, word := range args {
				i := slices.IndexFunc(at.Commands(), func(c *cobra.Command) bool { return c.Name() == word })
				if i < 0 {
					return unknownCommand(at, word)
				}
				at = at.Commands()[i]
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	})
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() != "completion" {
			continue
		}
		c.Args, c.RunE = cobra.ArbitraryArgs, group
		for _, shell := range c.Commands() {
			shell.Args = noArgs
		}
	}
}

// invalid matches what pflag says of a value that it cannot take.
var invalid = regexp.MustCompile(`^invalid argument .* for "(--[a-z-]+)" flag`)

// wanted says what a value must look like, by the function that could not read it.
var wanted = map[string]string{
	"ParseUint": "a whole number, 0 or more", "ParseInt": "a whole number", "Atoi": "a whole number",
	"ParseFloat": "a number", "ParseBool": "true or false",
}

// flagError puts an error of a flag into words.
func flagError(c *cobra.Command, err error) error {
	var number *strconv.NumError
	if m := invalid.FindStringSubmatch(err.Error()); m != nil && errors.As(err, &number) && wanted[number.Func] != "" {
		want := wanted[number.Func]
		if errors.Is(err, strconv.ErrRange) {
			want += " of at most 64 bits"
		}
		return usagef("%s %s: want %s", m[1], quote(number.Num), want)
	}
	return usagef("%w; %s --help lists the flags", err, c.CommandPath())
}
