import type { Envelope, RecoveryStatus } from '@viaduct/protocol';
import { STATUS_SOURCE } from '@viaduct/protocol';
import {
  RawClient,
  type TestClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
  type TransportName,
} from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually, sleep } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import type { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';

const MOVES = 10;

/** One entry in this number is so big that workers read it, and later entries wait. */
const BIG_EVERY = 100;
const BIG = 'x'.repeat(100_000);

/** Most entries ahead of the clients in this process: further ahead, the gateway would close them as slow. */
const MAX_AHEAD = 2000;

/** Adds numbered entries to a stream as fast as Redis and the slowest client accept them, until it is stopped. */
class Numbers {
  readonly #redis: Redis;
  readonly #stream: string;
  readonly #seen: () => number;
  #last = 0;
  #going = true;
  readonly #ended: Promise<void>;

  /** @param seen the last number that all clients have seen */
  constructor(redis: Redis, stream: string, seen: () => number) {
    this.#redis = redis;
    this.#stream = stream;
    this.#seen = seen;
    this.#ended = this.#run();
  }

  /** Resolves with the last number once it has been added. */
  async stop(): Promise<number> {
    this.#going = false;
    await this.#ended;
    return this.#last;
  }

  async #run(): Promise<void> {
    // The connection ends with the test, also if the test fails.
    while (this.#going && this.#redis.status !== 'end') {
      if (this.#last > this.#seen() + MAX_AHEAD) {
        await sleep(1);
        continue;
      }
      const pipeline = this.#redis.pipeline();
      for (let i = 0; i < 5; i++) {
        const n = ++this.#last;
        const geometry = { type: 'Point', coordinates: [n % 10, 5] };
        const feature = {
          type: 'Feature',
          id: n,
          properties: { n, fill: n % BIG_EVERY === 0 ? BIG : '' },
          geometry,
        };
        pipeline.xadd(this.#stream, '*', 'data', JSON.stringify(feature));
      }
      await pipeline.exec();
    }
  }
}

/** A client that moves between gateways and resumes each time after its last entry. */
class Traveller {
  readonly #transport: TransportName;
  readonly #stream: string;
  readonly #commands: readonly string[];
  readonly numbers: number[] = [];
  readonly recoveries: RecoveryStatus[] = [];
  #since = '0-0';
  #client: TestClient | null = null;

  constructor(transport: TransportName, stream: string, commands: readonly string[]) {
    this.#transport = transport;
    this.#stream = stream;
    this.#commands = commands;
  }

  async move(gateway: GatewayProcess, cut: boolean): Promise<void> {
    if (cut) this.#client?.terminate();
    else await this.#client?.close();
    const client = await TRANSPORTS[this.#transport](gateway.url);
    this.#client = client;
    client.inbox.divert((envelope) => {
      if (this.#client === client) this.#take(envelope);
    });
    client.sendTogether([...this.#commands, `SUB ${this.#stream} since=${this.#since}`]);
  }

  #take({ source, content, id }: Envelope): void {
    if (source === this.#stream) {
      this.numbers.push((content as { properties: { n: number } }).properties.n);
      this.#since = id ?? 'none';
    } else if (source === STATUS_SOURCE && (content as RecoveryStatus).status === 'recovery') {
      this.recoveries.push(content as RecoveryStatus);
    }
  }
}

test('clients that move ten times between three gateways under load miss nothing and receive nothing twice', async () => {
  const { server, redis } = await startWorld();
  const env = { REDIS_URL: server.url, CHANNELS: '*', STREAMS: 'ships', MAX_RECOVERY: '100000' };
  const gateways = await Promise.all([0, 1, 2].map(() => startGateway(env)));
  const ways: { commands: string[]; sees: (n: number) => boolean }[] = [
    { commands: [], sees: () => true },
    { commands: ['PROJECTION epsg:3857'], sees: () => true },
    { commands: ['BBOX 0 0 4 10'], sees: (n) => n % 10 <= 4 },
  ];
  const travellers = TRANSPORT_NAMES.flatMap((transport) =>
    ways.flatMap(({ commands, sees }) =>
      [0, 1, 2].map(() => ({ sees, traveller: new Traveller(transport, 'ships', commands) })),
    ),
  );
  await redis.xadd('ships', '1-0', 'data', '{"properties":{"n":0}}');
  const seen = (): number => Math.min(...travellers.map(({ traveller }) => traveller.numbers.at(-1) ?? 0));
  const numbers = new Numbers(redis, 'ships', seen);
  await Promise.all(
    travellers.map(async ({ traveller }, i) => {
      for (let move = 0; move <= MOVES; move++) {
        const gateway = gateways[(i + move) % gateways.length] as GatewayProcess;
        await traveller.move(gateway, (i + move) % 2 === 0);
        const before = traveller.numbers.length;
        await eventually(() => {
          expect(traveller.recoveries.length).toBe(move + 1);
          expect(traveller.numbers.length).toBeGreaterThan(before + 20);
        });
      }
    }),
  );
  const last = await numbers.stop();
  for (const { traveller, sees } of travellers) {
    const all = Array.from({ length: last + 1 }, (_, n) => n).filter((n) => n === 0 || sees(n));
    await eventually(() => expect(traveller.numbers.at(-1)).toBe(all.at(-1)));
    expect(traveller.numbers).toEqual(all);
    expect(traveller.recoveries.every(({ recovered }) => recovered)).toBe(true);
  }
});

test('entries that are too large in total are not recovered', async () => {
  const { server, redis } = await startWorld();
  const env = { REDIS_URL: server.url, CHANNELS: '*', STREAMS: 'ships', MAX_READ_BYTES: '1200' };
  const gateway = await startGateway(env);
  const text = JSON.stringify('x'.repeat(500));
  for (let i = 1; i <= 4; i++) await redis.xadd('ships', `${i}-0`, 'data', text);
  const client = await RawClient.connect(gateway.url);
  const recovery = async (since: string) => (await client.run(`SUB ships since=${since}`)).envelopes.at(-1);
  expect(await recovery('1-0')).toMatchObject({ content: { recovered: false, reason: 'too_many' } });
  expect(await recovery('2-0')).toMatchObject({ content: { recovered: true, count: 2 } });
});

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  const env = { CHANNELS: '*', STREAMS: 'stream:*', MAX_RECOVERY: '5' };
  let world: World;
  let gateway: GatewayProcess;
  let streams = 0;

  beforeAll(async () => {
    world = await startWorld();
    gateway = await startGateway({ REDIS_URL: world.server.url, ...env });
  });

  /** Adds the entries 1-0 to n-0 to a stream; their messages are their numbers. */
  async function streamOf(count: number): Promise<string> {
    const stream = `stream:${++streams}`;
    for (let i = 1; i <= count; i++) await world.redis.xadd(stream, `${i}-0`, 'data', String(i));
    return stream;
  }

  async function subscribe(line: string) {
    const client = await TRANSPORTS[transport](gateway.url);
    const { status, envelopes } = await client.run(line);
    const brief = envelopes.map(({ content, id }) => (id === undefined ? content : [content, id]));
    return { client, status, brief };
  }

  const unrecovered = (channel: string, reason: string) => ({
    status: 'recovery',
    channel,
    recovered: false,
    reason,
  });

  test('the entries after the id arrive first, then their number, then live entries', async () => {
    const stream = await streamOf(5);
    const { client, status, brief } = await subscribe(`SUB ${stream} since=2`);
    expect(status.status).toBe('ok');
    expect(brief).toEqual([
      [3, '3-0'],
      [4, '4-0'],
      [5, '5-0'],
      { status: 'recovery', channel: stream, recovered: true, count: 3, id: '5-0' },
    ]);
    await world.redis.xadd(stream, '6-0', 'data', '6');
    expect(await client.inbox.next(({ id }) => id === '6-0')).toMatchObject({
      content: 6,
      id: '6-0',
    });
  });

  test('a recovery without entries succeeds, too', async () => {
    const stream = await streamOf(2);
    const { brief } = await subscribe(`SUB ${stream} since=2-0 snapshot=true`);
    expect(brief).toEqual([{ status: 'recovery', channel: stream, recovered: true, count: 0, id: '2-0' }]);
  });

  test('only entries in the box arrive; an entry that is not JSON is left out', async () => {
    const stream = await streamOf(0);
    const point = (x: number) => JSON.stringify({ type: 'Point', coordinates: [x, 0] });
    const texts = [point(1), point(50), 'not JSON', point(2)];
    for (const [i, text] of texts.entries()) await world.redis.xadd(stream, `${i + 1}-0`, 'data', text);
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('BBOX 0 0 10 10');
    const { envelopes } = await client.run(`SUB ${stream} since=0`);
    expect(envelopes.map(({ id }) => id)).toEqual(['1-0', '4-0', undefined]);
    expect(envelopes.at(-1)?.content).toMatchObject({ recovered: true, count: 2, id: '4-0' });
  });

  test.each([
    ['trimmed', 6, 'since=2', async (stream: string) => world.redis.xtrim(stream, 'MAXLEN', '=', 2)],
    ['unknown_id', 2, 'since=3', async () => {}],
    ['unknown_id', 0, 'since=0', async () => {}],
    ['too_many', 7, 'since=1', async () => {}],
  ])(
    '%s (%i entries, %s): the client learns why, is live, and receives a snapshot if it asked for one',
    async (reason, count, since, change) => {
      const stream = await streamOf(count);
      await change(stream);
      const { client, brief } = await subscribe(`SUB ${stream} ${since}`);
      expect(brief).toEqual([unrecovered(stream, reason)]);
      await world.redis.xadd(stream, '10-0', 'data', '"live"');
      expect(await client.inbox.next(({ source }) => source === stream)).toMatchObject({ content: 'live' });
      await world.redis.hset(`${stream}:state`, 'a', '{"state":1}');
      const end = { status: 'snapshot_end', channel: stream, count: 1, id: '10-0' };
      expect((await subscribe(`SUB ${stream} since=77-0 snapshot=true`)).brief).toEqual([
        unrecovered(stream, 'unknown_id'),
        { status: 'snapshot_begin', channel: stream, reason: 'subscribed' },
        { state: 1 },
        end,
      ]);
    },
  );
});
