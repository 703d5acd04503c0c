import type { Envelope } from '@viaduct/protocol';
import {
  connectEngine,
  RawClient,
  TRANSPORT_NAMES,
  TRANSPORTS,
  type TransportName,
} from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';

const FEATURES = 10_000;
const KEY = 'features';

/** Longitude and latitude of a feature: on a grid of a hundredth of a degree, from 5 east, 45 north. */
function placeOf(i: number): [number, number] {
  return [5 + (i % 100) / 100, 45 + Math.floor(i / 100) / 100];
}

/** A feature of about 250 bytes that parsing and serializing would change. */
function featureOf(i: number): string {
  const name = `S\u00e4ule "${i}" \u{1F68B}`.padEnd(90, '.');
  const [lon, lat] = placeOf(i);
  const geometry = `{"type": "Point", "coordinates": [${lon.toFixed(2)}, ${lat.toFixed(2)}]}`;
  return `{ "type": "Feature", "id": ${i}.0, "properties": {"name": ${JSON.stringify(name)}}, "geometry": ${geometry}}`;
}

const ALL = Array.from({ length: FEATURES }, (_, i) => featureOf(i));

let world: World;
let gateway: GatewayProcess;

beforeAll(async () => {
  world = await startWorld();
  await world.redis.hset(KEY, Object.fromEntries(ALL.map((text, i) => [`feature ${i}`, text])));
  gateway = await startGateway({ REDIS_URL: world.server.url, CHANNELS: '*' });
});

const isFeature = ({ source }: Envelope): boolean => source === KEY;

/** Ids of features, sorted, because values arrive in any order. */
function idsOf(envelopes: readonly Envelope[]): number[] {
  return envelopes.map(({ content }) => (content as { id: number }).id).sort((a, b) => a - b);
}

/** Texts of the frames of a raw client, from the first content up to the PONG. */
function texts(client: RawClient): Promise<string[]> {
  const frames: string[] = [];
  return new Promise((resolve) => {
    client.socket.on('message', (data) => {
      const text = data.toString();
      if (text.includes('"PONG"')) resolve(frames);
      else frames.push(text);
    });
  });
}

describe.each(TRANSPORT_NAMES)('through the %s transport', (transport) => {
  test('a hash of 10,000 features arrives whole', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    const { status, envelopes } = await client.run(`GET ${KEY}`);
    expect(status.status).toBe('ok');
    const features = envelopes.filter(isFeature).map(({ content }) => content as { id: number });
    features.sort((a, b) => a.id - b.id);
    expect(features).toEqual(ALL.map((text) => JSON.parse(text)));
  });

  test('also with a reference and in another projection', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('PROJECTION epsg:3857');
    const { envelopes } = await client.run(`GET ${KEY} client_ref=mine`);
    expect(idsOf(envelopes)).toEqual(ALL.map((_, i) => i));
    expect(new Set(envelopes.map(({ client_reference: reference }) => reference))).toEqual(new Set(['mine']));
    const coordinates = envelopes.map(({ content }) => (content as Feature).geometry.coordinates);
    for (const [x, y] of coordinates) {
      expect(x).toBeGreaterThan(500_000);
      expect(y).toBeGreaterThan(5_000_000);
    }
  });

  test('only values in the box are sent', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('BBOX 5.1 45.1 5.2 45.15');
    const { envelopes } = await client.run(`GET ${KEY}`);
    const inside = ALL.map((_, i) => i).filter((i) => {
      const [lon, lat] = placeOf(i);
      return lon >= 5.1 && lon <= 5.2 && lat >= 45.1 && lat <= 45.15;
    });
    expect(inside).toHaveLength(11 * 6);
    expect(idsOf(envelopes)).toEqual(inside);
  });

  test('if no value is in the box, the answer is one null', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('BBOX 0 0 1 1');
    const { envelopes } = await client.run(`GET ${KEY}`);
    expect(envelopes).toMatchObject([{ source: KEY, content: null, client_reference: null }]);
  });

  test('in lists of the size that the client requested', async () => {
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('BUFFER 64 60000');
    const { envelopes } = await client.run(`GET ${KEY}`);
    const lists = envelopes.map(({ source, content }) => {
      expect(source).toBe('buffer');
      return content as Envelope[];
    });
    expect(Math.max(...lists.map(({ length }) => length))).toBe(64);
    expect(idsOf(lists.flat())).toEqual(ALL.map((_, i) => i));
  });

  test('even with the smallest queue', async () => {
    const narrow = await startGateway({
      REDIS_URL: world.server.url,
      CHANNELS: '*',
      MAX_QUEUE_BYTES: '65536',
      MAX_QUEUE_MESSAGES: '100',
    });
    const clients = await Promise.all([0, 1, 2].map(() => TRANSPORTS[transport](narrow.url)));
    const outcomes = await Promise.all(clients.map((client) => client.run(`GET ${KEY}`)));
    for (const { envelopes } of outcomes) expect(envelopes).toHaveLength(FEATURES);
    expect((await narrow.scrape()).sum('viaduct_queue_overflows_total')).toBe(0);
  });
});

interface Feature {
  geometry: { coordinates: [number, number] };
}

test('in the data CRS, values arrive byte for byte as stored', async () => {
  const client = await RawClient.connect(gateway.url);
  const frames = texts(client);
  client.send(`GET ${KEY}`);
  client.send('PING');
  const contents = (await frames).map(
    (text) => /^\{"source":"features","content":(.*),"timestamp"/u.exec(text)?.[1],
  );
  expect(contents.sort()).toEqual([...ALL].sort());
});

test('other clients get answers while a snapshot is sent', async () => {
  const [reads, asks] = await Promise.all([RawClient.connect(gateway.url), RawClient.connect(gateway.url)]);
  await reads.run('SUB marks');
  // Each mark is published after a PONG has arrived, so several marks in a snapshot prove that PONGs came during it.
  let marks = 0;
  let between = 0;
  await eventually(async () => {
    let going = true;
    const pinging = (async () => {
      while (going) {
        await asks.run('PING');
        await world.redis.publish('marks', String(marks++));
      }
    })();
    const envelopes = (await reads.run(`GET ${KEY}`)).envelopes.map(({ source }) => source);
    going = false;
    await pinging;
    const snapshot = envelopes.slice(envelopes.indexOf(KEY), envelopes.lastIndexOf(KEY));
    between += snapshot.filter((source) => source === 'marks').length;
    expect(between).toBeGreaterThanOrEqual(3);
  });
});

test('ten clients that ask at once cause one read in Redis', async () => {
  const reads = async (): Promise<number> => {
    const stats = await world.redis.info('commandstats');
    return Number(/^cmdstat_hlen:calls=(\d+)/mu.exec(stats)?.[1] ?? 0);
  };
  const clients = await Promise.all(Array.from({ length: 10 }, () => RawClient.connect(gateway.url)));
  const before = await reads();
  process.kill(world.server.pid, 'SIGSTOP');
  try {
    for (const client of clients) client.sendTogether(['PING', `GET ${KEY}`]);
    for (const client of clients) expect(await client.inbox.next()).toMatchObject({ content: 'PONG' });
  } finally {
    process.kill(world.server.pid, 'SIGCONT');
  }
  for (const client of clients) expect(await client.inbox.take(FEATURES)).toHaveLength(FEATURES);
  expect(await reads()).toBe(before + 1);
});

describe('a client that reads slowly', () => {
  const LIMIT = 65_536;
  /** Requests of the client that reads in the end, and of each client that never reads. */
  const READ = 4;
  const IGNORED = 80;
  const IGNORERS = 9;
  /** Bytes that the gateway would send to the latter without a limit. */
  const OWED_BYTES = IGNORERS * IGNORED * Buffer.byteLength(ALL.join(''));

  /** A connection that has sent this number of requests and reads nothing until it is resumed. */
  async function ask(transport: TransportName, url: string, times: number): Promise<WebSocket> {
    const socket = transport === 'raw' ? (await RawClient.connect(url)).socket : await connectEngine(url);
    socket.pause();
    for (let i = 0; i < times; i++) {
      const line = `GET ${KEY} client_ref=${i}`;
      socket.send(transport === 'raw' ? line : `42["command","${line}"]`);
    }
    return socket;
  }

  test.each(TRANSPORT_NAMES)(
    '%s: receives all of a long answer, within bounded memory',
    async (transport) => {
      const bounded = await startGateway({
        REDIS_URL: world.server.url,
        CHANNELS: '*',
        MAX_QUEUE_BYTES: String(LIMIT),
      });
      const memory = async (): Promise<number> =>
        (await bounded.scrape()).sum('process_resident_memory_bytes');
      const other = await RawClient.connect(bounded.url);
      await other.run(`GET ${KEY}`);
      const before = await memory();
      const socket = await ask(transport, bounded.url, READ);
      await Promise.all(Array.from({ length: IGNORERS }, () => ask(transport, bounded.url, IGNORED)));
      await untilStill(bounded);
      expect(await memory()).toBeLessThan(before + OWED_BYTES / 4);
      expect((await other.run('PING')).status.status).toBe('ok');

      let received = 0;
      socket.on('message', (data) => {
        if (data.toString().includes('"Feature"')) received++;
      });
      socket.resume();
      await eventually(() => expect(received).toBe(READ * FEATURES));
      expect((await bounded.scrape()).sum('viaduct_queue_overflows_total')).toBe(0);
    },
  );

  /** Resolves when the gateway sends nothing more, because the rest waits for the clients. */
  async function untilStill(of: GatewayProcess): Promise<void> {
    let last = -1;
    let same = 0;
    await eventually(async () => {
      const sent = (await of.scrape()).sum('viaduct_deliveries_total');
      same = sent === last ? same + 1 : 0;
      last = sent;
      expect(same).toBeGreaterThan(20);
    });
  }
});
