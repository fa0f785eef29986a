// SPDX-License-Identifier: Apache-2.0

// Command plot draws what the models predict against what was measured: a dot for each row that command fidelity has judged, in SVG for
// light and for dark pages.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"regexp"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// row is what is read of a row; package judge has the rest.
type row struct {
	Runtime, Figure, Open string
	Fitted                bool
	Predicted, Measured   float64
}

// page is the colours of a page.
type page struct {
	file            string
	ink, grid       color.Color
	tokio, executor color.Color // Tokio's runtimes, and those on async-executor
}

func main() {
	rows := flag.String("rows", "bin/fidelity-rows.json", "the rows that command fidelity wrote")
	dir := flag.String("dir", "docs", "where the plots go")
	flag.Parse()
	if err := run(*rows, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "plot:", err)
		os.Exit(1)
	}
}

func run(path, dir string) error {
	text, err := os.ReadFile(path) //nolint:gosec // G304: the user names the file
	if err != nil {
		return err
	}
	var rows []row
	if err := json.Unmarshal(text, &rows); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	gray := func(y, a uint8) color.Color { return color.NRGBA{y, y, y, a} }
	for _, page := range []page{
		{"fidelity.svg", gray(40, 255), gray(0, 40), color.NRGBA{31, 102, 178, 160}, color.NRGBA{200, 90, 20, 160}},
		{"fidelity-dark.svg", gray(220, 255), gray(255, 50), color.NRGBA{110, 170, 255, 170}, color.NRGBA{255, 160, 90, 170}},
	} {
		svg, err := page.draw(rows)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, page.file), svg, 0o644); err != nil { //nolint:gosec // G306: a picture
			return err
		}
	}
	return nil
}

var isTime = regexp.MustCompile("^(wait|latency)_")

// points are the rows of times that count, in microseconds.
func points(rows []row, tokio bool) (all plotter.XYs) {
	isTokio := regexp.MustCompile("^(tokio|current_thread|per_core)")
	for _, r := range rows {
		if r.Open == "" && !r.Fitted && isTime.MatchString(r.Figure) && r.Measured > 0 && r.Predicted > 0 && isTokio.MatchString(r.Runtime) == tokio {
			all = append(all, plotter.XY{X: r.Measured / 1e3, Y: r.Predicted / 1e3})
		}
	}
	return all
}

func (c *page) draw(rows []row) ([]byte, error) {
	p := plot.New()
	p.Title.Text = "What the models predict"
	p.X.Label.Text, p.Y.Label.Text = "measured, us", "predicted, us"
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, decades{}
		axis.Color, axis.Label.TextStyle.Color, axis.Tick.Color, axis.Tick.Label.Color = c.ink, c.ink, c.ink, c.ink
	}
	p.Title.TextStyle.Color, p.Legend.TextStyle.Color, p.BackgroundColor = c.ink, c.ink, nil
	p.Legend.Top, p.Legend.Left = true, true
	low, high := math.Inf(1), math.Inf(-1)
	for _, side := range []struct {
		name  string
		tokio bool
		color color.Color
	}{{"Tokio", true, c.tokio}, {"smol, async-std", false, c.executor}} {
		of := points(rows, side.tokio)
		if len(of) == 0 {
			continue
		}
		for _, xy := range of {
			low, high = min(low, xy.X, xy.Y), max(high, xy.X, xy.Y)
		}
		dots, err := plotter.NewScatter(of)
		if err != nil {
			return nil, err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: side.color, Radius: vg.Points(1.6), Shape: draw.CircleGlyph{}}
		p.Add(dots)
		p.Legend.Add(side.name, dots)
	}
	if low > high {
		low, high = 1, 10
	}
	for _, factor := range []float64{1, 0.75, 1.25} {
		line, err := plotter.NewLine(plotter.XYs{{X: low, Y: factor * low}, {X: high, Y: factor * high}})
		if err != nil {
			return nil, err
		}
		line.Color = c.grid
		if factor == 1 {
			line.Color = c.ink
			p.Legend.Add("equal, and 25 % off", line)
		}
		p.Add(line)
	}
	canvas := vgsvg.New(16*vg.Centimeter, 14*vg.Centimeter)
	p.Draw(draw.New(canvas))
	var text buffer
	_, err := canvas.WriteTo(&text)
	return text, err
}

type buffer []byte

// Write implements io.Writer.
func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// decades are ticks at the powers of ten.
type decades struct{}

// Ticks implements plot.Ticker.
func (decades) Ticks(low, high float64) (ticks []plot.Tick) {
	for e := math.Floor(math.Log10(low)); e <= math.Ceil(math.Log10(high)); e++ {
		ticks = append(ticks, plot.Tick{Value: math.Pow(10, e), Label: fmt.Sprintf("%g", math.Pow(10, e))})
	}
	return ticks
}
