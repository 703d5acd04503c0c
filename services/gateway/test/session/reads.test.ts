import { Area, DATA_CRS, resolveCrs } from '@viaduct/geo-worker';
import type { Feature, Point } from 'geojson';
import { describe, expect, it, test } from 'vitest';
import type { OutMessage } from '../../src/delivery/messages.js';
import { Reads } from '../../src/session/reads.js';
import type { SessionServices } from '../../src/session/services.js';
import { SessionView } from '../../src/session/view.js';
import { HashReader } from '../../src/state/hash-reader.js';
import { LongWork } from '../../src/state/long-work.js';
import { ReadBudget } from '../../src/state/read-budget.js';
import { SnapshotReader } from '../../src/state/snapshots.js';
import { readerFrom } from '../support/read-harness.js';
import { createClientWork } from '../support/work.js';

/** Long work whose turns end at once. */
class ImpatientWork extends LongWork {
  turns = 0;

  override async turn(): Promise<number> {
    this.turns++;
    await super.turn();
    return Number.NEGATIVE_INFINITY;
  }
}

function snapshotsOf(source: object, onInvalid: (key: string) => void = () => {}): SnapshotReader {
  const budget = new ReadBudget(1_000_000, { evicted: () => {} });
  const hashes = new HashReader(source as never, budget, 1_000);
  const sharing = { stateSuffix: ':state', shareMs: 0 };
  return new SnapshotReader(hashes, { has: () => false }, sharing, onInvalid);
}

function readsOf(values: readonly string[]) {
  const longWork = new ImpatientWork(() => {});
  const source = { hashEntries: async () => ({ fields: [], values: [...values] }) };
  const invalid: string[] = [];
  const snapshots = snapshotsOf(source, (key) => invalid.push(key));
  const services = { longWork, snapshots } as unknown as SessionServices;
  const parts = {
    view: new SessionView(DATA_CRS),
    access: { checkReadable: () => {} },
    subscriptions: { completeSince: () => 0 },
    reader: readerFrom('here'),
  };
  return { reads: new Reads(services, parts as never), longWork, invalid };
}

test('a command that reads a hash yields when its turn is over', async () => {
  const { reads, longWork } = readsOf(['1', '2', '3', '4']);
  const values: unknown[] = [];
  for await (const value of reads.values('key')) values.push(value);
  expect(values).toEqual([1, 2, 3, 4]);
  expect(longWork.turns).toBe(1 + values.length);
});

test('a command that reads a hash skips values that are not JSON', async () => {
  const { reads, invalid } = readsOf(['{"a":1}', 'oops', 'null', '[2]']);
  const values: unknown[] = [];
  for await (const value of reads.values('key')) values.push(value);
  expect(values).toEqual([{ a: 1 }, null, [2]]);
  expect(invalid).toEqual(['key']);
});

test('a command in a session with an area gets null for what is withheld, which is counted, and for a field that does not exist', async () => {
  const snapshots = snapshotsOf({
    hashField: async (_key: string, field: string) => (field === 'note' ? '"closed"' : null),
  });
  let withheld = 0;
  const metrics = { state: { withheld: () => withheld++ } };
  const parts = {
    view: new SessionView(DATA_CRS, undefined, Area.of([7, 46, 8, 47])),
    access: { checkReadable: () => {} },
    reader: readerFrom('here'),
  };
  const reads = new Reads({ snapshots, metrics } as unknown as SessionServices, parts as never);
  expect(await reads.value('key', 'nothing')).toBeNull();
  expect(withheld).toBe(0);
  expect(await reads.value('key', 'note')).toBeNull();
  expect(withheld).toBe(1);
});

/** How one session requests it. */
interface Request {
  readonly crs?: string;
  readonly clientRef?: string;
  readonly area?: readonly number[];
}

/** A feature at a longitude. */
function point(lon: number): Feature<Point> {
  return {
    type: 'Feature',
    id: lon,
    properties: {},
    geometry: { type: 'Point', coordinates: [lon, 47] },
  };
}

describe('sessions that request a field at the same moment', () => {
  const TEXT = JSON.stringify({ type: 'Point', coordinates: [8.5, 47.4], pad: 'x'.repeat(5000) });

  async function answersTo(text: string, ...requests: readonly Request[]): Promise<OutMessage[]> {
    const snapshots = snapshotsOf({ hashField: async () => text });
    const services = {
      snapshots,
      clientWork: createClientWork(),
      bigSnapshots: null,
    } as unknown as SessionServices;
    const crss = await Promise.all(requests.map(({ crs = 'epsg:4326' }) => resolveCrs(crs)));
    const answers: OutMessage[] = [];
    const sessions = requests.map(({ clientRef = null, area = null }, i) => {
      const outbox = { answer: (message: OutMessage) => (answers[i] = message), needsDrain: false };
      const view = new SessionView(crss[i] ?? DATA_CRS, undefined, area === null ? null : Area.of(area));
      const parts = { view, outbox, access: { checkReadable: () => {} }, reader: readerFrom(`${i}`) };
      return new Reads(services, parts as never).sendField('key', 'field', clientRef);
    });
    await Promise.all(sessions);
    return answers;
  }

  it('receive the same message, which is written and encoded once', async () => {
    const [first, ...others] = await answersTo(TEXT, {}, {}, {});
    expect(others.every((message) => message === first)).toBe(true);
    expect(JSON.parse(first?.json ?? '')).toMatchObject({ source: 'key field', content: JSON.parse(TEXT) });
  });

  it('receive their own, if they have other views or references', async () => {
    const [plain, projected, referenced] = await answersTo(
      TEXT,
      {},
      { crs: 'epsg:3857' },
      { clientRef: 'a' },
    );
    // Of the point above, by the formula of EPSG:3857: x = 6378137 * pi / 180 * lon.
    const x = (6_378_137 * Math.PI * 8.5) / 180;
    const { content } = JSON.parse(projected?.json ?? '') as { content: { coordinates: number[] } };
    expect(content.coordinates[0]).toBeCloseTo(x, 1);
    expect(JSON.parse(referenced?.json ?? '')).toMatchObject({ client_reference: 'a' });
    expect(JSON.parse(plain?.json ?? '')).toMatchObject({
      client_reference: null,
      content: JSON.parse(TEXT),
    });
  });

  it('receive only what is in their own areas', async () => {
    const collection = { type: 'FeatureCollection', features: [point(6), point(9)] };
    const text = JSON.stringify(collection);
    const answers = await answersTo(text, { area: [5, 46, 7, 48] }, { area: [8, 46, 10, 48] }, {});
    const contents = answers.map(({ json }) => (JSON.parse(json) as { content: unknown }).content);
    expect(contents).toEqual([
      { ...collection, features: [point(6)] },
      { ...collection, features: [point(9)] },
      collection,
    ]);
  });
});
