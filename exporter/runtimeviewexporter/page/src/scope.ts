// SPDX-License-Identifier: Apache-2.0

// Brush is a part of the heatmap: seconds and nanoseconds, from the first up to the second.
export interface Brush {
  from: number;
  to: number;
  low: number;
  high: number;
}

export interface Scope {
  runtime: string;
  service: string;
  operation: string;
  brush?: Brush;
}

const texts = ['runtime', 'service', 'operation'] as const;
const numbers = ['from', 'to', 'low', 'high'] as const;

// read takes a scope from the address of the page, so that a link shows what its sender saw.
export function read(query: string): Scope {
  const given = new URLSearchParams(query);
  const scope: Scope = { runtime: '', service: '', operation: '' };
  for (const key of texts) scope[key] = given.get(key) ?? '';
  const [from, to, low, high] = numbers.map((key) => Number(given.get(key)));
  if (from >= 0 && to > from && low >= 0 && high > low) scope.brush = { from, to, low, high };
  return scope;
}

export function write(scope: Scope): string {
  const query = new URLSearchParams();
  for (const key of texts) if (scope[key]) query.set(key, scope[key]);
  if (scope.brush) for (const key of numbers) query.set(key, String(Math.round(scope.brush[key])));
  return query.toString();
}
