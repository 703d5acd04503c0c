import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';

const SCRIPT = 'console.log("here");\n';

function makePage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-page-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'assets'));
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  write('.env', 'SECRET=1');
  write('index.html', '<!doctype html><title>A page</title>');
  write('assets/index-B3KlhDC_.js', SCRIPT);
  write('assets/index-B3KlhDC_.js.br', brotliCompressSync(SCRIPT));
  write('assets/index-B3KlhDC_.js.gz', gzipSync(SCRIPT));
  write('assets/plain.css', 'body { color: black }');
  write('assets/world-B3KlhDC_.json', '{}');
  return folder;
}

interface Answer {
  status: number | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Unlike fetch, it unpacks nothing and asks for no encoding by itself. */
function request(
  gateway: GatewayProcess,
  path: string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(`${gateway.url}${path}`, { headers }, (response) => {
      const { statusCode: status } = response;
      text(response).then((body) => resolve({ status, headers: response.headers, body }), reject);
    }).on('error', reject);
  });
}

function serve(): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', PAGE_DIR: makePage() });
}

test('files have the type of their extensions, and none is mistaken for another', async () => {
  const gateway = await serve();
  const types: Record<string, string> = {
    '/': 'text/html;charset=utf-8',
    '/index.html': 'text/html;charset=utf-8',
    '/assets/index-B3KlhDC_.js': 'text/javascript',
    '/assets/plain.css': 'text/css',
    '/assets/world-B3KlhDC_.json': 'application/json',
  };
  for (const [path, type] of Object.entries(types)) {
    const { status, headers } = await request(gateway, path);
    expect([path, status, headers['content-type'], headers['x-content-type-options']]).toEqual([
      path,
      200,
      type,
      'nosniff',
    ]);
  }
  expect((await request(gateway, '/assets/index.js')).status).toBe(404);
});

test('a file whose name has a hash of its content is cached for good; all others are revalidated', async () => {
  const gateway = await serve();
  for (const path of ['/', '/assets/plain.css']) {
    const { headers } = await request(gateway, path);
    expect([path, headers['cache-control']]).toEqual([path, 'no-cache']);
    const again = await request(gateway, path, { 'if-none-match': String(headers.etag) });
    expect([path, again.status, again.body]).toEqual([path, 304, '']);
  }
  const { headers } = await request(gateway, '/assets/index-B3KlhDC_.js');
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

test.each([
  ['br, gzip', 'br', brotliCompressSync(SCRIPT).length],
  ['gzip', 'gzip', gzipSync(SCRIPT).length],
  ['identity', undefined, SCRIPT.length],
])('a browser that takes %s gets that', async (accepted, encoding, length) => {
  const gateway = await serve();
  const { headers } = await request(gateway, '/assets/index-B3KlhDC_.js', { 'accept-encoding': accepted });
  expect(headers['content-encoding']).toBe(encoding);
  expect(headers['content-type']).toBe('text/javascript');
  expect(headers.vary).toBe('Accept-Encoding');
  expect(Number(headers['content-length'])).toBe(length);
});

test.each(['/.env', '/%2eenv', '/%2Eenv?x', '/assets/../.env'])('%s is not served', async (path) => {
  const gateway = await serve();
  expect(await request(gateway, path)).toMatchObject({ status: 404 });
});

test.each(['bytes=2-1', 'bytes=0-99999999999999999999', 'bytes=--1', 'bytes=0-0,1-1', 'lines=1-2'])(
  'of a file that is asked for by %s all is sent',
  async (range) => {
    const gateway = await serve();
    const { status, body } = await request(gateway, '/assets/plain.css', { range });
    expect([status, body]).toEqual([200, 'body { color: black }']);
  },
);

test('the directory is read once, at the start', async () => {
  const folder = makePage();
  const gateway = await startGateway({ REDIS_URL: 'memory:', PAGE_DIR: folder });
  writeFileSync(join(folder, 'later.html'), 'later');
  expect(await request(gateway, '/later.html')).toMatchObject({ status: 404 });
  mkdirSync(join(folder, '.well-known'));
  writeFileSync(join(folder, '.well-known', 'security.txt'), 'Contact: mailto:a@example.org');
  const restarted = await startGateway({ REDIS_URL: 'memory:', PAGE_DIR: folder });
  expect(await request(restarted, '/later.html')).toMatchObject({ status: 200, body: 'later' });
  expect(await request(restarted, '/.well-known/security.txt')).toMatchObject({ status: 200 });
});

test('a part of a file is sent on request', async () => {
  const gateway = await serve();
  const { status, body } = await request(gateway, '/assets/plain.css', { range: 'bytes=0-3' });
  expect([status, body]).toEqual([206, 'body']);
});

test('downloads that clients abort leave no file open', async () => {
  const folder = makePage();
  writeFileSync(join(folder, 'large.bin'), Buffer.alloc(64 * 1024 * 1024));
  const gateway = await startGateway({ REDIS_URL: 'memory:', PAGE_DIR: folder });
  const openFiles = async () => (await gateway.scrape()).sum('process_open_fds');
  const before = await openFiles();
  for (let i = 0; i < 30; i++) {
    await new Promise<void>((resolve, reject) => {
      const asked = get(`${gateway.url}/large.bin`, (response) => {
        response.once('data', () => {
          response.destroy();
          resolve();
        });
      });
      asked.once('error', reject);
    });
  }
  await eventually(async () => expect(await openFiles()).toBeLessThan(before + 10));
});
