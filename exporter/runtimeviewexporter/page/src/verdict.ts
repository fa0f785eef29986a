// SPDX-License-Identifier: Apache-2.0
import { find, make, name } from './dom';
import { duration, share } from './format';
import type { Frame, Lane } from './frame';

const p99 = 20; // its point on the curve
const clearlySlower = 1.5; // as the table on the console has it
const clearlyMore = 0.1;
const lostParts = [1, 2, 3]; // without a CPU, queued, held up

// lost is the share of the time of a lane's spans in which they could have run and did not; undefined if hardly any of it is known.
function lost(frame: Frame, lane: Lane): number | undefined {
  let [waited, known, whole] = [0, 0, 0];
  for (const time of frame.times) {
    if (time.runtime !== lane.runtime || time.service !== lane.service) continue;
    const total = time.parts.reduce((a, b) => a + b, 0);
    whole += total;
    known += total - time.parts[time.parts.length - 1];
    for (const part of lostParts) waited += time.parts[part];
  }
  return known > whole / 2 ? waited / known : undefined;
}

const called = (lane: Lane): HTMLElement => make('span', '', make('strong', '', lane.runtime), ' ', name(lane.service));

// verdict says in a sentence or two which lane is the slowest, and whether that is because it waits for the runtime.
export function verdict(frame: Frame): void {
  const place = find('.verdict');
  place.replaceChildren();
  const lanes = frame.lanes.filter((l) => l.curve.length > p99);
  if (lanes.length < 2) return;
  const [fast, slow] = [...lanes].sort((a, b) => a.curve[p99] - b.curve[p99]).filter((_, i, all) => i === 0 || i === all.length - 1);
  const ratio = slow.curve[p99] / fast.curve[p99];
  if (ratio < clearlySlower) {
    place.append('They are much the same: the 99th percentiles lie between ', duration(fast.curve[p99]), ' and ', duration(slow.curve[p99]), '.');
    return;
  }
  place.append(called(slow), ` is the slowest: its 99th percentile is ${ratio.toFixed(1)} times that of `, called(fast), '. ');
  const [slowLost, fastLost] = [lost(frame, slow), lost(frame, fast)];
  if (slowLost === undefined || fastLost === undefined) return;
  const shares = `${share(slowLost)} of their time; those of ${fast.runtime} for ${share(fastLost)}.`;
  place.append(
    slowLost < fastLost + clearlyMore
      ? `Not because its spans wait for a thread or a CPU: they do for ${shares}`
      : make('strong', 'accent', `Its spans wait for a thread or a CPU for ${shares}`),
  );
}
