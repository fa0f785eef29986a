// SPDX-License-Identifier: Apache-2.0
// Takes the pictures of the page that documents show, of a minute of the quickstart.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { open } from './browser.mjs';
import { root, start } from './collector.mjs';

const collector = await start(join(root, 'config/quickstart.yaml'), 'exporters::otlp_http::endpoint: http://OTLP');
const browser = await open();
await sleep(60_000);
for (const [scheme, file] of [
  ['light', 'page.png'],
  ['dark', 'page-dark.png'],
]) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1400 }, colorScheme: scheme });
  await page.goto(collector.url);
  await page.waitForSelector('.slow .row');
  await page.screenshot({ path: join(root, 'docs', file) });
}
await browser.close();
await collector.stop();
