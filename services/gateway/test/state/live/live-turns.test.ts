import { Area } from '@viaduct/geo-worker';
import { Random, seeds } from '@viaduct/testkit/random';
import { eventually } from '@viaduct/testkit/wait';
import { describe, expect, test, vi } from 'vitest';
import { gone, point } from '../../support/live-client.js';
import { LiveHarness, LiveHarnessClient } from '../../support/live-harness.js';

const FEATURES = 60;
/** Holds the features from 20 to 40 degrees east: its edges are between places. */
const AREA = Area.of([19.5, 0, 40.5, 2]);

/** Keeps the event loop busy, as the test of a large polygon would, until the next turn is due. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client whose filter, which passes everything, takes several turns for all features. */
async function slowlyFiltered() {
  const harness = new LiveHarness();
  const channel = await harness.open('trains');
  for (let id = 0; id < FEATURES; id++) harness.publish(point(id, id, 1));
  const client = new LiveHarnessClient(channel);
  client.live.sendAll('subscribed');
  await eventually(() => expect(client.ids).toHaveLength(FEATURES));
  client.view.setFilter('slow', () => {
    spin(0.2);
    return true;
  });
  client.live.changed();
  const marked = (count: number) => eventually(() => expect(client.marks).toBeGreaterThanOrEqual(count));
  await marked(1);
  return { harness, channel, client, marked };
}

test('sessions that have waited for the same places search them one by one, each in a turn of its own', async () => {
  const harness = new LiveHarness();
  const channel = await harness.open('trains');
  for (let id = 0; id < FEATURES; id++) harness.publish(point(id, id, 1));
  let round = 0;
  const rounds: number[] = [];
  const search = channel.index.places.search.bind(channel.index.places);
  vi.spyOn(channel.index.places, 'search').mockImplementation((...args) => {
    rounds.push(round);
    spin(5);
    return search(...args);
  });
  const clients = Array.from({ length: 4 }, () => new LiveHarnessClient(channel));
  for (const client of clients) {
    client.view.setBox({ minX: 0, minY: 0, maxX: 9.5, maxY: 2 });
    client.live.sendAll('subscribed');
  }
  while (clients.some(({ ids }) => ids.length < 10)) {
    round++;
    await turn();
  }
  expect(new Set(rounds).size).toBe(clients.length);
});

describe('while the gateway finds out, in turns, what a view has lost', () => {
  test('a feature that moves to where neither view is does not stay with the client', async () => {
    const { harness, client, marked } = await slowlyFiltered();
    client.setBox(0, 0, 29.5, 2);
    harness.publish(point(59, 100, 1));
    harness.publish(gone(58));
    harness.publish(point(57, 5, 1));
    await marked(2);
    expect(client.ids).toEqual([...Array(30).keys(), 57].sort());
  });

  test('a feature that expires does not stay with the client', async () => {
    const { channel, client, marked } = await slowlyFiltered();
    client.setBox(0, 0, 29.5, 2);
    for (const id of ['59', '3']) {
      const feature = channel.index.get(id);
      if (feature !== undefined) channel.drop(feature, 'expire');
    }
    await marked(2);
    expect(client.ids).toEqual([...Array(30).keys()].filter((id) => id !== 3).sort());
  });

  test('further boxes lead to one mark, for the last one', async () => {
    const { client, marked } = await slowlyFiltered();
    client.setBox(0, 0, 29.5, 2);
    await turn();
    client.setBox(10, 0, 39.5, 2);
    client.setBox(20, 0, 49.5, 2);
    await marked(2);
    expect(client.ids).toEqual([...Array(50).keys()].slice(20).sort());
    expect(client.marks).toBe(2);
  });

  test('everything that another SUB sends is in the latest box', async () => {
    const { client } = await slowlyFiltered();
    client.setBox(0, 0, 29.5, 2);
    await turn();
    client.setBox(20, 0, 49.5, 2);
    client.live.sendAll('subscribed');
    const ends = () => client.statuses.filter(({ status }) => status === 'snapshot_end');
    await eventually(() => expect(ends()).toHaveLength(2));
    expect(client.ids).toEqual([...Array(50).keys()].slice(20).sort());
  });

  test('RESET is in force at once, and the client holds nothing at the next mark', async () => {
    const { harness, client, marked } = await slowlyFiltered();
    client.setBox(0, 0, 29.5, 2);
    await turn();
    client.view.hold();
    client.live.changed();
    const before = client.ids;
    harness.publish(point(70, 5, 1));
    expect(client.ids).toEqual(before);
    await marked(2);
    expect(client.ids).toEqual([]);
  });
});

describe('whatever changes while views are compared in turns, the client holds exactly its view at the last mark', () => {
  test.each(seeds(20))('with seed %i', async (seed) => {
    const random = new Random(seed);
    const { harness, client } = await slowlyFiltered();
    const places = new Map<number, number>([...Array(FEATURES).keys()].map((id) => [id, id]));
    let [minX, maxX] = [-180, 180];
    for (let step = 0; step < 60; step++) {
      const id = random.below(FEATURES);
      const chance = random.next();
      if (chance < 0.5) {
        places.set(id, random.below(FEATURES));
        harness.publish(point(id, places.get(id) as number, 1));
      } else if (chance < 0.6) {
        places.delete(id);
        harness.publish(gone(id));
      } else if (chance < 0.75) {
        minX = random.below(FEATURES);
        maxX = minX + random.below(30);
        client.setBox(minX, 0, maxX, 2);
      } else if (chance < 0.78) {
        client.view.hold();
        client.live.changed();
      } else if (chance < 0.81) {
        client.view.setArea(random.chance(0.5) ? AREA : null);
        client.live.changed();
      } else if (chance < 0.88) client.toggle();
      else await turn();
    }
    client.drain();
    minX = random.below(FEATURES);
    maxX = minX + 20;
    const marks = client.marks;
    client.setBox(minX, 0, maxX, 2);
    await eventually(() => expect(client.marks).toBeGreaterThan(marks));
    const [west, east] = client.view.area === null ? [minX, maxX] : [Math.max(minX, 20), Math.min(maxX, 40)];
    const expected = [...places].filter(([, lon]) => lon >= west && lon <= east).map(([id]) => id);
    expect(client.ids).toEqual(expected.sort());
  });
});
