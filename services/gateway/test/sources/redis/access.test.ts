import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { expect, onTestFinished, test } from 'vitest';
import { selfSignedCertificate } from '../../support/source-certificate.js';
import { readySource, testRedis, watchedSource } from '../../support/source-redis.js';

const SECRET = 's3cret p@ss:w/rd%';
const ENCODED_SECRET = encodeURIComponent(SECRET);

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a password in the URL opens a Redis that requires one', async () => {
  const { server } = await testRedis('--requirepass', SECRET);
  const { source, log } = await readySource(`redis://:${ENCODED_SECRET}@127.0.0.1:${server.port}`);
  expect((await source.hashEntries('hash')).values).toEqual([]);
  expect(log.errors).toEqual([]);
  expect(JSON.stringify(log.lines)).not.toContain('s3cret');
});

test('a user with the documented rights can do what is needed, and no more', async () => {
  const { server, admin } = await testRedis();
  const rights = '+@connection +info +ping +hlen +hscan +hget +subscribe +unsubscribe'.split(' ');
  await admin.call('ACL', 'SETUSER', 'gateway', 'on', `>${SECRET}`, '~public:*', '&public:*', ...rights);
  const { source, recorder, log } = await readySource(
    `redis://gateway:${ENCODED_SECRET}@127.0.0.1:${server.port}`,
  );
  await admin.hset('public:hash', 'field', 'value');
  expect((await source.hashEntries('public:hash')).values).toEqual(['value']);
  await source.subscribe('public:channel');
  await admin.publish('public:channel', 'message');
  await eventually(() => expect(recorder.messages).toEqual([['public:channel', 'message']]));
  await source.unsubscribe('public:channel');
  expect(log.errors).toEqual([]);
  const refusals = [
    () => source.hashEntries('private'),
    () => source.subscribe('private'),
    () => source.publish('public:channel', 'needs +publish'),
  ];
  for (const refused of refusals) {
    await expect(refused()).rejects.toMatchObject({
      code: 'not_allowed',
      message:
        'Redis does not allow the gateway to do this; its operator can grant the right with ACL SETUSER',
    });
  }
  expect(log.errors).toHaveLength(2);
  expect(source.ready).toBe(true);
  await admin.call('ACL', 'SETUSER', 'gateway', '+publish');
  expect(await source.publish('public:channel', 'allowed')).toBe(0);
});

test.each([
  ['a wrong password', `redis://:${ENCODED_SECRET}@`, 'WRONGPASS'],
  ['a missing password', 'redis://', 'NOAUTH'],
])('%s is reported, and appears nowhere', async (_, urlStart, code) => {
  const { server } = await testRedis('--requirepass', 'another');
  const { source, log } = await watchedSource(`${urlStart}127.0.0.1:${server.port}`);
  await eventually(() => expect(log.errors.length).toBeGreaterThan(0));
  expect(log.errors[0]).toContain(code);
  expect(source.ready).toBe(false);
  const error: unknown = await source.hashEntries('hash').catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'source_unavailable' });
  expect(`${String(error)} ${JSON.stringify(log.lines)}`).not.toContain('s3cret');
});

/** A server that calls `treat` for every connection; resolves with its port and the number of connections. */
async function strangeServer(
  treat: (socket: Socket) => void,
): Promise<{ port: number; connected(): number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on('error', () => {});
    treat(socket);
  });
  return { port: await listen(server), connected: () => count };
}

test('lasting failures are reported once for each connection, without the password', async () => {
  const { port, connected } = await strangeServer((socket) => {
    socket.on('data', (data) => {
      const commands = data
        .toString()
        .split(/^\*\d+\r\n/m)
        .slice(1);
      for (const command of commands) socket.write(`-ERR no ${command.replaceAll('\r\n', ' ')}\r\n`);
    });
  });
  const { log } = await watchedSource(`redis://:s3cret@127.0.0.1:${port}`);
  await eventually(() => {
    expect(connected()).toBeGreaterThan(6);
    expect(log.errors).toHaveLength(2);
  });
  for (const line of log.errors) {
    expect(line).toContain('ERR no $5 hello');
    expect(line).toContain('***');
    expect(line).not.toContain('s3cret');
  }
});

test('a server that closes every connection is reported', async () => {
  const { port, connected } = await strangeServer((socket) => socket.end());
  const { source, log } = await watchedSource(`redis://127.0.0.1:${port}`);
  await eventually(() => {
    expect(connected()).toBeGreaterThan(6);
    expect(log.errors).toHaveLength(2);
  });
  expect(log.errors.join()).toContain('Redis closed the connection before it was ready.');
  expect(source.ready).toBe(false);
});

test('the number in the URL chooses the database', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('hash', 'field', 'in 0');
  await admin.select(3);
  await admin.hset('hash', 'field', 'in 3');
  const { source, recorder } = await readySource(`${server.url}/3`);
  expect((await source.hashEntries('hash')).values).toEqual(['in 3']);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
  await eventually(() => expect(recorder.changes).toEqual(['ready', 'away', 'ready']));
  expect((await source.hashEntries('hash')).values).toEqual(['in 3']);
});

test('a database that does not exist is reported, and never mistaken for another', async () => {
  const { server } = await testRedis();
  const { source, recorder, log } = await watchedSource(`${server.url}/99`);
  await eventually(() => expect(log.errors.join()).toContain('DB index is out of range'));
  expect(source.ready).toBe(false);
  expect(recorder.changes).toEqual([]);
});

/** A TLS proxy in front of a Redis, with the certificate that it shows, in a file. */
async function tlsProxy(redisPort: number): Promise<{ url: string; certificateFile: string }> {
  const { key, cert } = selfSignedCertificate();
  const proxy = createTlsServer({ key, cert }, (socket) => {
    const inner = connect(redisPort, '127.0.0.1');
    socket.on('error', () => inner.destroy()).pipe(inner);
    inner.on('error', () => socket.destroy()).pipe(socket);
  });
  proxy.on('tlsClientError', () => {});
  const directory = mkdtempSync(join(tmpdir(), 'viaduct-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const certificateFile = join(directory, 'certificate.pem');
  writeFileSync(certificateFile, cert);
  return { url: `rediss://localhost:${await listen(proxy)}`, certificateFile };
}

test('rediss:// refuses a certificate of an unknown authority', async () => {
  const { server } = await testRedis();
  const { url } = await tlsProxy(server.port);
  const { source, log } = await watchedSource(url);
  await eventually(() => expect(log.errors.join()).toContain('self-signed certificate'));
  expect(source.ready).toBe(false);
});

test('rediss:// accepts the certificates that NODE_EXTRA_CA_CERTS names', async () => {
  const { server, admin } = await testRedis();
  await admin.hset('hash', 'field', '"by TLS"');
  const { url, certificateFile } = await tlsProxy(server.port);
  // Node reads the variable when a process starts.
  const settings = { CHANNELS: '*', REDIS_URL: url, NODE_EXTRA_CA_CERTS: certificateFile };
  const client = await RawClient.connect((await startGateway(settings)).url);
  expect((await client.run('GET hash')).envelopes).toMatchObject([{ content: 'by TLS' }]);
});
