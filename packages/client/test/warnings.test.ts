import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from 'vitest';
import { reportFailure } from '../src/follow.js';
import { connect, LiveCollection } from '../src/index.js';
import { cut } from '../src/testing.js';
import { client, type Stack, startStack, train } from './support/stack.js';

let stack: Stack;
let warn: MockInstance;
let info: MockInstance;

beforeAll(async () => {
  stack = await startStack();
});

beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  info = vi.spyOn(console, 'info').mockImplementation(() => {});
});

afterEach(() => vi.restoreAllMocks());

/** What has been said on the console. */
const said = (): string[] => warn.mock.calls.map(([text]) => String(text));

/** What has been mentioned there: it may also be as it should. */
const hinted = (): string[] => info.mock.calls.map(([text]) => String(text));

describe('an address that no gateway can have is refused with the right one', () => {
  test.each([
    ['localhost:8352', /"localhost:8352" is not an address; give one such as http:\/\/localhost:8080/u],
    ['redis://localhost', /"redis:\/\/localhost" is not an address; give one such as http:/u],
    ['gateway', /"gateway" is not an address; give one such as http:\/\/localhost:8080/u],
    ['/live/', /"\/live\/" is not an address; give one such as http:\/\/localhost:8080/u],
    ['http://localhost:8080/socket.io/', /is the address of socket\.io; give that of the gateway/u],
  ])('%s', (address, message) => {
    expect(() => connect(address)).toThrow(message);
    expect(() => connect(address)).toThrow(RangeError);
  });
});

describe('a failure that nobody listens to is printed on the console, once and with the remedy', () => {
  test('no gateway at the address', async () => {
    const gone = await stack.gateway();
    gone.signal('SIGKILL');
    await gone.ended;
    const viaduct = client(gone.url, { reconnectMinMs: 10, reconnectMaxMs: 20 });
    const failures: unknown[] = [];
    await expect
      .poll(said)
      .toEqual([
        expect.stringMatching(/^Viaduct: http:\/\/.*cannot connect.*Is a gateway running at this address\?/u),
      ]);
    viaduct.on('state', (_state, error) => failures.push(error));
    await expect.poll(() => failures.length).toBeGreaterThan(3);
    expect(said()).toHaveLength(1);
  });

  test('no gateway at the address, while functions of the client wait for one', async () => {
    const gone = await stack.gateway();
    gone.signal('SIGKILL');
    await gone.ended;
    const viaduct = client(gone.url);
    const collection = new LiveCollection(viaduct, 'trains');
    const waiting = [viaduct.setBox([5, 45, 11, 48]), viaduct.get('trains'), viaduct.connected()];
    const ended = Promise.allSettled([...waiting, collection.subscription.ready]);
    await expect.poll(() => viaduct.retryAt).not.toBe(null);
    expect(said()).toEqual([expect.stringContaining(`${gone.url}: cannot connect: `)]);
    expect(said()).toEqual([`Viaduct: ${collection.subscription.error?.message}`]);
    viaduct.close();
    await ended;
  });

  test('a channel that may not be read', async () => {
    const gateway = await stack.gateway({ CHANNELS: 'trains' });
    const viaduct = client(gateway.url);
    viaduct.subscribe('secret-1');
    void new LiveCollection(viaduct, 'secret-2');
    await expect
      .poll(() => said().sort())
      .toEqual([
        expect.stringMatching(/^Viaduct: the subscription to "secret-1" has ended: .*\(not_allowed\)$/u),
        expect.stringMatching(/^Viaduct: the subscription to "secret-2" has ended: .*\(not_allowed\)$/u),
      ]);
  });

  test('a view that the gateway refuses while a map is followed', async () => {
    const viaduct = client((await stack.gateway()).url);
    const refused = await viaduct.setProjection('epsg:1').catch((error: unknown) => error);
    const heard: unknown[] = [];
    reportFailure(refused, 'followView', { onError: (error) => heard.push(error) });
    expect([heard, said()]).toEqual([[refused], []]);
    reportFailure(refused, 'followView', {});
    expect(said()).toEqual([expect.stringContaining('followView cannot set the view of the map: ')]);
  });

  test('a box with its axes swapped, where all features are outside', async () => {
    await stack.set('swapped', train(1, 7, 47));
    const viaduct = client((await stack.gateway()).url);
    void viaduct.setBox([46, 5, 48, 10]);
    await new LiveCollection(viaduct, 'swapped').subscription.ready;
    expect(said()).toEqual([]);
    expect(hinted()).toEqual([
      expect.stringMatching(
        /no feature of "swapped" is in the box, and some are outside; does longitude come first, in both\?/u,
      ),
    ]);
  });

  test('a channel without features, of which the producer may write none into the hash', async () => {
    const viaduct = client((await stack.gateway()).url);
    const collection = new LiveCollection(viaduct, 'unwritten');
    await collection.subscription.ready;
    await stack.set('written', train(1, 7, 47));
    await new LiveCollection(viaduct, 'written').subscription.ready;
    expect(said()).toEqual([]);
    expect(hinted()).toEqual([
      `Viaduct: "unwritten" is empty; does its producer HSET each feature, in the gateway's Redis?`,
    ]);
  });

  test('messages that a collection cannot hold, because they are not features', async () => {
    const collection = new LiveCollection(client((await stack.gateway()).url), 'places');
    await stack.set('places', train(1, 7, 47));
    await collection.subscription.ready;
    const point = { type: 'Point', coordinates: [7, 47] };
    await stack.publish('places', point, { id: 2, lat: 47, lon: 7 });
    await expect
      .poll(hinted)
      .toEqual([
        expect.stringContaining('a collection of "places" ignores what is not a Feature with an id'),
      ]);
    expect(said()).toEqual([]);
  });

  test('features without an id in a collection', async () => {
    const collection = new LiveCollection(client((await stack.gateway()).url), 'anonymous');
    await collection.subscription.ready;
    const feature = { type: 'Feature', geometry: { type: 'Point', coordinates: [7, 47] }, properties: {} };
    await stack.publish('anonymous', feature, feature);
    await expect
      .poll(said)
      .toEqual([
        expect.stringContaining('a collection of "anonymous" ignores what is not a Feature with an id'),
      ]);
  });
});

test('nothing is printed about failures that somebody listens to, or about connections that are restored', async () => {
  const gateway = await stack.gateway({ CHANNELS: 'trains' });
  const viaduct = client(gateway.url, { reconnectMinMs: 10 });
  const states: string[] = [];
  viaduct.subscribe('secret-3', { onState: ({ state }) => states.push(state) });
  const collection = new LiveCollection(viaduct, 'secret-4');
  collection.on('state', ({ state }) => states.push(state));
  await expect(viaduct.subscribe('secret-5').ready).rejects.toMatchObject({ code: 'not_allowed' });
  await expect.poll(() => states).toEqual(['ended', 'ended']);
  cut(viaduct);
  await expect.poll(() => viaduct.state).toBe('connecting');
  await viaduct.connected();
  expect(said()).toEqual([]);
});
