// SPDX-License-Identifier: Apache-2.0
import 'uplot/dist/uPlot.min.css';
import './page.css';
import { find, make, name } from './dom';
import { count } from './format';
import type { Frame } from './frame';
import * as findings from './findings';
import * as heatmap from './heatmap';
import * as lanes from './lanes';
import * as percentiles from './percentiles';
import { type Brush, read, type Scope, write } from './scope';
import * as slow from './slow';
import * as times from './times';
import { verdict } from './verdict';

// The page shows one frame at a time. While it is live, the server sends a frame a second; when it is paused, or something is selected in the
// heatmap, it shows one frame that does not move.
let scope: Scope = read(location.search);
let paused = scope.brush !== undefined;
let stream: EventSource | undefined;
let frame: Frame | undefined;
let asked = 0; // requests for a frame, of which only the last one counts

const panels = {
  lanes: new lanes.Panel((lane) => select({ ...scope, runtime: lane.runtime, service: lane.service })),
  heatmap: new heatmap.Panel(brushed),
  times: new times.Panel((operation) => select({ ...scope, operation })),
  findings: new findings.Panel(),
  percentiles: new percentiles.Panel(),
  slow: new slow.Panel(),
};

function show(next: Frame): void {
  frame = next;
  const empty = next.first === 0;
  find('#title').textContent = next.title || 'Runtimes';
  document.title = next.title || 'Runtimes';
  find('#empty').hidden = !empty;
  for (const section of document.querySelectorAll<HTMLElement>('main > section:not(#empty)')) section.hidden = empty;
  status(statement(next));
  if (empty) return;
  verdict(next);
  const called = scope.operation ? 'spans' : 'requests';
  find('#lanes-title').textContent = `${called === 'spans' ? 'Spans' : 'Requests'}, side by side`;
  panels.lanes.show(next, called);
  panels.heatmap.show(next, scope.brush);
  panels.times.show(next);
  panels.findings.show(next);
  panels.percentiles.show(next);
  panels.slow.show(next);
}

// statement says how far the page can be trusted.
function statement(f: Frame): string {
  const told = [paused ? 'Paused' : 'Live', `${count(f.total)} spans since the start`];
  told.push(f.every ? 'every span of the last two minutes' : 'a random sample of the last two minutes, counts are estimates');
  if (f.omitted > 0) told.push(`${count(f.omitted)} spans off the axis (no duration, or older)`);
  if (f.further > 0) told.push(`${count(f.further)} spans of operations beyond the limit`);
  if (f.malformed > 0) told.push(`${count(f.malformed)} values left out`);
  return told.join(' · ');
}

// status writes the line below the title. Its numbers change every second, so only its first word is read aloud.
function status(text: string): void {
  find('#status').textContent = text;
  const state = text.split(' · ')[0];
  if (find('#state').textContent !== state) find('#state').textContent = state;
}

function select(next: Scope): void {
  scope = next;
  const query = write(scope);
  history.replaceState(null, '', query ? `?${query}` : location.pathname);
  chips();
  connect();
}

function brushed(brush: Brush | undefined, final: boolean): void {
  if (!final) {
    scope = { ...scope, brush };
    if (frame) panels.heatmap.show(frame, brush);
    return;
  }
  if (brush) paused = true;
  else if (scope.brush) paused = false;
  select({ ...scope, brush });
}

function pause(value: boolean): void {
  paused = value;
  if (!paused && scope.brush) select({ ...scope, brush: undefined });
  else connect();
}

// chips shows what is selected, each with a button that ends it.
function chips(): void {
  const bar = find('#scope');
  const chip = (what: string, value: Node | string, without: () => Scope): HTMLElement => {
    const button = make('button', 'chip', `${what}: `, value, make('span', 'x', ' ×'));
    button.type = 'button';
    button.title = 'Show all again';
    button.addEventListener('click', () => {
      const next = without();
      if (scope.brush && !next.brush) paused = false;
      select(next);
    });
    return button;
  };
  const all: HTMLElement[] = [];
  if (scope.runtime) all.push(chip('runtime', name(scope.runtime), () => ({ ...scope, runtime: '' })));
  if (scope.service) all.push(chip('service', name(scope.service), () => ({ ...scope, service: '' })));
  if (scope.operation) all.push(chip('operation', name(scope.operation), () => ({ ...scope, operation: '' })));
  if (scope.brush) all.push(chip('heatmap', 'a part', () => ({ ...scope, brush: undefined })));
  bar.hidden = all.length === 0;
  bar.replaceChildren(...all);
}

function connect(): void {
  stream?.close();
  stream = undefined;
  if (document.hidden) return;
  const mine = ++asked;
  const button = find('#pause');
  button.textContent = paused ? 'Go on' : 'Pause';
  button.setAttribute('aria-pressed', String(paused));
  const query = write(scope);
  if (paused) {
    fetch(`api/view?${query}`)
      .then(async (answer) => {
        if (!answer.ok) throw new Error(await answer.text());
        const next = (await answer.json()) as Frame;
        if (mine === asked) show(next);
      })
      .catch((reason: unknown) => status(`No answer: ${reason instanceof Error ? reason.message : 'unknown'}`));
    return;
  }
  stream = new EventSource(`api/events?${query}`);
  stream.addEventListener('message', (e) => show(JSON.parse(e.data) as Frame));
  stream.addEventListener('error', () => status('Not connected: the Collector has ended, or too many pages are open. Trying again.'));
}

// dark reports whether the page is dark, by its own button or else by the system.
function dark(): boolean {
  const own = document.documentElement.dataset.theme;
  return own ? own === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
}

function repaint(): void {
  find('#theme').textContent = dark() ? 'Light' : 'Dark';
  panels.lanes.redraw();
  panels.percentiles.redraw();
  if (frame) show(frame);
}

function keys(e: KeyboardEvent): void {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  const onButton = e.target instanceof HTMLButtonElement;
  if (e.key === 'n') panels.findings.step(1);
  else if (e.key === 'p') panels.findings.step(-1);
  else if (e.key === 'Escape') brushed(undefined, true);
  else if (e.key === ' ' && !onButton) pause(!paused);
  else return;
  e.preventDefault();
}

find('#pause').addEventListener('click', () => pause(!paused));
find('#theme').addEventListener('click', () => {
  document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
  repaint();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
document.addEventListener('keydown', keys);
document.addEventListener('visibilitychange', connect); // nobody looks at a hidden page, so nobody makes frames for it
chips();
repaint();
connect();
