// SPDX-License-Identifier: Apache-2.0
// What the server sends: Frame of internal/page, View of internal/live. All texts in it come from whoever sends spans.

export interface Lane {
  runtime: string;
  service: string;
  rate: number[];
  p50: number[];
  p99: number[];
  curve: number[];
  spans: number;
}

export interface Heatmap {
  low: number;
  bands: number;
  cells: number[];
}

export interface Time {
  runtime: string;
  service: string;
  operation: string;
  spans: number;
  parts: number[];
  classes: number[];
}

export interface Finding {
  finding: string;
  runtime: string;
  service: string;
  operation: string;
  spans: number;
  of: number;
  cost: number;
  ran: number;
  victims: number;
  culprits: { operation: string; spans: number }[];
}

export interface Slow {
  runtime: string;
  service: string;
  operation: string;
  trace: string;
  span: string;
  end: number;
  duration: number;
  parts: number[];
  findings: string[];
  culprit: string;
}

export interface Frame {
  now: number;
  title: string;
  total: number;
  malformed: number;
  omitted: number;
  further: number;
  first: number;
  slots: number;
  every: boolean;
  lanes: Lane[];
  heatmap: Heatmap;
  spans: number;
  times: Time[];
  findings: Finding[];
  slow: Slow[];
}

// The parts of a span's time, in the order of the server's. What is not known is one of them.
export const parts = [
  { key: 'running', label: 'running', meaning: 'polled on a thread' },
  { key: 'cpu', label: 'no CPU', meaning: 'polled, but the thread had no CPU' },
  { key: 'queued', label: 'queued', meaning: 'runnable, without a worker' },
  { key: 'held', label: 'held up', meaning: 'long polls of others had the workers' },
  { key: 'waiting', label: 'waiting', meaning: 'for I/O, timers, locks or other tasks' },
  { key: 'unknown', label: 'unknown', meaning: 'nobody measured it' },
] as const;

// The classes of latency, in the order of the server's; the first is that of spans that nobody classified.
export const classes = ['unclassified', 'normal', 'elevated', 'outlier', 'extreme'] as const;
