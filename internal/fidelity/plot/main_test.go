// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRun draws a page for each kind of page, with a dot for each row of a time that counts.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	rows := filepath.Join(dir, "rows.json")
	text := `[{"Runtime": "tokio1", "Figure": "wait_p50", "Predicted": 1000, "Measured": 2000},
		{"Runtime": "smol1", "Figure": "latency_mean", "Predicted": 30000, "Measured": 20000},
		{"Runtime": "smol1", "Figure": "latency_p50", "Predicted": 30000, "Measured": 20000, "Fitted": true},
		{"Runtime": "smol1", "Figure": "latency_p90", "Open": "disturbed"},
		{"Runtime": "tokio1", "Figure": "polls", "Predicted": 10, "Measured": 10}]`
	if err := os.WriteFile(rows, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(rows, dir); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"fidelity.svg", "fidelity-dark.svg"} {
		svg, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(svg), "smol, async-std") || strings.Contains(string(svg), "NaN") {
			t.Errorf("%s: not the plot that it should be:\n%s", file, svg)
		}
	}
	if err := os.WriteFile(rows, []byte("["), 0o600); err != nil {
		t.Fatal(err)
	}
	if run(rows, dir) == nil {
		t.Error("rows that are no JSON are drawn")
	}
}

func TestPoints(t *testing.T) {
	rows := []row{
		{Runtime: "tokio1", Figure: "wait_p50", Predicted: 1000, Measured: 2000},
		{Runtime: "per_core2", Figure: "latency_p50", Predicted: 1000, Measured: 2000, Open: "disturbed"},
		{Runtime: "smol1", Figure: "latency_p50", Predicted: 3000, Measured: 2000, Fitted: true},
		{Runtime: "async_std1", Figure: "polls", Predicted: 10, Measured: 10},
		{Runtime: "async_std1", Figure: "wait_mean", Predicted: 10, Measured: 10},
	}
	if of := points(rows, true); len(of) != 1 || of[0].X != 2 || of[0].Y != 1 {
		t.Errorf("Tokio's points are %v; want one of 2 us and 1 us", of)
	}
	if of := points(rows, false); len(of) != 1 || of[0].X != 0.01 {
		t.Errorf("the others' points are %v; want the wait of async-std", of)
	}
}
