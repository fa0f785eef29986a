// SPDX-License-Identifier: Apache-2.0
import uPlot from 'uplot';
import { color, font } from './dom';
import { tick } from './format';

// decades are the powers of ten between two durations, those that a logarithmic axis names.
export function decades(low: number, high: number): number[] {
  const all: number[] = [];
  for (let at = 10 ** Math.ceil(Math.log10(low) - 1e-9); at <= high * 1.0001; at *= 10) all.push(at);
  return all;
}

// logRange widens durations to whole decades.
export function logRange(low: number, high: number): [number, number] {
  const from = 10 ** Math.floor(Math.log10(Math.max(low, 1)));
  return [from, Math.max(10 ** Math.ceil(Math.log10(Math.max(high, 1))), from * 10)];
}

export function durationAxis(): uPlot.Axis {
  return {
    ...axis(),
    scale: 'y',
    size: 56,
    splits: (_u, _i, low, high) => decades(low, high),
    values: (_u, splits) => splits.map(tick),
    filter: (_u, splits) => splits,
  };
}

export function axis(): uPlot.Axis {
  return {
    stroke: color('muted'),
    font,
    grid: { stroke: color('line'), width: 1 },
    ticks: { show: false },
  };
}
