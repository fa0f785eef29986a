// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"

	"github.com/runtimelab/otelcol-runtimelab/workload"
)

// numberWay is one of the ways to say a number that differs from draw to draw.
type numberWay struct {
	form

	read func(value, *form) workload.Number
}

var (
	anyNumber      = number{-workload.HighestNumber, workload.HighestNumber, false}
	positiveNumber = number{0, workload.HighestNumber, false}
)

var numberWays = []numberWay{
	{form{name: "uniform", means: "Even from min to max.", keys: []key{
		{name: "min", takes: anyNumber, missing: "a number", means: "The least."},
		{name: "max", takes: anyNumber, missing: "a number", means: "The highest, min or more."},
	}}, readUniformNumber},
	{form{name: "normal", means: "The normal distribution.", keys: []key{
		{name: "mean", takes: anyNumber, missing: "a number", means: "The mean."},
		{name: "deviation", takes: positiveNumber, missing: "a number from 0", means: "The standard deviation."},
	}}, func(v value, f *form) workload.Number {
		var n workload.NormalNumber
		if t, ok := v.table(f); ok {
			t.number("mean", &n.Mean)
			t.number("deviation", &n.Deviation)
		}
		return n
	}},
	{form{name: "exponential", means: "Without memory: P(X > x) = exp(-x/mean).", keys: []key{
		{name: "mean", takes: positiveNumber, missing: "a number from 0", means: "The mean."},
	}}, func(v value, f *form) workload.Number {
		var n workload.ExponentialNumber
		if t, ok := v.table(f); ok {
			t.number("mean", &n.Mean)
		}
		return n
	}},
	{form{name: "lognormal", means: "median * exp(sigma * z), z standard normal.", keys: []key{
		{name: "median", takes: positiveNumber, missing: "a number from 0", means: "Half of the draws are less."},
		{name: "sigma", takes: number{0, workload.HighestSigma, false}, missing: number{0, workload.HighestSigma, false}.words(), means: "The spread."},
	}}, func(v value, f *form) workload.Number {
		var n workload.LognormalNumber
		if t, ok := v.table(f); ok {
			t.number("median", &n.Median)
			t.number("sigma", &n.Sigma)
		}
		return n
	}},
}

var numberNames = func() (names []string) {
	for i := range numberWays {
		names = append(names, numberWays[i].name)
	}
	return names
}()

// spanDuration is the word for the duration of a span as a number.
const spanDuration = "duration"

func readUniformNumber(v value, f *form) workload.Number {
	var n workload.UniformNumber
	t, ok := v.table(f)
	if !ok {
		return n
	}
	t.number("min", &n.Min)
	if most, ok := t.get("max"); ok {
		if n.Max = most.number(anyNumber); n.Max < n.Min {
			most.refuse(fmt.Sprintf("%s or more, like min", formatNumber(n.Min)))
		}
	}
	return n
}

// readNumber reads a number, or a map of one way to draw it.
func readNumber(v value) workload.Number {
	if _, ok := v.raw.(map[string]any); ok {
		i, parameters, ok := v.variant("distribution", numberNames)
		if !ok {
			return workload.FixedNumber(0)
		}
		return numberWays[i].read(parameters, &numberWays[i].form)
	}
	if _, ok := v.float(); !ok {
		v.refuse("a number, or a map of " + oneOf(numberNames))
		return workload.FixedNumber(0)
	}
	return workload.FixedNumber(v.number(anyNumber))
}
