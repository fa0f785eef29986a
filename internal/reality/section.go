// SPDX-License-Identifier: Apache-2.0

package reality

import (
	_ "embed"
	"os"
	"strings"
)

// preface says what the tables are, before them.
//
//go:embed preface.md
var preface string

// Section is the part of docs/findings.md about real services: it ends the document.
func Section(results []Result) string {
	return preface + "\n" + Findings(results).Markdown(2) + "\n" + Health(results).Markdown(2)
}

// heading begins the section.
const heading = "\n## Real services\n"

// WriteSection puts the section at the end of a document, in place of the one that is there.
func WriteSection(document string, results []Result) error {
	text, err := os.ReadFile(document) //nolint:gosec // the caller says which
	if err != nil {
		return err
	}
	models, _, _ := strings.Cut(string(text), heading)
	return os.WriteFile(document, []byte(models+Section(results)), 0o644) //nolint:gosec // a document
}
