// SPDX-License-Identifier: Apache-2.0
import uPlot from 'uplot';
import { axis, durationAxis, logRange } from './chart';
import { color, find, font, make } from './dom';
import type { Frame, Lane } from './frame';

const perNine = 10;
const longest = 40; // characters of a name in the chart
const dashes = [[], [6, 4], [2, 3], [10, 3, 2, 3], [1, 3], [12, 6]];
const label = (nines: number): string => (nines === 0 ? '0%' : nines === 1 ? '90%' : `99${nines > 2 ? `.${'9'.repeat(nines - 2)}` : ''}%`);
const name = (lane: Lane): string => `${lane.runtime} ${lane.service}`;

// slowest is the lane that is above the others as far to the right as all of them go.
function slowest(lanes: Lane[]): number {
  const shared = Math.min(...lanes.map((l) => l.curve.length)) - 1;
  return lanes.reduce((worst, lane, i) => (lane.curve[shared] > lanes[worst].curve[shared] ? i : worst), 0);
}

// Panel plots the latency at each percentile, over the number of nines.
export class Panel {
  private readonly root = find('#percentiles .percentiles');
  private chart?: uPlot;
  private lanes: Lane[] = [];
  private keys = '';
  private limits: [number, number] = [1, 10];

  constructor() {
    new ResizeObserver(() => this.chart?.setSize({ width: this.root.clientWidth, height: this.chart.height })).observe(this.root);
  }

  show(frame: Frame): void {
    this.lanes = frame.lanes.filter((l) => l.curve.length > 1);
    if (this.lanes.length === 0) {
      this.clear();
      this.root.replaceChildren(make('p', 'none', 'Too few requests are selected to tell their percentiles.'));
      return;
    }
    const worst = slowest(this.lanes);
    const keys = JSON.stringify([worst, this.lanes.map(name)]);
    if (keys !== this.keys) this.rebuild(worst, keys);
    const all = this.lanes.flatMap((l) => l.curve);
    this.limits = logRange(Math.min(...all), Math.max(...all));
    const points = Math.max(...this.lanes.map((l) => l.curve.length));
    const x = Array.from({ length: points }, (_, i) => i / perNine);
    this.chart?.setData([x, ...this.lanes.map((l) => x.map((_, i) => l.curve[i] ?? null))]);
  }

  redraw(): void {
    this.keys = '';
  }

  private clear(): void {
    this.chart?.destroy();
    this.chart = undefined;
    this.keys = '';
  }

  private rebuild(worst: number, keys: string): void {
    this.clear();
    this.keys = keys;
    this.root.replaceChildren();
    this.chart = new uPlot(
      {
        width: this.root.clientWidth,
        height: 300,
        legend: { show: false },
        padding: [20, 24, 0, 0],
        cursor: { drag: { x: false, y: false }, points: { show: false } },
        scales: { x: { time: false, range: (_u, _low, high) => [0, Math.max(2, high)] }, y: { distr: 3, range: () => this.limits } },
        axes: [
          { ...axis(), size: 28, splits: (_u, _i, _low, high) => Array.from({ length: Math.floor(high) + 1 }, (_, i) => i), values: (_u, splits) => splits.map(label) },
          durationAxis(),
        ],
        series: [
          {},
          ...this.lanes.map((_, i) => ({
            stroke: color(i === worst ? 'accent' : 'ink'),
            width: i === worst ? 2.5 : 1.5,
            dash: dashes[i % dashes.length],
            points: { show: false },
          })),
        ],
        hooks: { draw: [(u) => this.names(u, worst)] },
      },
      [[], ...this.lanes.map(() => [])],
      this.root,
    );
  }

  // short is the runtime, if that tells the lanes apart.
  private short(lane: Lane): string {
    return new Set(this.lanes.map((l) => l.runtime)).size === this.lanes.length ? lane.runtime : name(lane).slice(0, longest);
  }

  // names writes the name of each lane at the end of its line, where the eye is, and moves those apart that would lie on each other.
  private names(u: uPlot, worst: number): void {
    const ratio = devicePixelRatio;
    const height = 15 * ratio;
    const ends = this.lanes
      .map((lane, i) => {
        const end = lane.curve.length - 1;
        return { lane, i, x: u.valToPos(end / perNine, 'x', true), y: u.valToPos(lane.curve[end], 'y', true) - 6 * ratio };
      })
      .sort((a, b) => b.y - a.y);
    u.ctx.save();
    u.ctx.font = `600 ${12 * ratio}px ${font.split('px ')[1]}`;
    u.ctx.textAlign = 'right';
    let above = Infinity;
    for (const end of ends) {
      const y = Math.min(end.y, above - height);
      above = y;
      u.ctx.fillStyle = color(end.i === worst ? 'accent-text' : 'ink');
      u.ctx.fillText(this.short(end.lane), end.x, y);
    }
    u.ctx.restore();
  }
}
