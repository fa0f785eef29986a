// SPDX-License-Identifier: Apache-2.0

const digits = (n: number): string => (n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

// duration writes nanoseconds with three digits. The unit stays with its number at the end of a line.
export function duration(ns: number): string {
  if (ns < 999.5) return `${ns.toFixed(0)}\u00a0ns`;
  if (ns < 999.5e3) return `${digits(ns / 1e3)}\u00a0µs`;
  if (ns < 999.5e6) return `${digits(ns / 1e6)}\u00a0ms`;
  if (ns < 120e9) return `${digits(ns / 1e9)}\u00a0s`;
  return `${(ns / 60e9).toFixed(0)}\u00a0min`;
}

// tick writes a round duration of an axis.
export const tick = (ns: number): string => duration(ns).replace(/\.0+\s/, '\u00a0');

export const count = (n: number): string => Math.round(n).toLocaleString('en');

export const rate = (n: number): string => (n > 0 && n < 10 ? n.toFixed(1) : count(n));

// share writes a share in percent, with so many decimals.
export function share(n: number, decimals = 0): string {
  const least = 10 ** -decimals;
  return n > 0 && 100 * n < least ? `<${least}%` : `${(100 * n).toFixed(decimals)}%`;
}

const pad = (n: number): string => String(n).padStart(2, '0');

export function clock(ms: number): string {
  const t = new Date(ms);
  return `${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}`;
}
