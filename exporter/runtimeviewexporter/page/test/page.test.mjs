// SPDX-License-Identifier: Apache-2.0
// Opens the page in a real browser, on the quickstart and on spans that mean harm.
import axe from 'axe-core';
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { open as openBrowser } from './browser.mjs';
import { attribute, root, start } from './collector.mjs';

const sizes = [
  [1280, 'light'],
  [1280, 'dark'],
  [390, 'light'],
  [390, 'dark'],
];
const pictures = join(root, 'bin/page');

let browser;
before(async () => {
  mkdirSync(pictures, { recursive: true });
  browser = await openBrowser();
});
after(() => browser?.close());

// open opens the page of a Collector. What it complains about, and what it asks of other hosts, fails the test at the end.
async function open(t, collector, { width = 1280, scheme = 'light', query = '' } = {}) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: scheme, reducedMotion: 'reduce' });
  const complaints = [];
  page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()));
  page.on('pageerror', (e) => complaints.push(e.message));
  page.on('request', (r) => r.url().startsWith(collector.url) || complaints.push(`asks ${r.url()}`));
  t.after(async () => {
    await page.close();
    assert.deepEqual(complaints, []);
  });
  await page.goto(collector.url + query);
  return page;
}

// inked counts the pixels of a canvas that something is drawn on.
const inked = (page, selector) =>
  page.locator(selector).first().evaluate((c) => {
    const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height);
    let n = 0;
    for (let i = 3; i < data.length; i += 4) if (data[i] > 0) n++;
    return n;
  });

async function untilFull(page) {
  await page.waitForFunction(() => document.querySelectorAll('.slow .row').length > 0 && document.querySelectorAll('.finding').length > 0, undefined, { timeout: 60_000 });
}

test('the quickstart', { timeout: 300_000 }, async (t) => {
  const collector = await start(join(root, 'config/quickstart.yaml'), 'exporters::otlp_http::endpoint: http://OTLP');
  t.after(() => collector.stop());

  await t.test('every panel shows it', async (t) => {
    const page = await open(t, collector);
    await untilFull(page);
    assert.deepEqual(await page.locator('.lane strong').allTextContents(), ['tokio', 'async_std', 'smol']);
    for (const canvas of ['.lane canvas', '.heatmap canvas', '.percentiles canvas']) assert.ok((await inked(page, canvas)) > 500, canvas);
    assert.equal(await page.locator('.times .row').count(), 6);
    assert.equal(await page.locator('.times .mean', { hasText: 'unknown' }).count(), 6, 'unknown time is always told');
    assert.match(await page.locator('.verdict').textContent(), /smol .*is the slowest: its 99th percentile is [\d.]+ times/);
    assert.match(await page.locator('.finding').first().textContent(), /waits for a worker smol/);
    assert.match(await page.locator('#status').textContent(), /^Live · [\d,]+ spans since the start · every span/);
  });

  await t.test('its numbers are those of the server', async (t) => {
    const page = await open(t, collector);
    await untilFull(page);
    const paused = page.waitForResponse((r) => r.url().includes('api/view'));
    await page.keyboard.press('Space');
    const frame = await (await paused).json();
    await page.waitForFunction((total) => document.querySelector('#status').textContent.includes(total), frame.total.toLocaleString('en'));
    const spans = frame.times.map((x) => x.spans.toLocaleString('en')).sort();
    const shown = (await page.locator('.times .mean').allTextContents()).map((text) => /mean of ([\d,]+)/.exec(text)[1]).sort();
    assert.deepEqual(shown, spans);
  });

  await t.test('a selection in the heatmap narrows what is below, and a link restores it', async (t) => {
    // The first seconds do not change any more once later ones have come.
    for (let frame = await collector.view(); frame.now / 1000 - frame.first < 10; frame = await collector.view()) await sleep(200);
    const page = await open(t, collector);
    await untilFull(page);
    const box = await page.locator('.heatmap canvas').boundingBox();
    await page.mouse.move(box.x + 60, box.y + 2); // the first seconds, from the longest durations down
    await page.mouse.down();
    await page.mouse.move(box.x + 60 + box.width * 0.1, box.y + 90, { steps: 4 });
    await page.mouse.up();
    await page.waitForFunction(() => document.querySelector('#status').textContent.startsWith('Paused'));
    const told = await page.locator('.told').textContent();
    assert.match(told, /^Selected: .*; [1-9][\d,]* spans\.$/);
    const slow = await page.locator('.times .row .who').allTextContents();
    assert.ok(slow.length > 0 && slow.every((who) => who.includes('pages-smol')), `only smol is that slow: ${slow}`);
    const query = new URL(page.url()).search;
    const again = await open(t, collector, { query });
    await again.waitForFunction((text) => document.querySelector('.told').textContent === text, told);

    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('#status').textContent.startsWith('Live'));
    assert.equal(new URL(page.url()).search, '');
  });

  await t.test('the keyboard reaches all of it', async (t) => {
    const page = await open(t, collector);
    await untilFull(page);
    await page.keyboard.press('n');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'finding');
    await page.locator('.heatmap canvas').focus();
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('.told').textContent(), /: [\d,]+ requests\.$/);
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    await page.waitForFunction(() => /^Selected/.test(document.querySelector('.told').textContent));
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => document.querySelector('#status').textContent.startsWith('Live'));
    await page.locator('.times .operation', { hasText: 'render tile' }).press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('.times .group').length === 1);
    await page.locator('.chip').press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('.times .group').length === 2);
  });

  for (const [width, scheme] of sizes) {
    await t.test(`${width} pixels, ${scheme}`, async (t) => {
      const page = await open(t, collector, { width, scheme });
      await untilFull(page);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width, 'nothing is wider than the screen');
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() => window.axe.run());
      const serious = violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
      assert.deepEqual(serious.map((v) => [v.id, v.nodes.map((n) => n.html)]), []);
      await page.screenshot({ path: join(pictures, `${width}-${scheme}.png`), fullPage: true });
    });
  }
});

const bare = join(root, 'exporter/runtimeviewexporter/page/test/page.yaml');

test('a real service', { timeout: 120_000 }, async (t) => {
  const collector = await start(bare, 'service::pipelines::traces::processors: [runtime_stats]');
  t.after(() => collector.stop());
  const page = await open(t, collector);
  await page.waitForSelector('#empty:not([hidden])');
  await collector.replay('axum.jsonl.gz');
  await page.waitForFunction(() => document.querySelectorAll('.times .row').length > 1);
  assert.deepEqual(await page.locator('.lane strong').allTextContents(), ['tokio']);
  assert.ok((await page.locator('.bar .unknown').count()) > 0, 'nobody measured the queue wait of this service, and it is drawn as unknown');
  assert.equal(await page.locator('.bar .queued').count(), 0);
  assert.match(await page.locator('.times').textContent(), /of the time is unknown: .*docs\/rust\.md/);
  assert.ok((await page.locator('.finding').count()) > 0);
  await page.waitForTimeout(1_500); // until the charts have been drawn with all of it
  await page.screenshot({ path: join(pictures, 'real.png'), fullPage: true });
});

test('spans that mean harm', { timeout: 120_000 }, async (t) => {
  const collector = await start(bare);
  t.after(() => collector.stop());
  const page = await open(t, collector);
  await page.waitForSelector('#empty:not([hidden])');
  assert.match(await page.locator('#empty').textContent(), /OTEL_EXPORTER_OTLP_ENDPOINT/, 'an empty page says what to do');

  const evil = '<img src=x onerror="window.harmed=1">';
  const mark = [attribute.text('latency.class', 'outlier'), attribute.flag('latency.outlier', true), attribute.texts('async_runtime.finding', 'held_up', evil)];
  await collector.send([
    { service: '<script>window.harmed=1</script>', name: evil, attributes: mark },
    { service: '<script>window.harmed=1</script>', name: `'"javascript:\u202eharmed`, attributes: [...mark, attribute.text('async_runtime.held_up_by', evil)] },
    { service: 'x'.repeat(4_000), name: 'y'.repeat(100_000), attributes: [attribute.text('async_runtime.name', evil)] },
  ]);
  await page.waitForFunction(() => document.querySelectorAll('.slow .row').length === 2);
  await page.locator('.operation', { hasText: 'onerror' }).click();
  await page.waitForSelector('.chip');
  assert.equal(await page.evaluate(() => window.harmed), undefined);
  assert.equal(await page.locator('main img, main script, nav img').count(), 0);
  assert.ok((await page.locator('.chip').textContent()).includes(evil), 'it is shown as it came');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 1280);
});
