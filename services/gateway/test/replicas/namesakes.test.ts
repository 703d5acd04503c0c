import { disconnect, replicasOf, rowsOf, sessionsOf, TOKEN } from '@viaduct/testkit/admin';
import { RawClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { eventually, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { expect, test } from 'vitest';

test('two gateways with one REPLICA_ID have different names in reports, keep their own data, and log the conflict', async () => {
  const { server } = await startWorld();
  const start = (id: string) =>
    startGateway({ REDIS_URL: server.url, CHANNELS: '*', ADMIN_TOKEN: TOKEN, REPLICA_ID: id });
  const [one, twin, other] = await Promise.all(['same', 'same', 'other'].map(start));
  if (one === undefined || twin === undefined || other === undefined) throw new Error('a gateway is missing');
  const clients = [await RawClient.connect(one.url), await RawClient.connect(twin.url)];
  await clients[1]?.run('SUB twin');

  for (const gateway of [one, twin, other]) {
    await eventually(async () => {
      const { complete, replicas } = await replicasOf(gateway);
      const names = replicas.map(({ id }) => id.replace(/~[0-9a-f]{6}$/u, '~'));
      expect([complete, names]).toEqual([true, ['other', 'same', 'same~']]);
    });
    const { total, replicas } = await sessionsOf(gateway);
    expect([total, replicas.length]).toEqual([2, 3]);
  }
  // Each is what it says of itself.
  const own = async (gateway: typeof one) =>
    rowsOf(await sessionsOf(gateway, '?replica=same')).map(({ subscriptions }) => subscriptions);
  expect([await own(one), await own(twin)]).toEqual([[[]], [['twin']]]);
  for (const gateway of [one, twin]) {
    const says = () => gateway.log.some(({ msg }) => msg.includes('another gateway has the same REPLICA_ID'));
    await until(says, 'the log to name the other one');
  }
  expect(other.log.some(({ msg }) => msg.includes('REPLICA_ID'))).toBe(false);

  const row = rowsOf(await sessionsOf(one)).find(({ subscriptions }) => subscriptions.includes('twin'));
  expect(row?.replica).toMatch(/^same~/u);
  expect(rowsOf(await sessionsOf(one, `?replica=${row?.replica}`))).toHaveLength(1);
  expect((await disconnect(one, row?.id ?? '')).status).toBe(200);
  await eventually(async () => expect((await sessionsOf(other)).total).toBe(1));
});
