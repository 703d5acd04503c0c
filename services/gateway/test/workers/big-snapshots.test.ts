import { DATA_CRS, GeoMessage, GeoPool, resolveCrs } from '@viaduct/geo-worker';
import { type Reply, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { fc } from '@viaduct/testkit/properties';
import { atEnd } from '@viaduct/testkit/teardown';
import { patienceMs } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';
import { passes, renderFor } from '../../src/delivery/audience.js';
import { OutMessage } from '../../src/delivery/messages.js';
import { SessionView } from '../../src/session/view.js';
import { Snapshot } from '../../src/state/snapshots.js';
import { BigSnapshots } from '../../src/workers/big-snapshots.js';
import { ReadTurns } from '../../src/workers/read-turns.js';
import { FAULTY_WORKER, PoolReports } from '../support/big-harness.js';
import { boxIn, content, position } from '../support/geo-arbitraries.js';
import { readerFrom } from '../support/read-harness.js';

const CRSS = [DATA_CRS, await resolveCrs('epsg:3857'), await resolveCrs('epsg:2056')];
const READER = readerFrom('here');

function startTurns(reports = new PoolReports()): ReadTurns {
  return new ReadTurns(startPool(reports), () => {});
}

function startPool(reports = new PoolReports()): GeoPool {
  const options = { threads: 2, timeoutMs: patienceMs(), observer: reports, file: FAULTY_WORKER };
  const pool = new GeoPool(options);
  atEnd(() => pool.close());
  return pool;
}

function snapshotOf(values: readonly string[]): { snapshot: Snapshot; invalid: unknown[] } {
  const invalid: unknown[] = [];
  return { snapshot: new Snapshot('key', values, (error) => invalid.push(error)), invalid };
}

/** What a session receives for a value, by the rule for one session; null for nothing. */
function expected(value: string, session: SessionView): string | null {
  const message = GeoMessage.parse(value);
  return passes(message, session) ? renderFor(message, session) : null;
}

const session = fc.record({
  crs: fc.constantFrom(...CRSS),
  axisOrder: fc.constantFrom('xy' as const, 'crs' as const),
  precision: fc.constantFrom(null, 0.1),
  boxFirst: fc.boolean(),
  corners: fc.option(fc.array(position, { minLength: 2, maxLength: 2 })),
  trim: fc.boolean(),
  held: fc.boolean(),
  clientRef: fc.constantFrom(null, 'r'),
});

type Wish = typeof session extends fc.Arbitrary<infer T> ? T : never;

function viewOf(wish: Wish): SessionView {
  const view = new SessionView(DATA_CRS);
  const box = (): void => {
    if (wish.corners === null) return;
    view.setBox({ minX: 0, minY: 0, maxX: 0, maxY: 0 });
    view.setBox(boxIn(view.boxCrs, wish.corners), { trim: wish.trim, hints: [], namedHints: {} });
  };
  if (wish.boxFirst) box();
  view.setProjection(wish);
  if (!wish.boxFirst) box();
  if (wish.held && wish.corners === null) view.hold();
  return view;
}

describe('the values of a large hash', () => {
  /** With it, the values are a large hash whatever the others are. */
  const LARGE = JSON.stringify('x'.repeat(500));

  const SMALL = { minBytes: 500, minHashBytes: 500 };

  test.each([1, 500])(
    'are sent as the main thread would send them; those of %i bytes are tested alone for a box',
    async (minBytes) => {
      const reports = new PoolReports();
      const snapshots = new BigSnapshots(startTurns(reports), { minBytes, minHashBytes: minBytes });
      let [byWorkers, left] = [0, 0];
      const check = async (values: readonly string[], wishes: readonly Wish[]): Promise<void> => {
        const { snapshot } = snapshotOf(values);
        for (const wish of wishes) {
          const view = viewOf(wish);
          const reading = snapshots.reading(snapshot, view, view, READER);
          for (const [i, value] of values.entries()) {
            const message = await reading?.messageAt(i, view, wish.clientRef);
            if (message === undefined) {
              left++;
              continue;
            }
            byWorkers++;
            const text = expected(value, view);
            const wanted = text === null ? null : snapshot.envelope(i, text, wish.clientRef).json;
            expect(message?.json ?? null).toBe(wanted);
          }
        }
      };
      await fc.assert(
        fc.asyncProperty(
          fc.array(content),
          fc.array(session, { minLength: 1, maxLength: 4 }),
          (some, wishes) => check([...some.map((value) => JSON.stringify(value)), LARGE], wishes),
        ),
        { numRuns: 60 },
      );
      expect(new Set(reports.tasks)).toEqual(new Set(['message', 'portion']));
      expect(byWorkers).toBeGreaterThan(left);
    },
  );

  test('are read once for all sessions whose view and whose CRS of boxes are the same', async () => {
    const reports = new PoolReports();
    const snapshots = new BigSnapshots(startTurns(reports), SMALL);
    const { snapshot } = snapshotOf(['{"type":"Point","coordinates":[7,46]}', LARGE]);
    const views = [5, 6.5, 8].map((minX) => {
      const view = new SessionView(DATA_CRS);
      view.setBox({ minX, minY: 45, maxX: 10, maxY: 48 });
      return view;
    });
    const messages = await Promise.all(
      views.map((view) => snapshots.reading(snapshot, view, view, READER)?.messageAt(0, view, null)),
    );
    expect(messages.map((message) => message === null)).toEqual([false, false, true]);
    expect(messages[0]).toBe(messages[1]);
    expect(reports.tasks).toEqual(['portion']);
  });

  test('go to the main thread if workers fail with them, or if they are not JSON', async () => {
    const snapshots = new BigSnapshots(startTurns(), SMALL);
    const view = new SessionView(DATA_CRS);
    const faulty = snapshotOf([JSON.stringify({ fault: 'exit' }), LARGE]).snapshot;
    expect(await snapshots.reading(faulty, view, view, READER)?.messageAt(0, view, null)).toBeUndefined();
    const { snapshot } = snapshotOf(['{', LARGE]);
    const reading = snapshots.reading(snapshot, view, view, READER);
    expect(await reading?.messageAt(0, view, null)).toBeUndefined();
    expect(await reading?.messageAt(1, view, null)).toBeInstanceOf(OutMessage);
  });

  test('go to the main thread if the session has filters or the hash is not large', () => {
    const snapshots = new BigSnapshots(startTurns(), SMALL);
    const view = new SessionView(DATA_CRS);
    expect(snapshots.reading(snapshotOf(['1', '2']).snapshot, view, view, READER)).toBeNull();
    const byMany = new BigSnapshots(startTurns(), { minBytes: 1000, minHashBytes: 3 });
    expect(byMany.reading(snapshotOf(['1', '2']).snapshot, view, view, READER)).toBeNull();
    expect(byMany.reading(snapshotOf(['1', '2', '3']).snapshot, view, view, READER)).not.toBeNull();
    const { snapshot } = snapshotOf([LARGE]);
    expect(snapshots.reading(snapshot, view, view, READER)).not.toBeNull();
    view.setFilter('all', () => true);
    expect(snapshots.reading(snapshot, view, view, READER)).toBeNull();
  });
});

describe('a gateway with workers', () => {
  /** Features all over Switzerland, some of them lines; and one that is big by itself. */
  const VALUES = Array.from({ length: 3000 }, (_, n) => {
    const at = (k: number): [number, number] => [
      6 + ((n * 37 + k) % 400) / 100,
      45.8 + ((n * 17 + k) % 190) / 100,
    ];
    const vertices = Array.from({ length: n === 0 ? 5000 : 3 }, (_, k) => at(k));
    const geometry =
      n % 3 === 0 ? { type: 'LineString', coordinates: vertices } : { type: 'Point', coordinates: at(0) };
    return JSON.stringify({ type: 'Feature', properties: { n, name: 'Zürich 🚆' }, geometry });
  });
  const COLLECTION = `{"type":"FeatureCollection","features":[${VALUES.join(',')}]}`;
  const SETUPS = [
    [],
    ['PROJECTION epsg:3857'],
    ['BBOX 7 46 7.5 46.5', 'PROJECTION epsg:2056'],
    ['PROJECTION epsg:3857', 'BBOX 800000 5800000 850000 5850000 trim=true'],
  ];

  test.each(TRANSPORT_NAMES)(
    'sends through the %s transport what one without them sends',
    async (transport) => {
      const { server, redis } = await startWorld();
      await redis.hset('hash', Object.fromEntries(VALUES.map((value, n) => [n, value])));
      const env = { REDIS_URL: server.url, CHANNELS: '*' };
      const [plain, threaded] = await Promise.all([
        startGateway({ ...env, WORKER_THREADS: '0' }),
        startGateway({ ...env, WORKER_THREADS: '2', WORKER_MIN_BYTES: '50000' }),
      ]);
      const received = async (url: string): Promise<string[][]> => {
        const clients = await Promise.all(SETUPS.map(() => TRANSPORTS[transport](url)));
        const answers = await Promise.all(
          clients.map(async (client, i) => {
            const gets = [
              'GET hash',
              'GET key=hash client_ref=r',
              'GET hash 0',
              'GET hash 0 f',
              'GET hash 1',
            ];
            const outcomes: Reply[] = [];
            for (const line of [...(SETUPS[i] ?? []), 'SUB big', ...gets])
              outcomes.push(await client.run(line));
            return outcomes.flatMap(({ envelopes }) => envelopes);
          }),
        );
        await redis.publish('big', COLLECTION);
        const pushed = await Promise.all(
          clients.map(({ inbox }) => inbox.next(({ source }) => source === 'big')),
        );
        return answers.map((envelopes, i) =>
          [...envelopes, pushed[i]].map((envelope) => JSON.stringify({ ...envelope, timestamp: 0 })).sort(),
        );
      };
      const [one, other] = [await received(plain.url), await received(threaded.url)];
      expect(one.map((texts) => texts.length)).toEqual(other.map((texts) => texts.length));
      expect(other).toEqual(one);
      const count = async (gateway: typeof plain, kind: string): Promise<number> =>
        (await gateway.scrape()).sum('viaduct_worker_task_duration_seconds_count', { kind });
      expect(await count(plain, 'portion')).toBe(0);
      expect(await count(threaded, 'portion')).toBeGreaterThan(0);
      expect(await count(threaded, 'message')).toBeGreaterThan(0);
    },
  );
});
