import assert from 'node:assert/strict';
import { type Envelope, STATUS_SOURCE } from '../../envelope.js';
import { type Feature, feature, inMercator, point } from '../geo.js';
import type { Cases, Scope } from '../scope.js';
import type { Client } from '../types.js';

const inside = identified('inside', 5);
const outside = identified('outside', 50);

/** SUB with `live`. */
export const liveCases: Cases = {
  async 'SUB with live sends what is in the box between begin and end'(scope) {
    await scope.hset(scope.channel, { inside, outside });
    const client = await scope.connect();
    await client.run('BBOX 0 0 10 10');
    assert.deepEqual(await after(client, scope, `SUB ${scope.channel} live=true`, 'snapshot_end'), [
      { status: 'snapshot_begin', channel: scope.channel, reason: 'subscribed' },
      inside,
      { status: 'snapshot_end', channel: scope.channel, count: 1, outside: 1 },
    ]);
  },

  async 'a feature that leaves a live view, or is removed, comes once more, without a geometry'(scope) {
    await scope.hset(scope.channel, { inside, outside });
    const client = await watching(scope, 'BBOX 0 0 10 10');
    const texts = [identified('outside', 6), identified('inside', 60), gone('outside'), gone('inside')];
    const [arrived = []] = await scope.arrivals(
      [client],
      texts.map((value) => JSON.stringify(value)),
    );
    assert.deepEqual(
      arrived.map(({ envelope }) => [envelope.content, envelope.event]),
      [
        [identified('outside', 6), undefined],
        [gone('inside'), 'leave'],
        [gone('outside'), 'remove'],
      ],
    );
  },

  async 'a feature that is new in a live channel says so, and one that moves into the view does not'(scope) {
    await scope.hset(scope.channel, { outside });
    const client = await watching(scope, 'BBOX 0 0 10 10');
    const texts = [identified('new', 5), identified('new', 6), identified('outside', 7)];
    const [arrived = []] = await scope.arrivals(
      [client],
      texts.map((value) => JSON.stringify(value)),
    );
    assert.deepEqual(
      arrived.map(({ envelope }) => [envelope.content, envelope.event]),
      [
        [identified('new', 5), 'add'],
        [identified('new', 6), undefined],
        [identified('outside', 7), undefined],
      ],
    );
  },

  async 'after BBOX a live view gets what it lacks, and a list of what it must drop'(scope) {
    const middle = identified('middle', 9);
    await scope.hset(scope.channel, { inside, middle, outside });
    const client = await watching(scope, 'BBOX 0 0 10 10');
    const view = { status: 'view', channel: scope.channel };
    assert.deepEqual(await after(client, scope, 'BBOX 8 0 60 10', 'view'), [
      outside,
      { ...view, entered: 1, left: ['inside'] },
    ]);
    assert.deepEqual(await after(client, scope, 'BBOX 8 0 60 10', 'view'), [
      { ...view, entered: 0, left: [] },
    ]);
  },

  async 'after PROJECTION everything in a live view comes again'(scope) {
    await scope.hset(scope.channel, { inside });
    const client = await watching(scope, 'BBOX 0 0 10 10');
    const [begin, value, end] = await after(client, scope, 'PROJECTION epsg:3857', 'snapshot_end');
    const { channel } = scope;
    assert.deepEqual(begin, { status: 'snapshot_begin', channel, reason: 'projection' });
    assert.deepEqual(end, { status: 'snapshot_end', channel, count: 1, outside: 0 });
    const [x] = (inMercator(inside).geometry?.coordinates ?? []) as number[];
    const [received] = ((value as Feature).geometry?.coordinates ?? []) as number[];
    assert.ok(Math.abs((x ?? 0) - (received ?? 0)) < 0.001, `${received} is not ${x}`);
  },

  async 'RESET empties a live view until the next BBOX'(scope) {
    await scope.hset(scope.channel, { inside });
    const client = await watching(scope, 'BBOX 0 0 10 10');
    const view = { status: 'view', channel: scope.channel };
    assert.deepEqual(await after(client, scope, 'RESET', 'view'), [
      { ...view, entered: 0, left: ['inside'] },
    ]);
    assert.deepEqual(await scope.received(client, [inside, 'a text']), ['a text']);
    assert.deepEqual(await after(client, scope, 'BBOX 0 0 10 10', 'view'), [
      inside,
      { ...view, entered: 1, left: [] },
    ]);
  },
};

function identified(id: string, x: number): Feature & { id: string } {
  return { ...feature(id, point(x, 5)), id };
}

function gone(id: string): object {
  return { type: 'Feature', id, geometry: null, properties: null };
}

/** A client with a live view of the case's channel. */
async function watching(scope: Scope, box: string): Promise<Client> {
  const client = await scope.connect();
  await client.run(box);
  await after(client, scope, `SUB ${scope.channel} live=true`, 'snapshot_end');
  return client;
}

/** What the client receives about the channel from a command on, up to the first status of that name. */
async function after(client: Client, { channel }: Scope, line: string, status: string): Promise<unknown[]> {
  const mark = client.inbox.length;
  const isAbout = ({ source, content }: Envelope): boolean =>
    source === channel ||
    (source === STATUS_SOURCE && (content as { channel?: string } | null)?.channel === channel);
  const isEnd = ({ content }: Envelope): boolean =>
    (content as { status?: string } | null)?.status === status;
  await client.run(line);
  await client.inbox.first(
    `${status} after ${line}`,
    (envelope) => isAbout(envelope) && isEnd(envelope),
    mark,
  );
  const about = client.inbox
    .since(mark)
    .map(({ envelope }) => envelope)
    .filter(isAbout);
  return about.slice(0, about.findIndex(isEnd) + 1).map(({ content }) => content);
}
