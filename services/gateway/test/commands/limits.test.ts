import { CLOSE_CODES, type Envelope, STATUS_SOURCE } from '@viaduct/protocol';
import { type TestClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually, scaled, sleep } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';

function start(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', ...env });
}

function codeOf({ source, content }: Envelope): unknown {
  return source === STATUS_SOURCE ? (content as { code?: unknown }).code : undefined;
}

describe.each(TRANSPORT_NAMES)('COMMANDS_PER_SECOND on %s', (transport) => {
  test('refuses commands beyond the rate; the session continues and is served again', async () => {
    const gateway = await start({ COMMANDS_PER_SECOND: '20' });
    const client = await TRANSPORTS[transport](gateway.url);
    client.sendTogether(Array.from({ length: 70 }, (_, i) => `PING client_ref=${i}`));
    const answers = await client.inbox.take(70);
    const refused = answers.filter((answer) => codeOf(answer) === 'rate_limited');
    expect(answers.filter(({ content }) => content === 'PONG').length).toBeGreaterThanOrEqual(40);
    expect(refused.length).toBeGreaterThan(0);
    for (const { client_reference: reference } of refused)
      expect(Number(reference)).toBeGreaterThanOrEqual(40);
    await eventually(async () => {
      client.send('PING client_ref=later');
      const answer = await client.inbox.next(({ client_reference: reference }) => reference === 'later');
      expect(answer.content).toBe('PONG');
    });
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_errors_total', { code: 'rate_limited' })).toBeGreaterThanOrEqual(
      refused.length,
    );
  });

  test('closes a session that keeps sending them with 4006', async () => {
    const gateway = await start({ COMMANDS_PER_SECOND: '10' });
    const [client, other] = [
      await TRANSPORTS[transport](gateway.url),
      await TRANSPORTS[transport](gateway.url),
    ];
    client.sendTogether(Array.from({ length: 500 }, (_, i) => `PING client_ref=${i}`));
    const { code, reason } = CLOSE_CODES.rate_limited;
    expect(await client.closed).toEqual({ code, reason });
    expect(
      client.inbox.all.filter((answer) => codeOf(answer) === 'rate_limited').length,
    ).toBeGreaterThanOrEqual(20);
    expect((await other.run('PING')).status.status).toBe('ok');
    await eventually(async () => {
      const labels = { transport, code: String(code) };
      expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(1);
    });
  });
});

describe.each(TRANSPORT_NAMES)('VIEW_CHANGES_PER_SECOND on %s', (transport) => {
  /** Each box of the tests contains one of these points. */
  async function pointsAt(positions: readonly number[]): Promise<GatewayProcess> {
    const { server, redis } = await startWorld();
    const point = (x: number): string => JSON.stringify({ type: 'Point', coordinates: [x, 0] });
    await redis.hset('points', Object.fromEntries(positions.map((x) => [x, point(x)])));
    return startGateway({ REDIS_URL: server.url, CHANNELS: 'points', VIEW_CHANGES_PER_SECOND: '5' });
  }
  const boxAt = (x: number): string => `BBOX ${x - 0.1} -1 ${x + 0.1} 1`;
  /** Uses up the burst of changes. */
  const BURST = Array.from({ length: 10 }, () => boxAt(50));

  /** The coordinates of the points that a GET of the whole hash returns. */
  async function seen(client: TestClient): Promise<unknown[]> {
    const { envelopes } = await client.run('GET points');
    return envelopes
      .filter(({ source }) => source === 'points')
      .map(({ content }) => (content as { coordinates?: [number] } | null)?.coordinates?.[0] ?? null);
  }

  test('all boxes of a fast pan are confirmed in order, and the last one wins', async () => {
    const gateway = await pointsAt([0, 1, 2]);
    const client = await TRANSPORTS[transport](gateway.url);
    const pan = Array.from({ length: 300 }, (_, i) => `${boxAt(i < 299 ? 1 : 2)} client_ref=${i}`);
    client.sendTogether([...BURST, ...pan]);
    expect(await seen(client)).toEqual([2]);
    const confirmed = client.inbox.all.filter(({ client_reference: reference }) => reference !== null);
    if (transport === 'raw') {
      expect(confirmed.slice(0, 300).map(({ client_reference: reference }) => Number(reference))).toEqual(
        Array.from({ length: 300 }, (_, i) => i),
      );
    }
    expect(client.inbox.all.map(codeOf).filter((code) => code !== undefined)).toEqual([]);
    const scrape = await gateway.scrape();
    expect(scrape.sum('viaduct_delayed_view_changes_total')).toBeGreaterThan(0);
  });

  test('a box between other commands is in force for them, however fast they come', async () => {
    const gateway = await pointsAt([0, 1, 2]);
    const client = await TRANSPORTS[transport](gateway.url);
    client.sendTogether([...BURST, boxAt(1), 'GET points', boxAt(0), 'BBOX 5 5 4 4', 'GET points', boxAt(2)]);
    await seen(client);
    const answers = client.inbox.all.filter(({ source }) => source === 'points');
    expect(answers.map(({ content }) => (content as { coordinates: [number] }).coordinates[0])).toEqual([
      1, 0, 2,
    ]);
  });

  test('clearing the box still removes it from the order of box and projection', async () => {
    const gateway = await pointsAt([0, 1]);
    const client = await TRANSPORTS[transport](gateway.url);
    client.sendTogether([...BURST, 'PROJECTION epsg:3857', 'BBOX', 'BBOX 111000 -1000 112000 1000']);
    expect(await seen(client)).toEqual([expect.closeTo(111_319.491, 2)]);
  });
});

describe.each(TRANSPORT_NAMES)('IDLE_TIMEOUT_MS on %s', (transport) => {
  test('closes a session without subscriptions and commands with 4007, and no other', async () => {
    const gateway = await start({ IDLE_TIMEOUT_MS: String(scaled(1000)) });
    const [idle, asks, listens] = await Promise.all([
      TRANSPORTS[transport](gateway.url),
      TRANSPORTS[transport](gateway.url),
      TRANSPORTS[transport](gateway.url),
    ]);
    await listens.run('SUB live');
    let ended = false;
    void idle.closed.then(() => {
      ended = true;
    });
    while (!ended) {
      await asks.run('PING');
      await sleep(50);
    }
    const { code, reason } = CLOSE_CODES.idle_timeout;
    expect(await idle.closed).toEqual({ code, reason });
    for (const other of [asks, listens]) expect((await other.run('PING')).status.status).toBe('ok');
    await listens.run('DEL live');
    expect(await listens.closed).toEqual({ code, reason });
    expect(await asks.closed).toEqual({ code, reason });
    await eventually(async () => {
      const labels = { transport, code: String(code) };
      expect((await gateway.scrape()).sum('viaduct_connections_closed_total', labels)).toBe(3);
    });
  });
});

describe('a snapshot beyond its limits', () => {
  test.each([
    ['MAX_SNAPSHOT_VALUES', '2', '2 values', ''],
    ['MAX_READ_BYTES', '1024', '896 bytes', ''],
    ['MAX_SNAPSHOT_VALUES', '2', '2 values', 'ships'],
    ['MAX_READ_BYTES', '1024', '896 bytes', 'ships'],
  ])(
    'of %s=%s is refused, and single fields are not (%s, streams "%s")',
    async (name, value, words, streams) => {
      const { server, redis } = await startWorld();
      await redis.hset('small', { a: '1', b: '2' });
      await redis.hset('large', {
        a: JSON.stringify('x'.repeat(500)),
        b: JSON.stringify('x'.repeat(600)),
        c: '3',
      });
      const env = { REDIS_URL: server.url, CHANNELS: '*', STREAMS: streams, [name]: value };
      const gateway = await startGateway(env);
      for (const transport of TRANSPORT_NAMES) {
        const client = await TRANSPORTS[transport](gateway.url);
        for (const command of ['GET', 'PGET']) {
          const { status } = await client.run(`${command} large`);
          expect(status).toMatchObject({ status: 'error', code: 'snapshot_too_big' });
          expect(status).toMatchObject({ message: expect.stringContaining(words) });
          expect(status).toMatchObject({ message: expect.stringContaining(name) });
          expect((await client.run(`${command} small`)).envelopes).toHaveLength(2);
          expect((await client.run(`${command} large c`)).envelopes).toMatchObject([{ content: 3 }]);
        }
      }
      const scrape = await gateway.scrape();
      expect(scrape.sum('viaduct_errors_total', { code: 'snapshot_too_big' })).toBe(4);
    },
  );
});
