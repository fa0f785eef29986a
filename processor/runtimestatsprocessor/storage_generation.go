// SPDX-License-Identifier: Apache-2.0

package runtimestatsprocessor

import (
	"context"
	"fmt"
	"strconv"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
)

// bbolt walks through a database when it opens it, in a goroutine of its own: a damaged one, such as a file that has been cut, ends the
// process there, and nobody can recover from that. It would do so again at every start. Therefore each attempt leaves a mark first, in
// a small database beside the windows. If the mark is still there at the next start, the attempt ended the process: those windows are
// left as they are, and the next generation of them begins.
//
//	opening?  ──no──► mark it ──► open generation n ──► take the mark away
//	   └──────yes───► n + 1, warn ──┘
const (
	openings      = "opening" // the name of the small database
	keyOpening    = "opening"
	keyGeneration = "generation"
)

// generations opens the database of the windows of a processor, the newest of those that there are.
type generations struct {
	open      func(ctx context.Context, name string) (storage.Client, error)
	processor component.ID
	logger    *zap.Logger
}

// generationName is the name of the client of a generation. That of the first is empty.
func generationName(generation int) string {
	if generation == 0 {
		return ""
	}
	return strconv.Itoa(generation)
}

// file returns what file_storage calls a generation of the windows.
func (g *generations) file(generation int) string {
	name := fmt.Sprintf("processor_%s_%s", g.processor.Type(), g.processor.Name())
	if generation > 0 {
		name += "_" + generationName(generation)
	}
	return name
}

// openNewest opens the database of the windows, unless doing so ended the process before.
func (g *generations) openNewest(ctx context.Context) (client storage.Client, err error) {
	marks, err := g.open(ctx, openings)
	if err != nil {
		return nil, err
	}
	opening, number := storage.GetOperation(keyOpening), storage.GetOperation(keyGeneration)
	if err := marks.Batch(ctx, opening, number); err != nil {
		_ = marks.Close(ctx) // the first error counts
		return nil, err
	}
	generation, err := strconv.Atoi(string(number.Value))
	if err != nil {
		generation = 0 // the first start
	}
	if opening.Value != nil {
		g.logger.Warn("The last attempt to open the stored windows failed badly: they seem to be damaged. Leaving them, and starting without",
			zap.String("left", g.file(generation)))
		generation++
	}
	err = marks.Batch(ctx, storage.SetOperation(keyOpening, []byte{1}),
		storage.SetOperation(keyGeneration, []byte(strconv.Itoa(generation))))
	if err == nil {
		client, err = g.open(ctx, generationName(generation))
		// It opened, or it said why not.
		_ = marks.Delete(ctx, keyOpening) // a mark that stays costs a warm-up
	}
	_ = marks.Close(ctx)
	return client, err
}
