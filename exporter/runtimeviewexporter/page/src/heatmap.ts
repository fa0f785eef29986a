// SPDX-License-Identifier: Apache-2.0
import { decades } from './chart';
import { color, find, font, make } from './dom';
import { clock, count, duration, tick } from './format';
import type { Frame } from './frame';
import type { Brush } from './scope';

const left = 56; // px, for the axis
const bottom = 24;
const height = 260;
const perOctave = 4;
const steps = [5, 10, 20, 30, 60]; // s, between the times that the axis tells
const apart = 96; // px, between them

interface Cell {
  slot: number;
  band: number;
}

// Panel shows how many spans ended when and took how long, and lets somebody select a part of them.
export class Panel {
  private readonly canvas = make('canvas');
  private readonly told = make('p', 'told');
  private frame?: Frame;
  private brush?: Brush;
  private anchor?: Cell; // where a selection began
  private at?: Cell; // where the pointer or the keyboard is

  // choose is told what is selected, and that it changes still.
  constructor(private readonly choose: (brush: Brush | undefined, final: boolean) => void) {
    const root = find('#heatmap .heatmap');
    root.append(this.canvas, this.told);
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute('role', 'img');
    this.canvas.setAttribute('aria-describedby', 'heatmap-note');
    this.told.setAttribute('aria-live', 'polite');
    this.canvas.addEventListener('pointerdown', (e) => this.press(e));
    this.canvas.addEventListener('pointermove', (e) => this.move(e));
    this.canvas.addEventListener('pointerup', () => this.release());
    this.canvas.addEventListener('pointercancel', () => this.cancel());
    this.canvas.addEventListener('pointerleave', () => this.leave());
    this.canvas.addEventListener('keydown', (e) => this.key(e));
    new ResizeObserver(() => this.draw()).observe(root);
  }

  show(frame: Frame, brush: Brush | undefined): void {
    this.frame = frame;
    this.brush = brush;
    this.draw();
  }

  draw(): void {
    const frame = this.frame;
    const width = this.canvas.parentElement?.clientWidth ?? 0;
    if (!frame || width === 0) return;
    const ratio = devicePixelRatio;
    this.canvas.width = width * ratio;
    this.canvas.height = height * ratio;
    this.canvas.style.height = `${height}px`;
    const c = this.canvas.getContext('2d');
    if (!c) return;
    c.scale(ratio, ratio);
    c.font = font;
    this.drawAxes(c, frame, width);
    this.drawCells(c, frame);
    this.drawBrush(c);
    this.say(frame);
  }

  private drawCells(c: CanvasRenderingContext2D, frame: Frame): void {
    const { bands, cells } = frame.heatmap;
    const most = Math.log1p(Math.max(1, ...cells));
    const [w, h] = this.cell(frame);
    c.fillStyle = color('heat');
    cells.forEach((n, i) => {
      if (n === 0) return;
      c.globalAlpha = 0.16 + 0.84 * (Math.log1p(n) / most);
      const slot = Math.floor(i / bands);
      c.fillRect(left + slot * w, height - bottom - ((i % bands) + 1) * h, Math.max(w - 0.5, 1), Math.max(h - 0.5, 1));
    });
    c.globalAlpha = 1;
  }

  private drawAxes(c: CanvasRenderingContext2D, frame: Frame, width: number): void {
    const { low, bands } = frame.heatmap;
    const [w, h] = this.cell(frame);
    c.fillStyle = color('muted');
    c.strokeStyle = color('line');
    c.lineWidth = 1;
    c.textBaseline = 'middle';
    c.textAlign = 'right';
    if (bands > 0) {
      for (const at of decades(low, low * 2 ** (bands / perOctave))) {
        const y = height - bottom - Math.log2(at / low) * perOctave * h;
        c.fillText(tick(at), left - 8, Math.max(y, 6));
        c.beginPath();
        c.moveTo(left, Math.round(y) + 0.5);
        c.lineTo(width, Math.round(y) + 0.5);
        c.stroke();
      }
    }
    c.textAlign = 'center';
    const every = steps.find((s) => s * w >= apart) ?? steps[steps.length - 1];
    for (let slot = 0; slot < frame.slots; slot++) {
      if ((frame.first + slot) % every !== 0) continue;
      const x = left + (slot + 0.5) * w;
      if (x > left + 24 && x < width - 28) c.fillText(clock((frame.first + slot) * 1000), x, height - bottom / 2 + 2);
    }
  }

  private drawBrush(c: CanvasRenderingContext2D): void {
    const frame = this.frame;
    if (!frame) return;
    const [w, h] = this.cell(frame);
    if (this.brush) {
      const a = this.place(frame, this.brush.from, this.brush.low);
      const b = this.place(frame, this.brush.to, this.brush.high);
      this.box(c, left + a.slot * w, height - bottom - b.band * h, (b.slot - a.slot) * w, (b.band - a.band) * h);
    } else if (this.at && document.activeElement === this.canvas) {
      this.box(c, left + this.at.slot * w, height - bottom - (this.at.band + 1) * h, w, h);
    }
  }

  private box(c: CanvasRenderingContext2D, x: number, y: number, w: number, h: number): void {
    c.strokeStyle = color('ink');
    c.lineWidth = 2;
    c.strokeRect(x, y, w, h);
  }

  private say(frame: Frame): void {
    let text = '';
    if (this.brush) {
      const { from, to, low, high } = this.brush;
      text = `Selected: ${clock(from * 1000)} to ${clock(to * 1000)}, ${duration(low)} to ${duration(high)}; ${count(frame.spans)} spans.`;
    } else if (this.at) {
      const n = frame.heatmap.cells[this.at.slot * frame.heatmap.bands + this.at.band] ?? 0;
      const [low, high] = this.durations(frame, this.at.band, this.at.band + 1);
      text = `${clock((frame.first + this.at.slot) * 1000)}, ${duration(low)} to ${duration(high)}: ${count(n)} requests.`;
    }
    if (this.told.textContent !== text) this.told.textContent = text;
    const { low, bands } = frame.heatmap;
    const range = bands > 0 ? `from ${duration(low)} to ${duration(low * 2 ** (bands / perOctave))}` : 'none';
    this.canvas.setAttribute('aria-label', `Heatmap of requests by time and duration, ${range}`);
  }

  private cell(frame: Frame): [number, number] {
    const width = this.canvas.parentElement?.clientWidth ?? 0;
    return [(width - left) / frame.slots, (height - bottom) / Math.max(frame.heatmap.bands, 1)];
  }

  private place(frame: Frame, second: number, ns: number): Cell {
    const { low, bands } = frame.heatmap;
    const clamp = (n: number, most: number): number => Math.min(Math.max(n, 0), most);
    return { slot: clamp(second - frame.first, frame.slots), band: clamp(Math.log2(Math.max(ns, 1) / Math.max(low, 1)) * perOctave, bands) };
  }

  private durations(frame: Frame, from: number, to: number): [number, number] {
    const { low } = frame.heatmap;
    return [low * 2 ** (from / perOctave), low * 2 ** (to / perOctave)];
  }

  private under(e: PointerEvent): Cell | undefined {
    const frame = this.frame;
    if (!frame || frame.heatmap.bands === 0) return undefined;
    const box = this.canvas.getBoundingClientRect();
    const [w, h] = this.cell(frame);
    return this.clamp(frame, Math.floor((e.clientX - box.left - left) / w), Math.floor((height - bottom - (e.clientY - box.top)) / h));
  }

  private clamp(frame: Frame, slot: number, band: number): Cell {
    return { slot: Math.min(Math.max(slot, 0), frame.slots - 1), band: Math.min(Math.max(band, 0), frame.heatmap.bands - 1) };
  }

  private press(e: PointerEvent): void {
    this.anchor = this.under(e);
    this.at = undefined;
    this.canvas.setPointerCapture(e.pointerId);
  }

  private move(e: PointerEvent): void {
    const at = this.under(e);
    if (!at) return;
    this.at = at;
    if (e.buttons > 0 && this.anchor) this.select(this.anchor, at, false);
    else this.draw();
  }

  private release(): void {
    const from = this.anchor;
    this.anchor = undefined;
    if (!from) return;
    if (!this.at || (from.slot === this.at.slot && from.band === this.at.band)) this.choose(undefined, true);
    else this.select(from, this.at, true);
  }

  // cancel ends what became a scroll of the page.
  private cancel(): void {
    if (this.anchor) this.choose(undefined, true);
    this.anchor = undefined;
    this.leave();
  }

  private leave(): void {
    this.at = undefined;
    this.draw();
  }

  private key(e: KeyboardEvent): void {
    const frame = this.frame;
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
    if (!frame || !by || frame.heatmap.bands === 0) return;
    e.preventDefault();
    const from = this.at ?? this.clamp(frame, frame.slots - 10, Math.floor(frame.heatmap.bands / 2));
    this.at = this.clamp(frame, from.slot + by[0], from.band + by[1]);
    if (e.shiftKey) {
      this.anchor ??= from;
      this.select(this.anchor, this.at, true);
    } else {
      this.anchor = undefined;
      this.draw();
    }
  }

  private select(a: Cell, b: Cell, final: boolean): void {
    const frame = this.frame;
    if (!frame) return;
    const [low, high] = this.durations(frame, Math.min(a.band, b.band), Math.max(a.band, b.band) + 1);
    this.choose({ from: frame.first + Math.min(a.slot, b.slot), to: frame.first + Math.max(a.slot, b.slot) + 1, low: Math.ceil(low), high: Math.floor(high) }, final);
  }
}
