import {
  type CommandContext,
  createGateway,
  defineCommand,
  loadConfig,
  MemorySource,
} from '@viaduct/gateway';
import { RawClient } from '@viaduct/testkit/clients';
import { SECRET, sha256, sign } from '@viaduct/testkit/credentials';
import { atEnd } from '@viaduct/testkit/teardown';
import { beforeAll, describe, expect, test } from 'vitest';

/** The area of the test's tokens: roughly Switzerland. */
const AREA = [5, 45, 11, 48];
const KEY = 'a key of the test';

function feature(id: string, coordinates: readonly number[]) {
  return { type: 'Feature', id, properties: { tags: [id] }, geometry: { type: 'Point', coordinates } };
}
const ZURICH = feature('zurich', [8.5, 47.4]);
const PARIS = feature('paris', [2.3, 48.9]);

/** The body of the command under test; the client receives its result. */
let probe: (context: CommandContext) => unknown;

const PROBE = defineCommand(
  { name: 'PROBE', summary: 'Runs the probe.', arguments: {}, answer: 'the result of the probe' },
  {
    async run(context) {
      const result = await probe(context);
      context.answer('probe', result ?? null);
    },
  },
);

let url: string;

beforeAll(async () => {
  const source = new MemorySource();
  for (const place of [ZURICH, PARIS]) source.hset('places', place.id, JSON.stringify(place));
  source.hset('secret', 'a', '"hidden"');
  const config = loadConfig({
    PORT: '0',
    HOST: '127.0.0.1',
    CHANNELS: 'places,secret',
    ANONYMOUS_CHANNELS: 'places',
    JWT_SECRET: SECRET,
    API_KEYS: JSON.stringify([{ name: 'depot', sha256: sha256(KEY), channels: ['places'] }]),
    LOG_LEVEL: 'silent',
    LIMITS: 'off',
  });
  const { builtins } = await import('@viaduct/gateway');
  const gateway = createGateway({ ...config, commands: [...builtins, PROBE], source });
  atEnd(() => gateway.close());
  ({ url } = await gateway.start());
});

/** Runs the probe for a client, and returns its result. */
async function run(client: RawClient, what: (context: CommandContext) => unknown): Promise<unknown> {
  probe = what;
  const { envelopes, status } = await client.run('PROBE');
  return envelopes.find(({ source }) => source === 'probe')?.content ?? status;
}

async function confined(): Promise<RawClient> {
  const token = await sign({ sub: 'driver', roles: ['a', 'b'], channels: ['places'], area: AREA });
  return RawClient.connect(`${url}/?token=${token}`);
}

/** Every object that a program can reach from the context by property names, including prototypes. */
function reachable(from: object): Set<object> {
  const found = new Set<object>();
  const look = (value: unknown): void => {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return;
    if (found.has(value) || value === Object.prototype || value === Function.prototype) return;
    found.add(value);
    look(Object.getPrototypeOf(value));
    for (const name of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, name);
      look(property?.value);
      try {
        if (property?.get !== undefined) look(Reflect.get(from, name) ?? Reflect.get(value, name));
      } catch {
        // A getter that is called on its prototype has no session.
      }
    }
  };
  look(from);
  return found;
}

describe('the context of a command', () => {
  test('has the documented members and no others', async () => {
    const members = await run(await confined(), (context) => {
      const own = Reflect.ownKeys(context);
      return [...own, ...Reflect.ownKeys(Object.getPrototypeOf(context))].sort();
    });
    expect(members).toEqual(
      [
        ...['answer', 'clearBox', 'constructor', 'dropQueued', 'hold', 'client', 'publish', 'readField'],
        ...['readHash', 'renew', 'resolveCrs', 'sendField', 'sendHash', 'setBox', 'setBuffer', 'setFilter'],
        ...['setProjection', 'subscribe', 'unsubscribe', 'view', 'warn'],
      ].sort(),
    );
  });

  test('gives no access to objects that read, publish or change the session past its permissions', async () => {
    const names = await run(await confined(), (context) => {
      const found = new Set<string>();
      for (const value of [...reachable(context), ...reachable(context.view), ...reachable(context.client)]) {
        for (const name of Reflect.ownKeys(value)) found.add(String(name));
      }
      return [...found];
    });
    for (const name of [
      'services',
      'source',
      'connection',
      'hub',
      'registry',
      'setArea',
      'outbox',
      'filters',
    ]) {
      expect(names).not.toContain(name);
    }
  });

  test('is immutable, and so are its view and its client', async () => {
    const outcomes = await run(await confined(), async (context) => {
      await context.subscribe('places');
      context.setBox(
        { minX: 5, minY: 45, maxX: 11, maxY: 48 },
        { trim: false, hints: ['a'], namedHints: { b: 'c' } },
      );
      const { view, client } = context;
      const attempts: (() => unknown)[] = [
        () => Object.assign(context, { view: {} }),
        () => Object.assign(Object.getPrototypeOf(context), { answer: null }),
        () => Object.assign(view, { held: true }),
        () => Object.assign(Object.getPrototypeOf(view), { extra: 1 }),
        () => Object.assign(view.bbox ?? {}, { minX: -180 }),
        () => Object.assign(view.boxOptions, { trim: true }),
        () => Object.assign(view.boxOptions.namedHints, { b: 'd' }),
        () => (view.boxOptions.hints as string[]).push('b'),
        () => Object.assign(view.crs, { id: 'epsg:1' }),
        () => Object.assign(client, { keyName: 'other' }),
        () => Object.assign(client.claims ?? {}, { sub: 'other' }),
        () => (client.claims as { roles: string[] }).roles.push('admin'),
      ];
      return attempts.map((attempt) => {
        try {
          attempt();
          return 'changed';
        } catch (error) {
          return error instanceof TypeError ? 'refused' : String(error);
        }
      });
    });
    expect(outcomes).toEqual(Array(12).fill('refused'));
  });

  test('is the same object for every command of a session', async () => {
    const client = await confined();
    let first: CommandContext | null = null;
    await run(client, (context) => {
      first = context;
    });
    expect(await run(client, (context) => context === first)).toBe(true);
  });
});

describe('reading with the context', () => {
  test('is refused if the session may not read the key', async () => {
    const client = await confined();
    const attempts: ((context: CommandContext) => unknown)[] = [
      (context) => context.readHash('secret')[Symbol.asyncIterator]().next(),
      (context) => context.readField('secret', 'a'),
      (context) => context.sendHash('secret'),
      (context) => context.sendField('secret', 'a'),
      (context) => context.subscribe('secret'),
    ];
    for (const attempt of attempts) {
      expect(await run(client, attempt)).toMatchObject({ status: 'error', code: 'not_allowed' });
    }
  });

  test('several channels at once fail one by one, and each error can be caught', async () => {
    const attempt = (context: CommandContext) =>
      Promise.allSettled(['secret', 'places', 'secret'].map((channel) => context.subscribe(channel)));
    const outcomes = (await run(await confined(), attempt)) as PromiseSettledResult<void>[];
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  });

  test('returns only values in the area of the session', async () => {
    const read = async (context: CommandContext) => {
      const values: unknown[] = [];
      for await (const value of context.readHash('places')) values.push(value);
      return [
        values,
        await context.readField('places', 'paris'),
        await context.readField('places', 'nowhere'),
      ];
    };
    expect(await run(await confined(), read)).toEqual([[ZURICH], null, null]);
    const everywhere = await RawClient.connect(url);
    expect(await run(everywhere, read)).toEqual([[ZURICH, PARIS], PARIS, null]);
  });

  test('returns copies, so that changes do not affect other clients', async () => {
    const client = await RawClient.connect(url);
    const spoil = async (context: CommandContext) => {
      for await (const value of context.readHash('places'))
        (value as typeof ZURICH).properties.tags.push('spoilt');
      ((await context.readField('places', 'paris')) as typeof PARIS).properties.tags.push('spoilt');
    };
    await run(client, spoil);
    const { envelopes } = await client.run('GET places');
    expect(envelopes.map(({ content }) => content)).toEqual([ZURICH, PARIS]);
  });
});

describe('the client of a command', () => {
  /** The members that every client has. */
  const KNOWN = { transport: 'raw', address: '127.0.0.1', session: expect.stringMatching(/^[\w-]{16}$/u) };
  const clientOf = ({ client }: CommandContext) => client;

  test('has the claims of a token, and those of the next one after TOKEN', async () => {
    const client = await confined();
    expect(await run(client, clientOf)).toMatchObject({
      claims: { sub: 'driver', roles: ['a', 'b'] },
      keyName: null,
      address: '127.0.0.1',
    });
    await client.run(`TOKEN ${await sign({ sub: 'other', channels: ['places'] })}`);
    expect(await run(client, clientOf)).toMatchObject({ claims: { sub: 'other' } });
  });

  test('has the name of an API key', async () => {
    const client = await RawClient.connect(`${url}/?key=${encodeURIComponent(KEY)}`);
    expect(await run(client, clientOf)).toEqual({ ...KNOWN, claims: null, keyName: 'depot' });
  });

  test('without credentials has only an address, a transport and a session', async () => {
    const client = await RawClient.connect(url);
    expect(await run(client, clientOf)).toEqual({ ...KNOWN, claims: null, keyName: null });
  });
});
