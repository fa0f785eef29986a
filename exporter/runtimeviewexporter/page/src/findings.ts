// SPDX-License-Identifier: Apache-2.0
import { find, make, name } from './dom';
import { count, duration, share } from './format';
import type { Finding, Frame } from './frame';

// What a finding says, as the processor runtime_stats means it.
const meanings: Record<string, { title: string; says: string }> = {
  blocking_suspected: { title: 'blocks its thread', says: 'One poll was long: code that computes or blocks without an await.' },
  queue_starved: { title: 'waits for a worker', says: 'The task was runnable and no worker took it.' },
  worker_skew: { title: 'waits for one busy worker', says: 'Its worker had more to do than the others.' },
  never_idle: { title: 'never gives way', says: 'It was polled often and almost all of the time.' },
  held_after_completion: { title: 'stays open after its last poll', says: 'Something keeps the span after the work was done.' },
  held_up: { title: 'is held up', says: 'Long polls of others had every thread that could run it.' },
  guard_across_await: { title: 'holds a span guard across an await', says: 'Its times contain those of other tasks.' },
  outlives_parent: { title: 'outlives its parent', says: 'It went on after all spans around it had ended.' },
  cpu_starved: { title: 'has no CPU', says: 'A quota or other programs kept its threads from a CPU.' },
};

const culprits = 3;
const running = 0; // the part
const hardlyAny = 0.01; // share of what ran

// Panel lists findings, the one that cost the most time first.
export class Panel {
  private readonly root = find('#findings .findings');

  show(frame: Frame): void {
    const at = this.index();
    this.root.replaceChildren(...frame.findings.map((f) => item(f, frame)));
    if (frame.findings.length === 0) {
      this.root.append(
        make('li', 'none', 'Nothing was found on these spans. Findings are written by the processor runtime_stats: without it in the pipeline there are none.'),
      );
    }
    if (at >= 0) this.focus(at);
  }

  // step goes to the finding that is so many further down.
  step(by: number): void {
    const at = this.index();
    this.focus(at < 0 ? 0 : at + by);
  }

  private index(): number {
    return [...this.root.children].findIndex((c) => c === document.activeElement);
  }

  private focus(at: number): void {
    const all = this.root.children;
    const target = all[Math.min(Math.max(at, 0), all.length - 1)];
    if (target instanceof HTMLElement) target.focus();
  }
}

function item(finding: Finding, frame: Frame): HTMLElement {
  const meaning = meanings[finding.finding] ?? { title: finding.finding, says: '' };
  const li = make(
    'li',
    'finding',
    make('p', 'what', name(finding.operation), ` ${meaning.title}`, make('span', 'where', ` ${finding.runtime} `, name(finding.service))),
    make('p', 'evidence', ...evidence(finding), ...meanwhile(finding, frame)),
    make('p', 'says', meaning.says, ' ', make('code', '', finding.finding)),
  );
  li.tabIndex = -1;
  return li;
}

function evidence(f: Finding): (Node | string)[] {
  const told: (Node | string)[] = [`${count(f.spans)} of ${count(f.of)} spans (${share(f.spans / f.of)})`];
  if (f.victims > 0) {
    told.push(', and ', make('strong', 'accent', `it held up ${count(f.victims)} ${f.victims === 1 ? 'other' : 'others'}`), f.cost > 0 ? ` for ${duration(f.cost)} in all` : '');
  } else if (f.ran > 0) {
    told.push('. It ran for ', make('strong', '', duration(f.ran)), ' in all');
  } else if (f.cost > 0) {
    told.push(', ', make('strong', '', duration(f.cost)), ' in all, added up over these spans');
  }
  told.push('.');
  if (f.culprits.length > 0) {
    told.push(' Culprit: ');
    f.culprits.slice(0, culprits).forEach((c, i) => {
      told.push(i > 0 ? ', ' : '', make('strong', 'accent', name(c.operation)), ` (${count(c.spans)})`);
    });
    told.push('.');
  }
  return told;
}

// meanwhile names what the threads ran of which a finding says no culprit: a hint, and no proof.
function meanwhile(f: Finding, frame: Frame): (Node | string)[] {
  if (f.culprits.length > 0 || f.victims > 0 || f.cost === 0 || f.ran > 0) return [];
  const beside = frame.times.filter((t) => t.runtime === f.runtime && t.service === f.service && t.parts[running] > 0);
  const whole = beside.reduce((sum, t) => sum + t.parts[running], 0);
  if (whole === 0) return [];
  beside.sort((a, b) => b.parts[running] - a.parts[running]);
  const told: (Node | string)[] = [' Meanwhile its threads ran '];
  beside.slice(0, 2).filter((t) => t.parts[running] / whole >= hardlyAny).forEach((t, i) => {
    told.push(i > 0 ? ', ' : '', make('strong', 'accent', name(t.operation)), ` (${share(t.parts[running] / whole)} of what ran)`);
  });
  told.push('.');
  return told;
}
