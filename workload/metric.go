// SPDX-License-Identifier: Apache-2.0

package workload

// Metric is a metric of the service's own, beside those of its runtime. Each instance records values of it, which the SDK aggregates until its
// next reading.
type Metric struct {
	Name, Unit, Description string
	Instrument              Instrument
	// Operation is the name of spans of the service: each that ends records a value. Empty: each reading of the metrics does, in each series.
	Operation string
	// Value that is recorded; nil: the duration of the span, in seconds. What a counter or histogram records is 0 where it would be negative.
	Value Number
	// Attributes tell series apart. With an Operation they are drawn for each span, as the span's own of the same keys are; otherwise for each
	// series.
	Attributes []Attribute
	// Series is how many are drawn without an Operation, 1 to MostSeries. Those of equal attributes are one.
	Series int
	// Bounds of the buckets of a histogram, increasing; nil: those of the SDKs.
	Bounds []float64
	// Exemplars are the most that a point has, 0 to MostExemplars: values that were recorded, with the span that recorded them. They need an
	// Operation.
	Exemplars int
}

// Bounds of a [Metric].
const (
	// MostSeries is the limit of the SDKs' specification, less the one that takes what exceeds it.
	MostSeries    = 2000
	MostExemplars = 64
	MostBounds    = 200
	MostMetrics   = 1000
	MostLogs      = 1000
)

// Instrument is what a metric is recorded with.
type Instrument uint8

// The instruments.
const (
	Gauge Instrument = iota
	Counter
	UpDownCounter
	Histogram
	ExponentialHistogram
)

var instrumentNames = [...]string{"gauge", "counter", "up_down_counter", "histogram", "exponential_histogram"}

// Instruments are all of them.
func Instruments() []Instrument {
	return []Instrument{Gauge, Counter, UpDownCounter, Histogram, ExponentialHistogram}
}

// String is the instrument's name.
func (i Instrument) String() string { return instrumentNames[i] }
