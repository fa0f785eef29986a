// SPDX-License-Identifier: Apache-2.0

package reality

import (
	"fmt"
	"os"
	"strings"
)

// What stands between these lines of docs/real.md is generated.
const (
	limitedBegin = "<!-- begin real-quota -->\n"
	limitedEnd   = "<!-- end real-quota -->\n"
)

// WriteLimited writes what a run of services with limits has shown into a document, in place of what is there.
func WriteLimited(document string, results []LimitedResult) error {
	before, _, after, err := cutLimited(document)
	if err != nil {
		return err
	}
	return os.WriteFile(document, []byte(before+limitedBegin+limitedTables(results)+limitedEnd+after), 0o644) //nolint:gosec // a document
}

func limitedTables(results []LimitedResult) string {
	return "\n" + Limits(results).Markdown(2) + "\n" + Findings(Results(results)).Markdown(2) + "\n"
}

func cutLimited(document string) (before, tables, after string, err error) {
	text, err := os.ReadFile(document) //nolint:gosec // the caller says which
	if err != nil {
		return "", "", "", err
	}
	before, rest, begins := strings.Cut(string(text), limitedBegin)
	tables, after, ends := strings.Cut(rest, limitedEnd)
	if !begins || !ends {
		return "", "", "", fmt.Errorf("%s: it has no place for the tables: want the lines %q and %q", document, limitedBegin, limitedEnd)
	}
	return before, tables, after, nil
}
