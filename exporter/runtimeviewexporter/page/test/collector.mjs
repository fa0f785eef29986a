// SPDX-License-Identifier: Apache-2.0
// Runs the built Collector for a test of the page, on ports of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../../../..');

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// start runs a configuration that receives OTLP over HTTP and has a page, and waits until the page is served.
export async function start(config, ...overrides) {
  const [otlp, page] = [await freePort(), await freePort()];
  const settings = [
    `receivers::otlp::protocols::http::endpoint: 127.0.0.1:${otlp}`,
    `exporters::runtime_view::page::endpoint: 127.0.0.1:${page}`,
    ...overrides.map((o) => o.replace('OTLP', `127.0.0.1:${otlp}`)),
  ];
  const args = ['--config', config, ...settings.flatMap((s) => ['--config', `yaml:${s}`])];
  const child = spawn(join(root, 'dist/otelcol-runtimelab'), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const url = `http://127.0.0.1:${page}/`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}api/view`).catch(() => undefined);
    if (answer?.ok) break;
    if (child.exitCode !== null || tries === 300) throw new Error(`the Collector does not serve ${url}: ${log}`);
    await sleep(100);
  }
  return {
    url,
    view: async (query = '') => (await fetch(`${url}api/view?${query}`)).json(),
    send: (spans) => post(`http://127.0.0.1:${otlp}/v1/traces`, JSON.stringify(request(spans))),
    replay: (capture) => replay(`http://127.0.0.1:${otlp}/v1/`, capture),
    stop: async () => {
      child.kill('SIGINT');
      if (child.exitCode === null) await once(child, 'exit');
      if (child.exitCode !== 0) throw new Error(`the Collector ended with ${child.exitCode}: ${log}`);
    },
  };
}

const text = (key, stringValue) => ({ key, value: { stringValue } });

// request holds spans, each with its service, name and attributes, that end now.
function request(spans) {
  const now = BigInt(Date.now()) * 1_000_000n;
  const resourceSpans = spans.map((s, i) => ({
    resource: { attributes: [text('service.name', s.service)] },
    scopeSpans: [
      {
        spans: [
          {
            traceId: (i + 1).toString(16).padStart(32, '0'),
            spanId: (i + 1).toString(16).padStart(16, '0'),
            name: s.name,
            kind: 2,
            startTimeUnixNano: String(now - 20_000_000n),
            endTimeUnixNano: String(now),
            attributes: s.attributes ?? [],
          },
        ],
      },
    ],
  }));
  return { resourceSpans };
}

async function post(url, body) {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!answer.ok) throw new Error(`the Collector refused spans: ${await answer.text()}`);
}

// replay sends the spans of a capture in reference/captures as they came, one request a line.
async function replay(url, capture) {
  const text = gunzipSync(readFileSync(join(root, 'reference/captures', capture))).toString();
  for (const line of text.split('\n').filter((l) => l.startsWith('{"resourceSpans"'))) await post(`${url}traces`, line);
}

export const attribute = { text, texts: (key, ...values) => ({ key, value: { arrayValue: { values: values.map((v) => ({ stringValue: v })) } } }), flag: (key, boolValue) => ({ key, value: { boolValue } }) };
