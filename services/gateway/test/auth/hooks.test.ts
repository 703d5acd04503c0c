import { RawClient, SocketIoClient, type TestClient } from '@viaduct/testkit/clients';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { Scrape } from '@viaduct/testkit/metrics';
import { atEnd } from '@viaduct/testkit/teardown';
import { until } from '@viaduct/testkit/wait';
import { describe, expect, test } from 'vitest';
import {
  AccessRefusal,
  builtins,
  CommandError,
  createGateway,
  defineCommand,
  type GatewayOptions,
  type Hooks,
  MemorySource,
} from '../../src/index.js';

const QUIET = {
  port: 0,
  host: '127.0.0.1',
  logLevel: 'silent',
  channels: ['*'],
  publishChannels: ['*'],
} as const;

/** A gateway in this process with these hooks. */
async function embed(hooks: Hooks, options: GatewayOptions = {}) {
  const source = new MemorySource();
  const gateway = createGateway({ ...QUIET, source, hooks, ...options });
  atEnd(() => gateway.close());
  const { url } = await gateway.start();
  const scrape = async () => new Scrape(await gateway.metrics.metrics());
  return { gateway, url, source, scrape };
}

/** A client of each transport. */
async function both(url: string): Promise<TestClient[]> {
  return [await RawClient.connect(url), await SocketIoClient.connect(url)];
}

describe('the subscribe hook', () => {
  test('learns who subscribes to what, on both transports', async () => {
    const seen: unknown[] = [];
    const { url } = await embed({
      async subscribe({ transport, address, session }, request) {
        seen.push([transport, address, session.length, request]);
      },
    });
    for (const client of await both(url)) {
      for (const line of ['SUB trains snapshot=true', 'SUB trains live=true'])
        expect((await client.run(line)).status).toMatchObject({ status: 'ok' });
    }
    const request = { channel: 'trains', snapshot: true, live: false, since: null };
    const live = { ...request, snapshot: false, live: true };
    expect(seen).toEqual([
      ['raw', '127.0.0.1', 16, request],
      ['raw', '127.0.0.1', 16, live],
      ['socket.io', '127.0.0.1', 16, request],
      ['socket.io', '127.0.0.1', 16, live],
    ]);
  });

  test('refuses the command with a code, and the client stays connected', async () => {
    const { url, source, scrape } = await embed({
      async subscribe(_, { channel }) {
        if (channel === 'premium') throw new CommandError('rate_limited', 'not in your plan');
        if (channel === 'secret') throw new AccessRefusal('refused', 'not for you');
        if (channel === 'broken') throw new TypeError('a bug of the program');
      },
    });
    for (const client of await both(url)) {
      expect((await client.run('SUB premium')).status).toMatchObject({
        code: 'rate_limited',
        message: 'not in your plan',
      });
      expect((await client.run('SUB secret')).status).toMatchObject({
        code: 'not_allowed',
        message: 'not for you',
      });
      const { status } = await client.run('SUB broken');
      expect(status).toMatchObject({ code: 'internal' });
      expect(JSON.stringify(status)).not.toContain('a bug of the program');
      for (const channel of ['premium', 'secret', 'broken']) await source.publish(channel, '"refused"');
      expect((await client.run('SUB trains')).status).toMatchObject({ status: 'ok' });
      await source.publish('trains', '1');
      expect(await client.inbox.next()).toMatchObject({ source: 'trains', content: 1 });
    }
    const metrics = await scrape();
    expect(metrics.sum('viaduct_internal_failures_total')).toBe(2);
    expect(metrics.sum('viaduct_errors_total', { code: 'rate_limited' })).toBe(2);
  });

  test('delays the later commands of its session, but no other session', async () => {
    let release: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    let waiting = false;
    const { url } = await embed({
      async subscribe(_, { channel }) {
        if (channel !== 'slow') return;
        waiting = true;
        await asked;
      },
    });
    const [slow, other] = [await RawClient.connect(url), await RawClient.connect(url)];
    slow.send('SUB slow a');
    slow.send('PING b');
    await until(() => waiting, 'the hook to be called');
    expect((await other.run('SUB trains')).status).toMatchObject({ status: 'ok' });
    expect(slow.inbox.since(1)).toEqual([]);
    release();
    expect(await slow.inbox.next()).toMatchObject({ content: { status: 'ok' }, client_reference: 'a' });
    expect(await slow.inbox.next()).toMatchObject({ client_reference: 'b' });
  });

  test('is not called for channels that the session may not read, and is called for those that a custom command subscribes to', async () => {
    const seen: string[] = [];
    const follow = defineCommand(
      { name: 'FOLLOW', summary: 'Subscribes.', arguments: {} },
      { run: (context) => context.subscribe('buses') },
    );
    const { url } = await embed(
      { subscribe: (_, { channel }) => void seen.push(channel) },
      { channels: ['buses'], commands: [...builtins, follow] },
    );
    const client = await RawClient.connect(url);
    expect((await client.run('SUB trains')).status).toMatchObject({ code: 'not_allowed' });
    expect((await client.run('FOLLOW')).status).toMatchObject({ status: 'ok' });
    expect(seen).toEqual(['buses']);
  });

  test('leaves nothing subscribed if the session ends while it runs', async () => {
    let release: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      release = resolve;
    });
    let closed = false;
    const { url, scrape } = await embed({
      subscribe: () => asked,
      close() {
        closed = true;
      },
    });
    const client = await RawClient.connect(url);
    client.send('SUB trains');
    await client.close();
    await until(() => closed, 'the session to end');
    release();
    await until(
      async () => (await scrape()).sum('viaduct_commands_total', { command: 'SUB', outcome: 'ok' }) === 1,
      'the command to end',
    );
    expect((await scrape()).sum('viaduct_subscriptions')).toBe(0);
  });
});

describe('the publish hook', () => {
  test('sees the parsed message, and decides whether it is published', async () => {
    const seen: unknown[] = [];
    const { url, scrape } = await embed({
      async publish({ transport }, { channel, content }) {
        seen.push([transport, channel, content]);
        if (content === 'rude') throw new CommandError('invalid_argument', 'be polite');
      },
    });
    const reader = await RawClient.connect(url);
    await reader.run('SUB chat');
    for (const client of await both(url)) {
      expect((await client.run('PUB chat "rude"')).status).toMatchObject({ code: 'invalid_argument' });
      expect((await client.run('PUB chat {"text":"hello"}')).status).toMatchObject({ status: 'ok' });
      expect(await reader.inbox.next()).toMatchObject({ content: { text: 'hello' } });
    }
    const ofOne = (transport: string) => [
      [transport, 'chat', 'rude'],
      [transport, 'chat', { text: 'hello' }],
    ];
    expect(seen).toEqual([...ofOne('raw'), ...ofOne('socket.io')]);
    const metrics = await scrape();
    expect(metrics.sum('viaduct_errors_total', { code: 'invalid_argument' })).toBe(2);
    // Twice to one reader, each with the 128 bytes of docs/security.md for its envelope; refused messages do not count.
    expect(metrics.sum('viaduct_published_bytes_total')).toBe(2 * ('{"text":"hello"}'.length + 128));
  });

  test('cannot change what is published', async () => {
    const { url } = await embed({
      publish(_, { content }) {
        (content as { text: string }).text = 'changed';
      },
    });
    const client = await RawClient.connect(url);
    await client.run('SUB chat');
    client.send('PUB chat {"text":"hello"}');
    expect(await client.inbox.next(({ source }) => source === 'chat')).toMatchObject({
      content: { text: 'hello' },
    });
  });
});

describe('the close hook', () => {
  test('is called once for each session with the code, its name and the client', async () => {
    const seen: unknown[] = [];
    const { url, gateway } = await embed(
      {
        close({ claims, transport }, { code, reason }) {
          seen.push([claims?.sub, transport, code, reason]);
        },
      },
      { auth: { jwtSecret: SECRET } },
    );
    const token = await sign({ sub: 'driver', channels: ['*'] });
    const raw = await RawClient.connect(`${url}/?token=${token}`);
    await raw.close();
    await until(() => seen.length === 1, 'the raw client to be reported');
    const cut = await RawClient.connect(url);
    cut.terminate();
    await until(() => seen.length === 2, 'the lost client to be reported');
    const own = await RawClient.connect(url);
    own.socket.close(3000, 'bye');
    await until(() => seen.length === 3, 'the code of the client to be reported');
    await SocketIoClient.connect(url);
    await gateway.close();
    expect(seen).toEqual([
      ['driver', 'raw', 1000, 'normal'],
      [undefined, 'raw', 1006, null],
      [undefined, 'raw', 3000, null],
      [undefined, 'socket.io', 1012, 'going_away'],
    ]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('a bug of the program');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('a bug of the program');
      },
    ],
  ])('is counted when it %s, and disturbs nobody', async (_, close) => {
    const { url, source, scrape } = await embed({ close });
    const [leaves, stays] = [await RawClient.connect(url), await RawClient.connect(url)];
    await stays.run('SUB trains');
    await leaves.close();
    await until(
      async () => (await scrape()).sum('viaduct_internal_failures_total') === 1,
      'the failure to be counted',
    );
    await source.publish('trains', '1');
    expect(await stays.inbox.next()).toMatchObject({ content: 1 });
    expect((await scrape()).sum('viaduct_connections', { transport: 'raw' })).toBe(1);
  });
});

test('all hooks and commands of a session have the same session id', async () => {
  const ids = new Set<string>();
  let ended: string | null = null;
  const who = defineCommand(
    { name: 'WHO', summary: 'Answers with the session.', arguments: {}, answer: 'its id' },
    { run: (context) => context.answer('who', context.client.session) },
  );
  const { url } = await embed(
    {
      subscribe: ({ session }) => void ids.add(session),
      publish: ({ session }) => void ids.add(session),
      close({ session }) {
        ended = session;
      },
    },
    { commands: [...builtins, who] },
  );
  const client = await RawClient.connect(url);
  await client.run('SUB trains');
  await client.run('PUB trains 1');
  const { envelopes } = await client.run('WHO');
  await client.close();
  await until(() => ended !== null, 'the session to end');
  expect([...ids]).toEqual([ended]);
  expect(envelopes).toMatchObject([{ content: ended }]);
});
