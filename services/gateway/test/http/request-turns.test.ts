import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { expect, test, vi } from 'vitest';
import { ClientWork } from '../../src/commands/client-work.js';
import { createGateway, type GatewayOptions, MemorySource } from '../../src/index.js';
import { holdTurns } from '../support/held-turns.js';

/** More than a round of the event loop allows, in ms. */
const LONG = 1000;

async function start(options: GatewayOptions = {}): Promise<string> {
  const gateway = createGateway({
    port: 0,
    host: '127.0.0.1',
    logLevel: 'silent',
    channels: ['trains'],
    source: new MemorySource(),
    ...options,
  });
  atEnd(() => gateway.close());
  return (await gateway.start()).url;
}

/** Sends a request on a connection of its own; the status is undefined until there is an answer. */
function ask(url: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  let status: number | undefined;
  const asked = request(url, { agent: false, ...options }, (response) => {
    status = response.statusCode;
    response.resume().on('error', () => {});
  });
  asked.on('error', () => {});
  asked.end();
  atEnd(() => void asked.destroy());
  return { asked, status: () => status };
}

test.each([
  ['GET', '/', 200],
  ['GET', '/healthz', 200],
  ['GET', '/readyz', 200],
  ['GET', '/metrics', 200],
  ['POST', '/metrics', 405],
  ['GET', '/none', 404],
  ['GET', '/file.txt', 200],
  ['GET', '/?EIO=4&transport=polling', 404],
  ['GET', '/socket.io/?EIO=4&transport=polling&sid=none', 400],
  ['OPTIONS', '/ogc', 204],
  ['GET', '/ogc/none', 404],
  ['GET', '/admin/replicas', 401],
])('%s %s waits for its turn while others have spent the time of the round', async (method, path, status) => {
  const pageDir = await mkdtemp(join(tmpdir(), 'viaduct-turns-'));
  await writeFile(join(pageDir, 'index.html'), '<!doctype html><title>page</title>');
  await writeFile(join(pageDir, 'file.txt'), 'a file');
  const url = await start({ pageDir, admin: { token: 'a-token-that-nobody-guesses' } });
  const turns = holdTurns();
  const { status: answer } = ask(url + path, { method });
  await until(() => turns.waiting() === 1, 'the request to wait');
  expect(answer()).toBeUndefined();
  turns.release();
  await until(() => answer() !== undefined, 'the answer');
  expect(answer()).toBe(status);
});

test('what a request takes is charged to its turn', async () => {
  const url = await start();
  const clock = performance.now.bind(performance);
  let skew = 0;
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock() + skew);
  const charge = vi.spyOn(ClientWork.prototype, 'charge');
  atEnd(() => {
    now.mockRestore();
    charge.mockRestore();
  });
  const { asked } = ask(`${url}/healthz`);
  // The response is there as soon as the gateway has the request, and the time passes while it is written.
  const writeHead = vi
    .spyOn((await import('node:http')).ServerResponse.prototype, 'writeHead')
    .mockImplementationOnce(function (this: import('node:http').ServerResponse, ...from) {
      skew += LONG;
      writeHead.mockRestore();
      return this.writeHead(...from);
    });
  await once(asked, 'response');
  expect(Math.max(...charge.mock.calls.map(([ms]) => ms))).toBeGreaterThanOrEqual(LONG);
});

test('nothing is done for a request whose client leaves while it waits', async () => {
  const url = await start();
  const turns = holdTurns();
  const { asked } = ask(`${url}/healthz`);
  await until(() => turns.waiting() === 1, 'the request to wait');
  asked.destroy();
  turns.end();
  const { ServerResponse } = await import('node:http');
  const writeHead = vi.spyOn(ServerResponse.prototype, 'writeHead');
  atEnd(() => writeHead.mockRestore());
  await until(async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return text.includes('viaduct_http_connections{state="request"} 1\n');
  }, 'the gateway to know that the client has left');
  const before = writeHead.mock.calls.length;
  turns.release();
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(writeHead.mock.calls.length).toBe(before + 1);
});
