import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { outcomes, RawClient } from '@viaduct/testkit/clients';
import { runGateway, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { untilReady } from '../../support/source-harness.js';
import { adminOf, readySource, untilChanges, watchedSource } from '../../support/source-redis.js';
import { temporaryDirectory, tlsRedis } from '../../support/tls.js';

test('a Redis that requires a client certificate, as it does by default, receives it', async () => {
  const { url, authority, server } = await tlsRedis('yes');
  const own = await authority.issue('gateway');
  await adminOf(server).hset('hash', 'field', '"value"');
  const gateway = await startGateway({
    REDIS_URL: url,
    CHANNELS: '*',
    ADMIN_TOKEN: 'a'.repeat(16),
    STREAMS: 'stream',
    REDIS_TLS_CA_FILE: authority.ca,
    REDIS_TLS_CERT_FILE: own.cert,
    REDIS_TLS_KEY_FILE: own.key,
  });
  const client = await RawClient.connect(gateway.url);
  expect(await outcomes(client, 'SUB channel', 'SUB stream', 'GET hash')).toEqual(['ok', 'ok', 'ok']);
  await eventually(async () => expect((await gateway.scrape()).sum('viaduct_replicas_connected')).toBe(1));
});

/** Redis tells its reason and closes. A command that was sent before both arrived may fail first. */
function alert(reason: string): RegExp {
  return new RegExp(`${reason}|write (?:ECONNRESET|EPIPE)`, 'u');
}

test('without a certificate, or with one of another authority, the log has the error of Redis', async () => {
  const { url, authority } = await tlsRedis('yes');
  const none = await watchedSource(url, undefined, { access: { tls: { caFile: authority.ca } } });
  await eventually(() => expect(none.log.errors.join()).toMatch(alert('certificate required')));
  const { authority: other } = await tlsRedis();
  const { cert: certFile, key: keyFile } = await other.issue('stranger');
  const tls = { caFile: authority.ca, certFile, keyFile };
  const stranger = await watchedSource(url, undefined, { access: { tls } });
  await eventually(() => expect(stranger.log.errors.join()).toMatch(alert('unknown ca')));
  expect(none.source.ready || stranger.source.ready).toBe(false);
});

test('a configured authority is trusted instead of the public ones', async () => {
  const { url, authority } = await tlsRedis();
  await readySource(url, undefined, { access: { tls: { caFile: authority.ca } } });
  const { authority: other } = await tlsRedis();
  for (const tls of [{}, { caFile: other.ca }]) {
    const { log } = await watchedSource(url, undefined, { access: { tls } });
    await eventually(() =>
      expect(log.errors.join()).toMatch(/unable to (?:verify|get local issuer)|self-signed/u),
    );
  }
});

test('a certificate that was renewed is used by the next connection', async () => {
  const { url, authority, server } = await tlsRedis('yes');
  const directory = await temporaryDirectory();
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const put = async (name: string): Promise<void> => {
    const { cert, key } = await authority.issue(name);
    await copyFile(cert, certFile);
    await copyFile(key, keyFile);
  };
  await put('first');
  const tls = { caFile: authority.ca, certFile, keyFile };
  const { source, recorder, log } = await readySource(url, undefined, { access: { tls } });
  await writeFile(certFile, 'being written');
  const admin = adminOf(server);
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await eventually(() => expect(log.errors.join()).toContain('PEM'));
  await put('second');
  await untilReady(source);
  await untilChanges(recorder, 'ready', 'away', 'ready');
});

test.each([
  [{ REDIS_TLS_CERT_FILE: 'CERT' }, 'REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE belong together'],
  [{ REDIS_TLS_CA_FILE: '/no/such/file' }, 'REDIS_TLS_CA_FILE.*no such file.*name PEM files'],
  [{ REDIS_TLS_CERT_FILE: 'CERT', REDIS_TLS_KEY_FILE: 'OTHER' }, 'REDIS_TLS_KEY_FILE.*mismatch.*belongs to'],
  [
    { REDIS_TLS_CA_FILE: 'CA', REDIS_URL: 'redis://localhost' },
    'REDIS_TLS_CA_FILE.*does not begin with rediss',
  ],
] as const)('%o stops the start with the remedy', async (settings, message) => {
  const { authority } = await tlsRedis();
  const [own, other] = [await authority.issue('own'), await authority.issue('other')];
  const files: Record<string, string> = { CERT: own.cert, OTHER: other.key, CA: authority.ca };
  const env = Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, files[value] ?? value]),
  );
  const { exit, gateway } = await runGateway({ REDIS_URL: 'rediss://localhost', ...env });
  expect(exit).toBe(1);
  expect(gateway.stderr).toMatch(new RegExp(message, 'u'));
});
