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
import { eventually, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

/**
 * Long beyond every wait of the tests: an answer that comes has not waited for a Redis that hangs. How long an answer
 * takes is not asserted, because on a busy machine also replicas that are well may take longer than they are given.
 */
const REDIS_TIMEOUT_MS = '600000';

/** Stops the process until the end of the test or `SIGCONT`. */
function hang(gateway: GatewayProcess): void {
  gateway.signal('SIGSTOP');
  atEnd(() => gateway.signal('SIGCONT'));
}

/** A new session, with its id as `asked` shows it. */
async function newSession(on: GatewayProcess, asked: GatewayProcess): Promise<string> {
  const channel = `channel-${Math.random()}`;
  await (await RawClient.connect(on.url)).run(`SUB ${channel}`);
  const rows = await until(async () => {
    const found = rowsOf(await sessionsOf(asked, `?channel=${channel}`));
    return found.length > 0 && found;
  }, 'the new session');
  return rows[0]?.id ?? '';
}

test('while a replica hangs, every answer arrives and names it; afterwards the replica does what was requested', async () => {
  const { server } = await startWorld();
  const { one, two, three } = await startReplicas(server.url, ['one', 'two', 'three']);
  for (const { url } of [one, three]) await (await RawClient.connect(url)).run('SUB trains');
  const onTwo = await RawClient.connect(two.url);
  await onTwo.run('SUB trains');
  const idOnTwo = await newSession(two, one);
  hang(two);
  const missing = { complete: false, missing: ['two'] };

  await eventually(async () => {
    const answer = await replicasOf(one);
    expect(answer).toMatchObject(missing);
    expect(answer.replicas.map(({ id }) => id)).toEqual(['one', 'three']);
    // It is no longer mentioned.
    expect((await replicasOf(one)).lastSeen.two).toBe(answer.lastSeen.two);
  });
  await eventually(async () => {
    expect(await sessionsOf(one, '?channel=trains')).toMatchObject({ ...missing, total: 2 });
  });
  await eventually(async () => {
    const onThree = await sessionsOf(one, '?replica=three&channel=trains');
    expect(onThree).toMatchObject({ complete: true, total: 1 });
  });
  expect(await sessionsOf(one, '?replica=two')).toMatchObject({ ...missing, total: 0 });
  await eventually(async () => {
    const channels = [{ channel: 'trains', subscribers: 2 }];
    expect(await channelsOf(three)).toMatchObject({ ...missing, channels });
  });
  await eventually(async () => {
    expect((await notify(three, 'hello')).body).toMatchObject({ ...missing, sessions: 2 });
  });
  await eventually(async () => {
    expect((await disconnect(one, await newSession(three, one))).body).toMatchObject({ replica: 'three' });
  });
  await eventually(async () => {
    const refused = await admin<Refusal>(one, `sessions/${idOnTwo}`, { method: 'DELETE' });
    expect([refused.status, refused.body.error.code]).toEqual([504, 'replica_missing']);
    expect(refused.body.error.message).toMatch(/, and two did not answer/u);
  });

  two.signal('SIGCONT');
  await untilTogether(one, ['one', 'two', 'three']);
  // It has since done what was requested while it hung.
  await onTwo.inbox.next(({ content }) => (content as { message?: string }).message === 'hello');
  await eventually(async () => {
    const answer = await sessionsOf(three);
    expect(answer.complete).toBe(true);
    expect(rowsOf(answer).map(({ id }) => id)).not.toContain(idOnTwo);
  });
});

test('a replica that starts while another hangs knows of it too', async () => {
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
    expect(await replicasOf(two)).toMatchObject({
      complete: false,
      missing: ['one'],
      lastSeen: { one: null },
    });
  });
});

test('a replica that ends or is killed is forgotten', async () => {
  const { server } = await startWorld();
  const { one, two, three } = await startReplicas(server.url, ['one', 'two', 'three']);
  await three.stop();
  await untilTogether(one, ['one', 'two']);
  two.signal('SIGKILL');
  await two.ended;
  await untilTogether(one, ['one']);
});

test('replicas survive a restart of Redis, and their answers are true meanwhile', async () => {
  const { server } = await startWorld();
  const { one, two } = await startReplicas(server.url, ['one', 'two']);
  const clients = await Promise.all([TRANSPORTS.raw(one.url), TRANSPORTS['socket.io'](two.url)]);
  for (const client of clients) await client.run('PING');

  await server.kill();
  await eventually(async () => {
    expect((await one.scrape()).sum('viaduct_replicas_connected')).toBe(0);
  });
  expect(await replicasOf(one)).toMatchObject({
    complete: false,
    missing: ['two'],
    replicas: [{ id: 'one' }],
  });
  expect((await notify(one, 'Redis is unreachable')).body).toMatchObject({ complete: false, sessions: 1 });
  const unknown = await admin<Refusal>(one, 'sessions?replica=four');
  expect([unknown.status, unknown.body.error.code]).toEqual([504, 'replica_missing']);
  expect((await disconnect(one, 'nobody')).status).toBe(504);

  await server.start();
  await untilTogether(one, ['one', 'two']);
  await untilTogether(two, ['one', 'two']);
  await eventually(async () => expect((await sessionsOf(one)).total).toBe(2));
  for (const client of clients) expect((await client.run('PING')).status.status).toBe('ok');
  for (const gateway of [one, two]) {
    expect(gateway.log.map(({ msg }) => msg)).not.toContain('uncaught error');
    expect(gateway.log.map(({ msg }) => msg)).not.toContain('internal failure');
  }
});

test('no answer waits for a Redis that hangs', async () => {
  const { server } = await startWorld();
  const { one } = await startReplicas(server.url, ['one', 'two'], { REDIS_TIMEOUT_MS });
  process.kill(server.pid, 'SIGSTOP');
  try {
    expect(await replicasOf(one)).toMatchObject({
      complete: false,
      missing: ['two'],
      replicas: [{ id: 'one' }],
    });
    expect((await disconnect(one, 'nobody')).status).toBe(504);
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await untilTogether(one, ['one', 'two']);
});

test('a replica that knows of no other says that it may be wrong while Redis hangs', async () => {
  const { server } = await startWorld();
  const { one } = await startReplicas(server.url, ['one'], { REDIS_TIMEOUT_MS });
  process.kill(server.pid, 'SIGSTOP');
  try {
    expect(await replicasOf(one)).toMatchObject({ complete: false, missing: [] });
  } finally {
    process.kill(server.pid, 'SIGCONT');
  }
  await untilTogether(one, ['one']);
});

test('a gateway shuts down cleanly while others hang', async () => {
  const { server } = await startWorld();
  const { one, two } = await startReplicas(server.url, ['one', 'two']);
  hang(two);
  const asking = replicasOf(one).catch(() => null);
  one.signal('SIGTERM');
  expect(await one.ended).toBe(0);
  await asking;
  expect(one.stderr).toBe('');
});
