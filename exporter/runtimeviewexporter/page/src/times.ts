// SPDX-License-Identifier: Apache-2.0
import { find, make, name } from './dom';
import { count, duration, share } from './format';
import { classes, type Frame, parts, type Time } from './frame';

const readable = 0.09; // share from which a part has room for its number

// bar draws parts as shares of their sum. Unknown is always drawn.
export function bar(values: number[], numbers: boolean): HTMLElement {
  const total = values.reduce((a, b) => a + b, 0);
  const root = make('div', 'bar');
  const told: string[] = [];
  parts.forEach((part, i) => {
    const part_ = total > 0 ? values[i] / total : 0;
    if (part_ > 0) told.push(`${part.label} ${share(part_)}`);
    if (part_ < 0.002) return;
    const segment = make('span', part.key, numbers && part_ >= readable ? make('span', 'number', share(part_)) : '');
    segment.style.flexGrow = String(part_);
    segment.title = `${part.label}: ${share(part_)}, ${part.meaning}`;
    root.append(segment);
  });
  root.setAttribute('role', 'img');
  root.setAttribute('aria-label', told.join(', ') || 'no time');
  return root;
}

// Panel shows where the time of each operation went, with the same operation on several runtimes side by side.
export class Panel {
  private readonly root = find('#times .times');

  constructor(private readonly choose: (operation: string) => void) {
    find('#times .legend').replaceChildren(
      ...parts.map((part) => {
        const key = make('span', 'key', make('i', part.key), part.label);
        key.title = part.meaning;
        return key;
      }),
    );
  }

  show(frame: Frame): void {
    const groups = new Map<string, Time[]>();
    for (const time of frame.times) {
      groups.set(time.operation, [...(groups.get(time.operation) ?? []), time]);
    }
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.operation : undefined;
    this.root.replaceChildren(...advice(frame), ...[...groups].map(([operation, times]) => this.group(operation, times, frame)));
    if (frame.times.length === 0) this.root.append(make('p', 'none', 'No spans are selected.'));
    if (focused !== undefined) {
      for (const button of this.root.querySelectorAll('button')) if (button.dataset.operation === focused) button.focus();
    }
  }

  // group shows an operation: on one line if it has one service on one runtime, else with a line for each of them.
  private group(operation: string, times: Time[], frame: Frame): HTMLElement {
    const heading = make('button', 'operation', name(operation));
    heading.type = 'button';
    heading.title = 'Show only this operation';
    heading.dataset.operation = operation;
    heading.addEventListener('click', () => this.choose(operation));
    if (times.length === 1) {
      const where = make('small', '', times[0].runtime, ' ', name(times[0].service));
      return make('div', 'group single', row(times[0], make('h3', 'who', heading, make('br'), where)));
    }
    const order = (t: Time): number => frame.lanes.findIndex((l) => l.runtime === t.runtime && l.service === t.service);
    times.sort((a, b) => order(a) - order(b));
    const who = (t: Time): HTMLElement => make('span', 'who', make('strong', '', t.runtime), ' ', name(t.service));
    return make('div', 'group', make('h3', '', heading), ...times.map((t) => row(t, who(t))));
  }
}

const plenty = 0.3; // share of the time from which unknown wants a word

// advice says what to do about time of which nobody knows where it went.
function advice(frame: Frame): HTMLElement[] {
  const sum = (of: (t: Time) => number): number => frame.times.reduce((total, t) => total + of(t), 0);
  const unknown = sum((t) => t.parts[parts.length - 1]) / sum((t) => t.parts.reduce((a, b) => a + b, 0));
  if (!(unknown > plenty)) return [];
  return [
    make(
      'p',
      'note',
      `${share(unknown)} of the time is unknown: these spans do not say how long they waited for a worker, or the processor runtime_stats has not read them. `,
      'The crate task-fields measures that wait: docs/rust.md.',
    ),
  ];
}

function row(time: Time, label: HTMLElement): HTMLElement {
  const total = time.parts.reduce((a, b) => a + b, 0);
  const unknown = total > 0 ? time.parts[parts.length - 1] / total : 1;
  return make(
    'div',
    'row',
    label,
    bar(time.parts, true),
    make('span', 'mean', make('span', 'value', duration(total / time.spans)), ` mean of ${count(time.spans)}`, make('br'), `unknown ${share(unknown)}, `, slow(time)),
  );
}

// slow says how many spans are outliers of their operation, of those that were judged.
function slow(time: Time): HTMLElement {
  const judged = time.spans - time.classes[0];
  const outliers = time.classes[3] + time.classes[4];
  const told = make('span', '', judged > 0 ? `slow ${share(outliers / judged, 1)}` : 'slow –');
  told.title = time.classes.map((n, i) => `${classes[i]} ${count(n)}`).join(', ');
  return told;
}
