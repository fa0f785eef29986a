// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"encoding/json"
	"time"
)

// Schema names what the fields of a report in JSON mean; it changes when one of them changes its meaning or goes.
const Schema = "load_verify/2"

// Document is a report in JSON.
type Document struct {
	// Exporter that wrote it.
	Exporter  string
	WrittenAt time.Time
	Report
}

// JSON writes the document, which ends with a line break.
func (d Document) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(struct {
		Schema    string    `json:"schema"`
		Exporter  string    `json:"exporter"`
		WrittenAt time.Time `json:"written_at"`
		Report
	}{Schema, d.Exporter, d.WrittenAt, d.Report}, "", "  ")
	return append(text, '\n'), err
}
