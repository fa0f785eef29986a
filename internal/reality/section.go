// SPDX-License-Identifier: Apache-2.0

package reality

import (
	_ "embed"
	"os"
	"strings"
)

// preface says what the tables are, before them.
//
//go:embed preface.txt
var preface string

// Where the generated part of a document begins. It goes to the document's end.
const (
	inFindings = "\n## Real services\n"
	inReal     = "\n## The captures\n"
)

// WriteSection writes what a run has shown at the end of docs/findings.md, in place of what is there.
func WriteSection(document string, results []Result) error {
	return writeEnd(document, inFindings, preface+"\n"+Findings(results).Markdown(2)+"\n"+Health(results).Markdown(2))
}

// Section returns what docs/findings.md says about real services.
func Section(document string) (string, error) {
	_, end, err := cutEnd(document, inFindings)
	return end, err
}

func writeEnd(document, heading, end string) error {
	begin, _, err := cutEnd(document, heading)
	if err != nil {
		return err
	}
	return os.WriteFile(document, []byte(begin+heading+end), 0o644) //nolint:gosec // a document
}

// cutEnd returns what is before a heading, and the heading with what follows.
func cutEnd(document, heading string) (begin, end string, err error) {
	text, err := os.ReadFile(document) //nolint:gosec // the caller says which
	begin, end, found := strings.Cut(string(text), heading)
	if found {
		end = heading + end
	}
	return begin, end, err
}
