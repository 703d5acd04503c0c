import type { Attack, Size } from '../attack.js';
import type { AttackContext } from '../context.js';
import { fillHash, lineFeature } from '../data.js';
import type { RawConnection } from '../raw-connection.js';

/** About 60 KB as text: below the size of messages for the workers. */
const VERTICES = 3400;

/** Half of them have a CRS of their own, the others a precision. */
function viewOf(i: number): string {
  if (i % 2 === 0)
    return `PROJECTION epsg:${i % 4 === 0 ? 32_601 + ((i / 4) % 60) : 32_701 + (((i - 2) / 4) % 60)}`;
  const [lead, exponent] = [[1, 2, 5][(i >> 1) % 3], Math.floor((i >> 1) / 3) % 8];
  return `PROJECTION epsg:${[3857, 2056, 25_832, 3035, 31_370, 27_700][Math.floor(i / 48) % 6]} precision=${lead}e${exponent - 3}`;
}

/** Publishes one message a second until the attack ends. */
function publish(context: AttackContext, channel: string, feature: string): Promise<void> {
  return context.repeat(1000, () => context.redis.publish(channel, feature));
}

const views: Attack<'sessions'> = {
  name: 'views',
  does: 'idle sessions, each with a CRS or a precision of its own and a small box far away, share a channel of 60 KB messages',
  countedBy: [
    { name: 'viaduct_filtered_total' },
    { name: 'viaduct_errors_total', labels: { code: 'too_many_views' } },
  ],
  sizes: { sessions: [150, 300] },
  async run(context) {
    const opening = context.openMany(context.sizes.sessions, {}, (connection, i) => {
      connection.send(viewOf(i), 'BBOX 10 10 20 20', 'SUB attack_views');
    });
    await Promise.all([opening, publish(context, 'attack_views', lineFeature(1, VERTICES, [8.4, 47.3]))]);
  },
};

const nearViews: Attack<'sessions'> = {
  name: 'near-views',
  does: 'idle sessions as in `views`, but each with a box in its own projection that nearly every message touches',
  countedBy: [{ name: 'viaduct_messages_total' }],
  sizes: { sessions: [60, 300] },
  async run(context) {
    const opening = context.openMany(context.sizes.sessions, {}, (connection, i) => {
      connection.send(viewOf(i), 'BBOX -10000000 -10000000 10000000 10000000', 'SUB attack_near');
    });
    await Promise.all([opening, publish(context, 'attack_near', lineFeature(1, VERTICES, [8.4, 47.3]))]);
  },
};

const CHANGES_PER_SECOND = 100;

/** An attack with changes of views, each of which concerns many subscriptions. */
function viewChanges(
  name: string,
  does: string,
  roundMs: number,
  change: (n: number) => string,
): Attack<'sessions' | 'subscriptions'> {
  const perRound = (CHANGES_PER_SECOND * roundMs) / 1000;
  return {
    name,
    does,
    countedBy: [{ name: 'viaduct_delayed_view_changes_total' }],
    // While a client's commands wait, the gateway reads nothing from it, so only a heartbeat reveals that it has left.
    settings: { HEARTBEAT_MS: '2000' },
    sizes: { sessions: [2, 8], subscriptions: [100, 100] },
    async run(context) {
      const { sessions, subscriptions } = context.sizes;
      const connections = await context.openMany(sessions, { perAddress: 2 });
      await subscribe(context, connections, subscriptions);
      await context.repeat(roundMs, (round) => {
        for (const connection of connections) {
          for (let i = 0; i < perRound; i++) connection.send(change(perRound * round + i));
        }
      });
    },
  };
}

const pans = viewChanges(
  'pans',
  'sessions with many subscriptions send 100 BBOX a second each',
  100,
  (n) => `BBOX ${n % 100} 0 150 10`,
);

const projections = viewChanges(
  'projections',
  'sessions with many subscriptions change their projection 100 times a second',
  50,
  (n) => `PROJECTION epsg:${32_601 + (n % 60)}`,
);

const trimmedViews: Attack<'sessions'> = {
  name: 'trimmed-views',
  does: 'sessions have collections of 60 KB trimmed to their own boxes, which all differ',
  countedBy: [{ name: 'viaduct_messages_total' }],
  sizes: { sessions: [60, 300] },
  async run(context) {
    const features = Array.from({ length: 500 }, (_, id) => {
      const geometry = { type: 'Point', coordinates: [8 + (id % 25) / 25, 47 + Math.floor(id / 25) / 20] };
      return { type: 'Feature', id, geometry, properties: { name: `feature ${id}` } };
    });
    const collection = JSON.stringify({ type: 'FeatureCollection', features });
    const opening = context.openMany(context.sizes.sessions, {}, (connection, i) => {
      const side = 0.3 + (i % 50) / 100;
      connection.send(`BBOX 8 47 ${8 + side} ${47 + side} trim=true`, 'SUB attack_trimmed');
    });
    await Promise.all([opening, publish(context, 'attack_trimmed', collection)]);
  },
};

/** An attack with live views of many features, all of which get another box at the same time. */
function liveBoxes(
  name: string,
  does: string,
  sessions: Size,
  begin: (session: number) => string[],
  boxOf: (round: number) => string,
): Attack<'sessions'> {
  const key = `attack_${name.replaceAll('-', '_')}`;
  return {
    name,
    does,
    countedBy: [{ name: 'viaduct_live_view_changes_total' }],
    sizes: { sessions },
    prepare: ({ redis }) => fillHash(redis, key, 20_000, 100),
    async run(context) {
      const connections = await context.openMany(context.sizes.sessions, { perAddress: 2 });
      for (const [i, connection] of connections.entries())
        connection.send(...begin(i), `SUB ${key} live=true`);
      await context.repeat(100, (round) => {
        for (const connection of connections) connection.send(`BBOX ${boxOf(round)}`);
      });
    },
  };
}

const livePans = liveBoxes(
  'live-pans',
  'sessions watch 20,000 features with live=true and jump between everything and nothing',
  [4, 20],
  () => ['BBOX 8 47 9 48'],
  (round) => (round % 2 === 0 ? '100 10 101 11' : '8 47 9 48'),
);

const liveViews = liveBoxes(
  'live-views',
  'sessions watch 20,000 features with live=true, each in a CRS or a precision of its own, and jump between empty boxes',
  [20, 60],
  (session) => [viewOf(session), 'BBOX 0 0 1 1'],
  (round) => `${round % 100} 0 ${1 + (round % 100)} 1`,
);

const channels: Attack<'sessions'> = {
  name: 'channels',
  does: 'sessions subscribe to channels that nobody else knows, and leave them again',
  countedBy: [{ name: 'viaduct_commands_total', labels: { command: 'SUB' } }],
  sizes: { sessions: [20, 100] },
  async run(context) {
    let channel = 0;
    await context.openMany(context.sizes.sessions, {}, (connection) => {
      void context.repeat(200, () => {
        const names = Array.from({ length: 4 }, () => `attack_channel_${channel++}`);
        connection.send(...names.map((name) => `SUB ${name}`), ...names.map((name) => `DEL ${name}`));
      });
    });
    await context.wait(60_000);
  },
};

/** Subscribes each connection to channels that all share, at a pace that no rate limit refuses. */
async function subscribe(
  context: AttackContext,
  connections: readonly RawConnection[],
  count: number,
): Promise<void> {
  for (let i = 0; i < count && !context.signal.aborted; i += 10) {
    for (const connection of connections) {
      for (let n = i; n < i + 10; n++) connection.send(`SUB attack_pan_${n}`);
    }
    await context.wait(10);
  }
}

export const VIEWS = [
  views,
  nearViews,
  trimmedViews,
  pans,
  projections,
  livePans,
  liveViews,
  channels,
] as const;
