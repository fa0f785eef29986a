// SPDX-License-Identifier: Apache-2.0
// Runs the built Collector for a test of the page, on ports of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

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
    send: (spans) => send(`http://127.0.0.1:${otlp}/v1/traces`, spans),
    stop: async () => {
      child.kill('SIGINT');
      if (child.exitCode === null) await once(child, 'exit');
      if (child.exitCode !== 0) throw new Error(`the Collector ended with ${child.exitCode}: ${log}`);
    },
  };
}

const text = (key, stringValue) => ({ key, value: { stringValue } });

// send exports spans, each with its service, name and attributes, that end now.
async function send(url, spans) {
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
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ resourceSpans }) });
  if (!answer.ok) throw new Error(`the Collector refused spans: ${await answer.text()}`);
}

export const attribute = { text, texts: (key, ...values) => ({ key, value: { arrayValue: { values: values.map((v) => ({ stringValue: v })) } } }), flag: (key, boolValue) => ({ key, value: { boolValue } }) };
