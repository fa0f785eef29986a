// SPDX-License-Identifier: Apache-2.0

package workload

import "github.com/runtimelab/otelcol-runtimelab/scheduler/program"

// SpanRate is the mean number of spans that an instance makes in a second.
func (s *Service) SpanRate() float64 {
	weights, spans := 0.0, 0.0
	for _, o := range s.Operations {
		weights += o.Weight
		spans += o.Weight * tracedSpans(o.Program)
	}
	return s.arrivalRate() * spans / weights
}

// arrivalRate is how many requests arrive in a second, without those of other services.
func (s *Service) arrivalRate() float64 {
	if s.Arrivals == nil {
		return 0
	}
	return s.Arrivals.PerSecond()
}

// tracedSpans counts the spans of one run of a program.
func tracedSpans(p *program.Program) float64 {
	n := 0.0
	if p.Label != Untraced {
		n = 1
	}
	for i := range p.Steps {
		switch st := &p.Steps[i]; st.Op {
		case program.Spawn:
			n += float64(st.Count) * tracedSpans(st.Child)
		case program.Span:
			n++
		default:
		}
	}
	return n
}

// PayloadRate is how many bytes of payload the spans of an instance carry in a second, on average.
func (s *Service) PayloadRate() float64 {
	weights, bytes := 0.0, 0.0
	for _, o := range s.Operations {
		weights += o.Weight
		bytes += o.Weight * s.payload(o.Program)
	}
	return s.arrivalRate() * bytes / weights
}

// payload is how many bytes one run of a program carries.
func (s *Service) payload(p *program.Program) float64 {
	n := 0.0
	if p.Label != Untraced {
		n = s.Spans[p.Label].payload()
	}
	for i := range p.Steps {
		switch st := &p.Steps[i]; st.Op {
		case program.Spawn:
			n += float64(st.Count) * s.payload(st.Child)
		case program.Span:
			n += s.Spans[st.Label].payload()
		case program.Event:
			n += payloadOfAll(s.Events[st.Label].Attributes)
		default:
		}
	}
	return n
}

func (s *Span) payload() float64 {
	n := payloadOfAll(s.Attributes)
	if s.Errors != nil {
		n += s.Errors.Rate * payloadOfAll(s.Errors.Attributes)
	}
	return n
}

func payloadOfAll(attributes []Attribute) float64 {
	n := 0.0
	for _, a := range attributes {
		n += payloadOf(a.Value)
	}
	return n
}
