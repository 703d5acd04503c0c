import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { beginMigration, connectTo, part, startTestCluster } from '../../support/redis-cluster.js';
import { readySource } from '../../support/source-redis.js';

test('keys are read from the master that has them, even while they move', async () => {
  const cluster = await startTestCluster();
  const { url, names, masters } = cluster;
  const client = connectTo(cluster);
  const { source, log } = await readySource(url);
  const keys = names.flat();
  await Promise.all(keys.map((key) => client.hset(key, 'field', `in ${key}`)));
  for (const key of keys) {
    expect((await source.hashEntries(key)).values).toEqual([`in ${key}`]);
    expect(await source.hashField(key, 'field')).toBe(`in ${key}`);
  }
  await client.set('text', 'no hash');
  await expect(source.hashEntries('text')).rejects.toMatchObject({ code: 'wrong_type' });
  const key = part(part(names, 0), 0);
  const migration = await beginMigration(key, part(masters, 0), part(masters, 1));
  await migration.moveKey();
  expect((await source.hashEntries(key)).values).toEqual([`in ${key}`]);
  await migration.end();
  expect((await source.hashEntries(key)).values).toEqual([`in ${key}`]);
  expect(log.errors).toEqual([]);
});

test('a large hash is read whole, however often its slot moves meanwhile', async () => {
  const cluster = await startTestCluster();
  const { url, names, masters } = cluster;
  const client = connectTo(cluster);
  const { source, log } = await readySource(url);
  const key = part(part(names, 0), 0);
  const entries = Object.fromEntries(Array.from({ length: 8_000 }, (_, i) => [`field ${i}`, String(i)]));
  await client.hset(key, entries);
  let [moving, reads] = [true, 0];
  const moves = (async () => {
    for (let move = 0; move < 6; move++) {
      const before = reads;
      await until(() => reads > before, 'the next read');
      const [from, to] = move % 2 === 0 ? [0, 1] : [1, 0];
      const migration = await beginMigration(key, part(masters, from), part(masters, to));
      await migration.moveKey();
      await migration.end();
    }
  })().finally(() => {
    moving = false;
  });
  while (moving) {
    reads++;
    const { fields, values } = await source.hashEntries(key);
    expect(Object.fromEntries(fields.map((field, i) => [field, values[i]]))).toEqual(entries);
  }
  await moves;
  expect(log.errors).toEqual([]);
});
