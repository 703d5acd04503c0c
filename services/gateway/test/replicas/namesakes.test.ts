import { disconnect, replicasOf, rowsOf, sessionsOf, TOKEN } from '@viaduct/testkit/admin';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

async function startAll(ids: string[]) {
  const { server } = await startWorld();
  const start = (id: string) =>
    startGateway({ REDIS_URL: server.url, CHANNELS: '*', ADMIN_TOKEN: TOKEN, REPLICA_ID: id });
  return Promise.all(ids.map(start));
}

const short = (name: string): string => name.replace(/~[0-9a-f]{6}$/u, '~');

test('gateways with one REPLICA_ID have different names in reports, keep their own data, and log the conflict', async () => {
  const gateways = await startAll(['same', 'same', 'same', 'other']);
  const [one, twin, third, other] = gateways;
  if (!(one && twin && third && other)) throw new Error('a gateway is missing');
  const clients = [await RawClient.connect(one.url), await RawClient.connect(twin.url)];
  await clients[1]?.run('SUB twin');

  for (const gateway of gateways) {
    await eventually(async () => {
      const { complete, replicas } = await replicasOf(gateway);
      const names = replicas.map(({ id }) => id);
      expect([complete, names.map(short)]).toEqual([true, ['other', 'same~', 'same~', 'same~']]);
      expect(new Set(names).size).toBe(4);
    });
    const { total, replicas } = await sessionsOf(gateway);
    expect([total, replicas.length]).toEqual([2, 4]);
  }
  // Each is what it says of itself.
  const own = async (gateway: typeof one) =>
    rowsOf(await sessionsOf(gateway, '?replica=same')).map(({ subscriptions }) => subscriptions);
  expect([await own(one), await own(twin), await own(third)]).toEqual([[[]], [['twin']], []]);
  for (const gateway of [one, twin, third]) {
    const says = () => gateway.log.some(({ msg }) => msg.includes('another gateway has the same REPLICA_ID'));
    await until(says, 'the log to name the other one');
  }
  expect(other.log.some(({ msg }) => msg.includes('REPLICA_ID'))).toBe(false);

  for (const gateway of gateways) {
    const row = rowsOf(await sessionsOf(gateway)).find(({ subscriptions }) => subscriptions.includes('twin'));
    expect(short(row?.replica ?? '')).toBe('same~');
    expect(rowsOf(await sessionsOf(gateway, `?replica=${row?.replica}`))).toHaveLength(1);
  }
  const row = rowsOf(await sessionsOf(one)).find(({ subscriptions }) => subscriptions.includes('twin'));
  expect((await disconnect(one, row?.id ?? '')).status).toBe(200);
  await eventually(async () => expect((await sessionsOf(other)).total).toBe(1));
});

test('a gateway that hangs is reported as missing, although others have its REPLICA_ID', async () => {
  const [one, hanging, third] = await startAll(['same', 'same', 'same']);
  if (!(one && hanging && third)) throw new Error('a gateway is missing');
  await eventually(async () => expect((await replicasOf(one)).replicas).toHaveLength(3));
  hanging.signal('SIGSTOP');
  try {
    const { complete, missing, replicas } = await replicasOf(third);
    expect([complete, replicas.length]).toEqual([false, 2]);
    expect(missing.map(short)).toEqual(['same~']);
    expect(replicas.map(({ id }) => id)).not.toContain(missing[0]);
  } finally {
    hanging.signal('SIGCONT');
  }
});
