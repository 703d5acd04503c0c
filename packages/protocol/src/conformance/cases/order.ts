import assert from 'node:assert/strict';
import { expectSame } from '../expect.js';
import { collection, type Feature, type FeatureCollection, feature, point } from '../geo.js';
import type { Cases, Scope } from '../scope.js';
import type { Client } from '../types.js';

const origin = feature('off Africa', point(0.0003, 0.0003));
const chad = feature('Chad', point(23.3, 10.3));
const switzerland = feature('Switzerland', point(7.5, 47));

const PROBES: readonly Feature[] = [origin, chad, switzerland];

/** Two boxes, and the probes in each of them for each CRS of its numbers. */
const BOXES: readonly { numbers: string; shows: Readonly<Record<string, readonly Feature[]>> }[] = [
  {
    numbers: '0 0 60 60',
    shows: { 'epsg:4326': PROBES, 'epsg:3857': [origin], 'epsg:2056': [] },
  },
  {
    numbers: '2500000 1000000 2700000 1300000',
    shows: { 'epsg:4326': [], 'epsg:3857': [chad], 'epsg:2056': [switzerland] },
  },
];

const P = 'PROJECTION epsg:3857';
const SWISS_GRID = 'PROJECTION epsg:2056';
const DATA = 'PROJECTION epsg:4326';
const B = 'BBOX with numbers';
const CLEAR = 'BBOX';

/** What a client sends, and the resulting CRS of its box. */
const ROWS: readonly { sent: readonly string[]; boxCrs: string }[] = [
  { sent: [B], boxCrs: 'epsg:4326' },
  { sent: [P, B], boxCrs: 'epsg:3857' },
  { sent: [B, P], boxCrs: 'epsg:4326' },
  { sent: [B, P, B], boxCrs: 'epsg:4326' },
  { sent: [B, P, CLEAR, B], boxCrs: 'epsg:3857' },
  { sent: [P, B, CLEAR, B], boxCrs: 'epsg:3857' },
  { sent: [P, B, SWISS_GRID], boxCrs: 'epsg:2056' },
  { sent: [P, SWISS_GRID, B], boxCrs: 'epsg:2056' },
  { sent: [B, P, SWISS_GRID], boxCrs: 'epsg:4326' },
  { sent: [P, B, DATA], boxCrs: 'epsg:4326' },
  { sent: [P, B, DATA, P], boxCrs: 'epsg:4326' },
  { sent: [P, DATA, B, P], boxCrs: 'epsg:4326' },
  { sent: [P, DATA, P, B], boxCrs: 'epsg:3857' },
  { sent: [B, P, 'RESET', B], boxCrs: 'epsg:3857' },
];

/** The CRS of the box depends on whether box or projection was set first. */
export const orderCases: Cases = {
  ...Object.fromEntries(
    ROWS.map(({ sent, boxCrs }) => [
      `after ${sent.join(', ')} the box is in ${boxCrs}`,
      (scope: Scope) => expectBoxIn(scope, () => scope.connect(), sent, boxCrs),
    ]),
  ),

  async 'a new session has the default projection, and its box is in it'(scope) {
    const { defaultProjection } = scope.conformance;
    await expectBoxIn(scope, () => scope.connect({ keepDefaultProjection: true }), [B], defaultProjection);
  },

  async "PROJECTION with the data's own CRS removes the default projection too"(scope) {
    await expectBoxIn(scope, () => scope.connect({ keepDefaultProjection: true }), [DATA, B], 'epsg:4326');
  },
};

async function expectBoxIn(
  scope: Scope,
  connect: () => Promise<Client>,
  sent: readonly string[],
  boxCrs: string,
): Promise<void> {
  for (const { numbers, shows } of BOXES) {
    const expected = shows[boxCrs];
    if (expected === undefined) throw new Error(`the suite has no boxes in ${boxCrs}`);
    const client = await connect();
    for (const command of sent) {
      const { status } = await client.run(command === B ? `BBOX ${numbers}` : command);
      assert.equal(status.status, 'ok', `${command}: ${JSON.stringify(status)}`);
    }
    await expectShows(scope, client, expected, PROBES);
    await client.run(`BBOX ${numbers} trim=true`);
    await expectShows(scope, client, expected, [collection(...PROBES)]);
  }
}

/** Fails unless exactly the expected features among the contents reach the client, both pushed and by GET. */
async function expectShows(
  scope: Scope,
  client: Client,
  expected: readonly Feature[],
  contents: readonly unknown[],
): Promise<void> {
  const names = expected.map(nameOf);
  await client.run(`SUB ${scope.channel}`);
  assert.deepEqual(namesOf(await scope.received(client, contents)), names);
  const key = scope.name(`hash-of-${contents.length}`);
  await scope.hset(key, Object.fromEntries(contents.map((content, i) => [`f${i}`, content])));
  const { envelopes } = await client.run(`GET ${key}`);
  expectSame(namesOf(envelopes.map(({ content }) => content)), names);
}

/** Names of the features in the contents, including those in collections. */
function namesOf(contents: readonly unknown[]): string[] {
  return contents
    .filter((content): content is Feature | FeatureCollection => content !== null)
    .flatMap((content) => (content.type === 'FeatureCollection' ? content.features : [content]))
    .map(nameOf);
}

function nameOf(probe: Feature): string {
  return probe.properties.name;
}
