// SPDX-License-Identifier: Apache-2.0

package program

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// farthest is how many letters a mistyped word may differ by, and still be known. Cobra has the same bound for subcommands.
const farthest = 2

// DidYouMean names the known words nearest to an unknown one, as " (did you mean tokio?)". It is empty if none is near.
func DidYouMean(word string, known []string) string {
	return question(nearest(word, known))
}

func question(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return " (did you mean " + strings.Join(names, " or ") + "?)"
}

// nearest lists the known words nearest to an unknown one, and those that begin with it. Cobra judges what is near, as it does for
// subcommands, so the words are made subcommands here.
func nearest(word string, known []string) []string {
	if word == "" {
		return nil // every word begins with it
	}
	dictionary := &cobra.Command{}
	for _, k := range known {
		dictionary.AddCommand(&cobra.Command{Use: k, Run: func(*cobra.Command, []string) {}})
	}
	most := min(farthest, (len(word)+1)/2) // of a shorter word, that would be every letter
	for dictionary.SuggestionsMinimumDistance = 0; dictionary.SuggestionsMinimumDistance <= most; dictionary.SuggestionsMinimumDistance++ {
		if names := dictionary.SuggestionsFor(word); len(names) > 0 {
			return names
		}
	}
	return nil
}

// suggestFlags adds the flags that may have been meant to the error of an unknown flag, and hands the error on.
func suggestFlags(then func(*cobra.Command, error) error) func(*cobra.Command, error) error {
	return func(cmd *cobra.Command, err error) error {
		if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
			if mistake := cmd.ValidateArgs(cmd.Flags().Args()); mistake != nil {
				return mistake // of an argument before the flag: the flag may belong to the subcommand that it is meant to be
			}
			word := unknown.GetSpecifiedName()
			if letters := unknown.GetSpecifiedShortnames(); letters != "" { // -rate is read as -r -a -t -e
				word, _, _ = strings.Cut(letters, "=")
			}
			if len(word) > 1 {
				err = fmt.Errorf("%w%s", err, question(nearestFlags(cmd, word)))
			}
		}
		return then(cmd, err)
	}
}

// nearestFlags lists the flags, of those that the help of a command shows, whose names are nearest to a word.
func nearestFlags(cmd *cobra.Command, word string) []string {
	var shown []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			shown = append(shown, f.Name)
		}
	})
	names := nearest(word, shown)
	for i := range names {
		names[i] = "--" + names[i]
	}
	return names
}

// holdCommands makes a command that has only subcommands refuse other arguments. Alone, it prints its help.
func holdCommands(cmd *cobra.Command) {
	cmd.Args, cmd.DisableFlagsInUseLine = noArgument, true
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() } // Cobra looks at the arguments of what can run
}

// noArgument takes an argument for a mistyped subcommand.
func noArgument(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q%s; see %s --help", args[0], DidYouMean(args[0], names), cmd.CommandPath())
}

// knownCommand refuses arguments of the subcommand help that name no command.
func knownCommand(help *cobra.Command, args []string) error {
	if found, rest, err := help.Root().Find(args); err != nil || len(rest) > 0 {
		return noArgument(found, rest)
	}
	return nil
}
