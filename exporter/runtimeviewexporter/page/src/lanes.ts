// SPDX-License-Identifier: Apache-2.0
import uPlot from 'uplot';
import { axis, durationAxis, logRange } from './chart';
import { color, find, make, name } from './dom';
import { clock, duration, rate } from './format';
import type { Frame, Lane } from './frame';

const known = (values: number[]): (number | null)[] => values.map((v) => (v < 0 ? null : v));

function last(values: number[]): number {
  for (let i = values.length - 1; i >= 0; i--) if (values[i] >= 0) return values[i];
  return -1;
}

// Panel shows the lanes: a column for each service on a runtime, with its throughput above its latency. What lies side by side can be
// compared, because all columns have the same axes.
export class Panel {
  private readonly root = find('#lanes .lanes');
  private columns: Column[] = [];
  private keys = '';
  readonly limits = { rate: 1, low: 1, high: 10 };

  constructor(private readonly choose: (lane: Lane) => void) {
    new ResizeObserver(() => this.columns.forEach((c) => c.resize())).observe(this.root);
  }

  // show takes what the spans are called: those of an operation may be no requests.
  show(frame: Frame, called: string): void {
    const keys = JSON.stringify(frame.lanes.map((l) => [l.runtime, l.service]));
    if (keys !== this.keys) this.rebuild(frame.lanes, keys);
    const latencies = frame.lanes.flatMap((l) => [...l.p50, ...l.p99]).filter((v) => v > 0);
    this.limits.rate = Math.max(1, ...frame.lanes.flatMap((l) => l.rate));
    [this.limits.low, this.limits.high] = logRange(Math.min(...latencies), Math.max(...latencies));
    const seconds = Array.from({ length: frame.slots }, (_, i) => frame.first + i);
    frame.lanes.forEach((lane, i) => this.columns[i].show(seconds, lane, called));
  }

  // redraw takes over the colors of another theme.
  redraw(): void {
    this.keys = '';
  }

  private rebuild(lanes: Lane[], keys: string): void {
    this.columns.forEach((c) => c.destroy());
    this.root.replaceChildren();
    this.root.style.setProperty('--columns', String(lanes.length));
    this.columns = lanes.map((lane) => {
      const column = new Column(lane, this.limits, () => this.choose(lane));
      this.root.append(column.root);
      return column;
    });
    this.columns.forEach((c) => c.draw());
    this.keys = keys;
  }
}

const narrow = 150;

class Column {
  readonly root: HTMLElement;
  private readonly numbers = make('p', 'numbers');
  private readonly above = make('div', 'chart');
  private readonly below = make('div', 'chart');
  private charts: uPlot[] = [];

  constructor(
    lane: Lane,
    private readonly limits: Panel['limits'],
    choose: () => void,
  ) {
    const heading = make('button', 'lane-name', make('strong', '', lane.runtime), ' ', name(lane.service));
    heading.type = 'button';
    heading.title = 'Show only this one';
    heading.addEventListener('click', choose);
    this.root = make('article', 'lane', make('h3', '', heading), this.numbers, this.above, this.below);
  }

  draw(): void {
    const x: uPlot.Axis = { ...axis(), space: 90, values: (_u, splits) => splits.map((s) => clock(s * 1000)), size: 24 };
    const cursor: uPlot.Cursor = { sync: { key: 'lanes' }, y: false, drag: { x: false, y: false }, points: { show: false } };
    const options = { width: this.width(), cursor, legend: { show: false }, padding: [8, 20, 0, 0] as uPlot.Padding };
    this.charts = [
      new uPlot(
        {
          ...options,
          padding: [8, 20, 8, 0],
          height: 118,
          scales: { x: { time: false }, y: { range: () => [0, this.limits.rate * 1.1] } },
          axes: [{ ...x, show: false }, { ...axis(), size: 56, space: 36, values: (_u, splits) => splits.map((v) => `${rate(v)}/s`) }],
          series: [{}, { stroke: color('ink'), width: 1.5, points: { show: false } }],
        },
        [[], []],
        this.above,
      ),
      new uPlot(
        {
          ...options,
          height: 190,
          scales: { x: { time: false }, y: { distr: 3, range: () => [this.limits.low, this.limits.high] } },
          axes: [x, durationAxis()],
          series: [
            {},
            { stroke: color('ink'), width: 1.5, points: { show: false } },
            { stroke: color('accent'), width: 2, points: { show: false } },
          ],
        },
        [[], [], []],
        this.below,
      ),
    ];
  }

  show(seconds: number[], lane: Lane, called: string): void {
    this.charts[0].setData([seconds, known(lane.rate)]);
    this.charts[1].setData([seconds, known(lane.p50), known(lane.p99)]);
    const now = (label: string, value: number, write: (n: number) => string, className: string): HTMLElement =>
      make('span', className, make('small', '', label), ' ', value < 0 ? '–' : write(value));
    this.numbers.replaceChildren(
      now(called, last(lane.rate), (n) => `${rate(n)}/s`, ''),
      now('p50', last(lane.p50), duration, ''),
      now('p99', last(lane.p99), duration, 'accent'),
    );
  }

  resize(): void {
    this.charts.forEach((c) => c.setSize({ width: this.width(), height: c.height }));
  }

  destroy(): void {
    this.charts.forEach((c) => c.destroy());
  }

  private width(): number {
    return Math.max(narrow, this.root.clientWidth);
  }
}
