import {
  admin,
  channelsOf,
  disconnect,
  notify,
  type Refusal,
  replicasOf,
  rowsOf,
  sessionsOf,
  startReplicas,
  TOKEN,
  untilTogether,
} from '@viaduct/testkit/admin';
import { RawClient, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

/** What the API promises about every answer, in milliseconds. */
const PROMISED_MS = 2_000;

/** Runs the call, and checks that it keeps the promise. */
async function inTime<T>(call: Promise<T>): Promise<T> {
  const started = performance.now();
  const answer = await call;
  expect(performance.now() - started).toBeLessThan(PROMISED_MS);
  return answer;
}

/** Stops the process as it stands, until the end of the test or `SIGCONT`. */
function hang(gateway: GatewayProcess): void {
  gateway.signal('SIGSTOP');
  atEnd(() => gateway.signal('SIGCONT'));
}

test('while a replica hangs, every answer comes in time and names it; afterwards all is right again', async () => {
  const { server } = await startWorld();
  const { one, two, three } = await startReplicas(server.url, ['one', 'two', 'three']);
  for (const { url } of [one, two, three]) await (await RawClient.connect(url)).run('SUB trains');
  const onTwo = await RawClient.connect(two.url);
  await onTwo.run('PING');
  const before = rowsOf(await sessionsOf(one, '?channel=trains'));
  const idOn = (replica: string): string => before.find((row) => row.replica === replica)?.id ?? '';
  hang(two);
  const stoppedAt = Date.now();
  const missing = { complete: false, missing: ['two'] };

  const replicas = await inTime(replicasOf(one));
  expect(replicas).toMatchObject(missing);
  expect(replicas.replicas.map(({ id }) => id)).toEqual(['one', 'three']);
  expect(replicas.lastSeen.two).toBeLessThanOrEqual(stoppedAt);
  const sessions = await inTime(sessionsOf(one));
  expect(sessions).toMatchObject({ ...missing, total: 2 });
  expect(await inTime(sessionsOf(one, '?replica=three'))).toMatchObject({ complete: true, total: 1 });
  expect(await inTime(sessionsOf(one, '?replica=two'))).toMatchObject({ ...missing, total: 0 });
  expect(await inTime(channelsOf(three))).toMatchObject({
    ...missing,
    channels: [{ channel: 'trains', subscribers: 2 }],
  });
  expect((await inTime(notify(three, 'hello'))).body).toMatchObject({ ...missing, sessions: 2 });
  expect((await inTime(disconnect(one, idOn('three')))).body).toMatchObject({ replica: 'three' });
  const refused = await inTime(admin<Refusal>(one, `sessions/${idOn('two')}`, { method: 'DELETE' }));
  expect([refused.status, refused.body.error.code]).toEqual([504, 'replica_missing']);
  expect(refused.body.error.message).toContain('two did not answer');

  two.signal('SIGCONT');
  await untilTogether(one, ['one', 'two', 'three']);
  // What it was told while it hung, it has done since.
  await onTwo.inbox.next(({ content }) => (content as { message?: string }).message === 'hello');
  await eventually(async () => {
    const left = rowsOf(await sessionsOf(three, '?channel=trains')).map(({ id }) => id);
    expect(left).toEqual([idOn('one')]);
  });
});

test('a replica that starts while another hangs knows of it, too', async () => {
  const { server } = await startWorld();
  const { one } = await startReplicas(server.url, ['one']);
  hang(one);
  const two = await startGateway({
    REDIS_URL: server.url,
    CHANNELS: '*',
    ADMIN_TOKEN: TOKEN,
    REPLICA_ID: 'two',
  });
  await eventually(async () => {
    expect(await inTime(replicasOf(two))).toMatchObject({
      complete: false,
      missing: ['one'],
      lastSeen: { one: null },
    });
  });
});

test('a replica that is killed is forgotten, one that ends is so at once', async () => {
  const { server } = await startWorld();
  const { one, two, three } = await startReplicas(server.url, ['one', 'two', 'three']);
  await three.stop();
  expect(await replicasOf(one)).toMatchObject({ complete: true, missing: [] });
  two.signal('SIGKILL');
  await two.exited;
  await untilTogether(one, ['one']);
});

test('a Redis that restarts is survived, and the truth is told meanwhile', async () => {
  const { server } = await startWorld();
  const { one, two } = await startReplicas(server.url, ['one', 'two']);
  const clients = await Promise.all([TRANSPORTS.raw(one.url), TRANSPORTS['socket.io'](two.url)]);
  for (const client of clients) await client.run('PING');

  await server.kill();
  await eventually(async () => {
    expect((await one.scrape()).sum('viaduct_replicas_connected')).toBe(0);
  });
  expect(await inTime(replicasOf(one))).toMatchObject({
    complete: false,
    missing: ['two'],
    replicas: [{ id: 'one' }],
  });
  expect((await inTime(notify(one, 'Redis is away'))).body).toMatchObject({ complete: false, sessions: 1 });
  const unknown = await inTime(admin<Refusal>(one, 'sessions?replica=four'));
  expect([unknown.status, unknown.body.error.code]).toEqual([504, 'replica_missing']);
  expect((await inTime(disconnect(one, 'nobody'))).status).toBe(504);

  await server.start();
  await untilTogether(one, ['one', 'two']);
  await untilTogether(two, ['one', 'two']);
  expect((await sessionsOf(one)).total).toBe(2);
  for (const client of clients) expect((await client.run('PING')).status.status).toBe('ok');
  for (const gateway of [one, two]) {
    expect(gateway.log.map(({ msg }) => msg)).not.toContain('uncaught error');
    expect(gateway.log.map(({ msg }) => msg)).not.toContain('internal failure');
  }
});

test('a Redis that hangs delays no answer for long', async () => {
  const { server } = await startWorld();
  const { one } = await startReplicas(server.url, ['one', 'two'], { REDIS_TIMEOUT_MS: '60000' });
  process.kill(server.pid, 'SIGSTOP');
  try {
    expect(await inTime(replicasOf(one))).toMatchObject({
      complete: false,
      missing: ['two'],
      replicas: [{ id: 'one' }],
    });
    expect((await inTime(disconnect(one, 'nobody'))).status).toBe(504);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await untilTogether(one, ['one', 'two']);
});

test('a replica that knows of no other does not take that for granted while Redis hangs', async () => {
  const { server } = await startWorld();
  const { one } = await startReplicas(server.url, ['one'], { REDIS_TIMEOUT_MS: '60000' });
  process.kill(server.pid, 'SIGSTOP');
  try {
    expect(await inTime(replicasOf(one))).toMatchObject({ complete: false, missing: [] });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await untilTogether(one, ['one']);
});

test('a gateway ends in an orderly way while others hang', async () => {
  const { server } = await startWorld();
  const { one, two } = await startReplicas(server.url, ['one', 'two']);
  hang(two);
  const asking = replicasOf(one).catch(() => null);
  one.signal('SIGTERM');
  expect(await one.exited).toEqual({ code: 0, signal: null });
  await asking;
  expect(one.stderr).toBe('');
});
