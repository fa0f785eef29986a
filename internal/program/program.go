// SPDX-License-Identifier: Apache-2.0

// Package program gives the programs in cmd/ what they have in common: a version, completion in a shell, help that fits a terminal, and a
// hint at what a mistyped word may have meant.
//
//	root := &cobra.Command{Use: "runtimesim", ...}
//	root.AddCommand(...)
//	program.Equip(root)
package program

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

// columns is how wide help may be: as wide as a terminal that nobody has widened.
const columns = 80

// Equip gives a program --version and the subcommand version, which print the same, and breaks the lines of its flags' help at 80 columns.
// The long help and the examples are printed as they are written. Cobra adds the subcommand completion, and the help lists it.
//
// An unknown flag or subcommand is answered with the one that may have been meant. A program that handles the errors of its flags sets its
// function before Equip, and gets them with that hint. A program that only has subcommands has no Run: it prints its help. A program that
// takes arguments besides subcommands says so in Args: Cobra takes an argument for a mistyped subcommand otherwise.
func Equip(root *cobra.Command) {
	root.SetFlagErrorFunc(suggestFlags(root.FlagErrorFunc()))
	if !root.Runnable() {
		holdCommands(root)
	}
	root.Version = describe(read(debug.ReadBuildInfo()))
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages", fmt.Sprintf("FlagUsagesWrapped %d", columns)))
	root.AddCommand(&cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit and the version of Go",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s version %s\n", root.Name(), root.Version)
			return err
		},
	})
	root.InitDefaultHelpCmd() // it would come by itself, but later
	if help, _, err := root.Find([]string{"help"}); err == nil {
		help.Args = knownCommand
	}
}
