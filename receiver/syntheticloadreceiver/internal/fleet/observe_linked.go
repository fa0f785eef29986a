// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"github.com/runtimelab/otelcol-runtimelab/scheduler"
	"github.com/runtimelab/otelcol-runtimelab/workload"
	"github.com/runtimelab/otelcol-runtimelab/workload/play"
)

// observeLinked notes the ends of spans of a process that another shard sends for: what processes of this shard link to depends on them.
func (p *process) observeLinked() play.Observer {
	ended := func(label int, tag, number uint64) {
		p.spare.links.keep(p.links.ended(label, spanRef{tag, number, p.place}, &p.spare.links))
	}
	return play.Observer{
		Observer: scheduler.Observer{
			Finished: func(t *scheduler.Finished) {
				if t.Program.Label != workload.Untraced {
					ended(t.Program.Label, t.Tag, t.Task)
				}
			},
			Span: func(s *scheduler.Span) { ended(s.Label, s.Tag, s.Number) },
		},
		Shed: func(s *play.Shed) {
			p.shed++
			ended(p.identity.service.Operations[s.Operation].Program.Label, s.Tag, p.shedSpan())
		},
	}
}
