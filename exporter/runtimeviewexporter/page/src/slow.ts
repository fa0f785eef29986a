// SPDX-License-Identifier: Apache-2.0
import { find, make, name } from './dom';
import { clock, duration } from './format';
import type { Frame, Slow } from './frame';
import { bar } from './times';

// Panel lists the slowest spans.
export class Panel {
  private readonly root = find('#slow .slow');

  show(frame: Frame): void {
    if (frame.slow.length === 0) {
      this.root.replaceChildren(
        make('p', 'none', 'No outliers among these spans. The processor runtime_stats marks them, once it has seen 100 spans of an operation.'),
      );
      return;
    }
    this.root.replaceChildren(...frame.slow.map(entry));
  }
}

function entry(slow: Slow): HTMLElement {
  const why = slow.findings.join(', ').replaceAll('_', ' ');
  const found = make('span', 'why', why || 'nothing found');
  if (slow.culprit) found.append(' by ', name(slow.culprit));
  return make(
    'div',
    'row',
    make('span', 'took', make('strong', '', duration(slow.duration)), make('small', '', ` at ${clock(slow.end)}`)),
    make('span', 'who', name(slow.operation), ' ', make('small', '', slow.runtime, ' ', name(slow.service))),
    bar(slow.parts, false),
    found,
    make('code', 'trace', slow.trace),
  );
}
