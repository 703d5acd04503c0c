import type { Redis } from 'ioredis';
import type { BenchContext } from '../context.js';
import { sleep } from '../load/clock.js';
import { LiveClient } from '../load/live-clients.js';
import { boxCommand, LiveWorld } from '../load/live-world.js';
import { boxOf } from '../load/world.js';
import { type Subject, VIADUCT } from '../subjects.js';
import { TestBed } from '../test-bed.js';
import type { Outcome, Scenario } from './scenario.js';
import { CHANNEL, withWorld } from './world-in-redis.js';

/** Share of the area in the box of each client. */
const SHARE = 0.02;
/** Share of the features that change during the gap. */
const CHANGED = 0.005;
/** How long Redis does not answer. */
const GAP_MS = 2000;

/** Changes features while nobody is subscribed, and stops Redis for a while. Returns the ids of the features. */
async function gap(context: BenchContext, world: LiveWorld, redis: Redis): Promise<Set<string>> {
  const changed = new Set<string>();
  // A transaction: the gateway cannot subscribe again in between.
  const changes = redis.multi().call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  for (let n = 0; n < world.size * CHANGED; n++) {
    const i = world.move();
    changed.add(`f${i}`);
    changes.hset(CHANNEL, `f${i}`, world.text(i)).publish(CHANNEL, world.text(i));
  }
  await changes.exec();
  process.kill(context.redis.pid, 'SIGSTOP');
  try {
    await sleep(GAP_MS);
  } finally {
    process.kill(context.redis.pid, 'SIGCONT');
  }
  return changed;
}

/** How many ids of one set are not in another. */
function missing(from: ReadonlySet<string>, other: ReadonlySet<string>): number {
  return [...from].filter((id) => !other.has(id)).length;
}

async function run(context: BenchContext, subject: Subject): Promise<Outcome> {
  const [size = 10_000] = context.sizes.liveFeatures;
  return withWorld(context, new LiveWorld(size), (world, redis) =>
    TestBed.use(context, subject, {}, async (bed) => {
      const clients: LiveClient[] = [];
      for (let i = 0; i < context.sizes.clients; i++) {
        const client = await LiveClient.connect(bed.server.port);
        client.send(boxCommand(boxOf(i, SHARE)));
        await client.mark(`SUB ${CHANNEL} live=true`, 'snapshot_end');
        clients.push(client);
      }
      const total = (of: 'bytes' | 'received' | 'leaves'): number =>
        clients.reduce((sum, client) => sum + client[of], 0);
      const first = { bytes: total('bytes'), received: total('received') };
      const marks = clients.map((client) => client.marked('view'));
      const changed = await gap(context, world, redis);
      const ended = performance.now();
      await Promise.all(marks);
      const seconds = (performance.now() - ended) / 1e3;
      const [bytes, received] = [total('bytes') - first.bytes, total('received') - first.received];
      const leaves = total('leaves');
      let expected = 0;
      let wrong = 0;
      for (const [i, { held }] of clients.entries()) {
        const inBox = world.idsIn(boxOf(i, SHARE));
        expected += [...changed].filter((id) => inBox.has(id)).length;
        wrong += missing(inBox, held) + missing(held, inBox);
      }
      for (const client of clients) client.close();
      const problems: string[] = [];
      if (wrong > 0) problems.push(`${wrong} features are missing or should have left`);
      if (received - leaves !== expected)
        problems.push(`${received - leaves} features came, but ${expected} have changed`);
      const share = (100 * bytes) / first.bytes;
      context.log(
        `    ${share.toFixed(2)} % of the bytes of the first views, ${seconds.toFixed(2)} s after the gap`,
      );
      const values = {
        features: size,
        changed: changed.size,
        first: first.bytes / 1e6,
        after: bytes / 1e6,
        share,
      };
      return { case: '', values: { ...values, received, seconds }, problems, others: null };
    }),
  );
}

export const GAP: Scenario = {
  id: 'GAP',
  title: ({ clients }) =>
    `A gap: ${clients} clients with live views of 2 %, and Redis does not answer for ${GAP_MS / 1e3} s`,
  about: `Meanwhile, ${CHANGED * 100} % of the features change, and no message reports it. Then the gateway reads the hash once, and sends each client what differs and a mark.`,
  subjects: [VIADUCT],
  columns: [
    { key: 'features', label: 'features', digits: 0 },
    { key: 'changed', label: 'changed', digits: 0 },
    { key: 'first', label: 'first views, MB', digits: 1 },
    { key: 'after', label: 'after the gap, MB', digits: 3 },
    { key: 'share', label: 'share of the first views, %', digits: 2 },
    { key: 'received', label: 'features and leaves sent', digits: 0 },
    { key: 'seconds', label: 'all marks after, s', digits: 2 },
  ],
  async run(context, subject) {
    return [await run(context, subject)];
  },
};
