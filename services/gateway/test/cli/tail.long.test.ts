import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseEnvelope } from '@viaduct/protocol';
import { GatewayProcess, runGateway, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, scaled } from '@viaduct/testkit/wait';
import { subscribers } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';
import { testRedis } from '../support/source-redis.js';

function point(id: number, x: number, y: number): string {
  return JSON.stringify({
    type: 'Feature',
    id,
    geometry: { type: 'Point', coordinates: [x, y] },
    properties: {},
  });
}

/** A gateway with a Redis, and `viaduct tail` on it. */
async function world(env: Record<string, string> = {}) {
  const { server, admin } = await testRedis();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: 'trains,buses', ...env });
  const tail = (...args: string[]) => {
    return new GatewayProcess({ VIADUCT_URL: gateway.url }, { arguments: ['tail', ...args] });
  };
  const subscribed = (channel = 'trains') => {
    return eventually(async () => expect(await subscribers(admin, channel)).toBe(1));
  };
  return { admin, gateway, tail, subscribed };
}

describe('viaduct tail', () => {
  test('prints envelopes as lines of JSON in a pipe, and ends after --count', async () => {
    const { admin, tail, subscribed } = await world();
    const program = tail('trains', '--count', '3');
    await subscribed();
    await admin.publish('trains', point(1, 7, 47));
    await admin.publish('trains', '{\n  "pretty": 1\n}');
    await admin.publish('trains', point(2, 8, 47));
    expect(await program.ended).toBe(0);
    const contents = program.stdout
      .trimEnd()
      .split('\n')
      .map((line) => parseEnvelope(line).content);
    expect(contents).toEqual([JSON.parse(point(1, 7, 47)), { pretty: 1 }, JSON.parse(point(2, 8, 47))]);
    expect(program.stderr).toBe('');
  });

  test('--projection and --bbox show what a client with that view sees', async () => {
    const { admin, tail, subscribed } = await world();
    const box = '-200000,5900000,1000000,6000000';
    const program = tail('trains', '--projection', 'epsg:3857', '--bbox', box, '--count', '2');
    await subscribed();
    for (const [id, x] of [
      [1, 40],
      [2, -1],
      [3, 8],
    ] as const)
      await admin.publish('trains', point(id, x, 47));
    await program.ended;
    const features = program.stdout
      .trimEnd()
      .split('\n')
      .map((line) => parseEnvelope(line).content as { id: number; geometry: { coordinates: number[] } });
    expect(features.map(({ id }) => id)).toEqual([2, 3]);
    expect(features[1]?.geometry.coordinates[0]).toBeCloseTo(890_555.926, 2);
  });

  test('prints several channels at once; SIGINT ends it with 0', async () => {
    const { admin, tail, subscribed } = await world();
    const program = tail('trains', 'buses');
    await subscribed('buses');
    await admin.publish('trains', '1');
    await admin.publish('buses', '2');
    await eventually(() => expect(program.stdout.split('\n')).toHaveLength(3));
    program.signal('SIGINT');
    expect(await program.ended).toBe(0);
  });

  test('--color prints for people: time, channel, id and place in colours, and a summary at the end', async () => {
    const { admin, tail, subscribed } = await world();
    const program = tail('trains', '--color', '--count', '2');
    await subscribed();
    await admin.publish('trains', point(17, 7.5, 47));
    await admin.publish('trains', '{"type":"Feature","id":"RE 4","geometry":null,"properties":null}');
    await program.ended;
    expect(program.stdout).toContain('\u001b[36mtrains');
    expect(program.stdout).toContain('17  Point 7.5 47  {}\n');
    expect(program.stdout).toContain('\u001b[31mRE 4  is gone');
    expect(program.stdout).toMatch(/2 messages in [\d.]+ s: [\d.]+\/s, [\d.]+ kB\/s/u);
  });

  test('--no-color prints the same without colours', async () => {
    const { admin, tail, subscribed } = await world();
    const program = tail('trains', '--no-color', '--count', '1');
    await subscribed();
    await admin.publish('trains', point(17, 7.5, 47));
    await program.ended;
    expect(program.stdout).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} {2}trains {2}17 {2}Point 7\.5 47 {2}\{\}\n1 message in/u,
    );
  });

  test.each([
    [['planes'], /not_allowed: /u],
    [['trains', '--projection', 'epsg:99999'], /unknown_crs: epsg:99999/u],
  ])('a refusal of the gateway ends it with 1: %s', async (args, message) => {
    const { tail } = await world();
    const program = tail(...args);
    expect(await program.ended).toBe(1);
    expect(program.stderr).toMatch(message);
    expect(program.stdout).toBe('');
  });

  test('a gateway that closes ends it with 1 and the reason', async () => {
    const { gateway, tail, subscribed } = await world();
    const program = tail('trains');
    await subscribed();
    gateway.signal('SIGTERM');
    expect(await program.ended).toBe(1);
    expect(program.stderr).toContain('the gateway closed the connection: 1012');
  });

  test('an address without a gateway ends it with 1 and a remedy', async () => {
    const away = await runGateway({}, { arguments: ['tail', 'trains', '--url', 'ws://127.0.0.1:1'] });
    expect(away.exit).toBe(1);
    expect(away.gateway.stderr).toMatch(/cannot connect to .*ECONNREFUSED.*--url/u);
    const { url } = await httpServer(404);
    const other = await runGateway({}, { arguments: ['tail', 'trains', '--url', url] });
    expect(other.exit).toBe(1);
    expect(other.gateway.stderr).toMatch(/is not a Viaduct gateway: .*404/u);
  });

  test('it sends a token and a key with the handshake, from options or the environment', async () => {
    const { url, seen } = await httpServer(401);
    const args = ['tail', 'trains', '--url', url];
    const { exit, gateway } = await runGateway({ VIADUCT_TOKEN: 'from-env' }, { arguments: args });
    expect(exit).toBe(1);
    expect(gateway.stderr).toContain('requires a token or key');
    await runGateway({ VIADUCT_TOKEN: 'x' }, { arguments: [...args, '--token', 'given', '--key', 'k1'] });
    expect(seen.map((headers) => [headers.authorization, headers['x-api-key']])).toEqual([
      ['Bearer from-env', undefined],
      ['Bearer given', 'k1'],
    ]);
  });

  test('if nothing passes the box, it says that the axes may be swapped', async () => {
    const { tail } = await world();
    const program = tail('trains', '--bbox', '46,5,48,10');
    await eventually(() => expect(program.stderr).toContain('in degrees longitude before latitude'));
    expect(program.stderr).toContain('nothing has passed the box 46,5,48,10 so far');
  });

  test('--snapshot prints the current state first, between its begin and its end', async () => {
    const { admin, tail } = await world();
    await admin.hset('trains', { 1: point(1, 7, 47), 2: point(2, 8, 47) });
    const program = tail('trains', '--snapshot');
    await eventually(() => expect(program.stdout).toContain('snapshot_end'));
    await admin.publish('trains', point(3, 9, 47));
    await eventually(() => expect(program.stdout.split('\n')).toHaveLength(6));
    const contents = program.stdout
      .trimEnd()
      .split('\n')
      .map((line) => parseEnvelope(line).content as { status?: string; id?: number });
    expect(contents.map(({ status, id }) => status ?? id).sort()).toEqual([
      1,
      2,
      3,
      'snapshot_begin',
      'snapshot_end',
    ]);
    expect(contents.map(({ status }) => status)).toEqual([
      'snapshot_begin',
      undefined,
      undefined,
      'snapshot_end',
      undefined,
    ]);
  });

  test('--live prints for people which features enter, change and leave the box, and why', async () => {
    const { admin, tail } = await world({ EXPIRE: `buses=${scaled(1000)}ms` });
    await admin.hset('trains', { 1: point(1, 7, 47), 2: point(2, 30, 47) });
    const program = tail('trains', 'buses', '--live', '--bbox', '0,40,10,50', '--no-color');
    await eventually(() => {
      expect(program.stdout).toContain('── trains is complete: 1 feature in the view, 1 outside\n');
      expect(program.stdout).toContain('── buses is complete: 0 features in the view, 0 outside\n');
    });
    for (const [id, x] of [
      [2, 8],
      [1, 7.5],
      [1, 30],
    ] as const)
      await admin.publish('trains', point(id, x, 47));
    await admin.publish('trains', '{"type":"Feature","id":2,"geometry":null,"properties":null}');
    await admin.publish('buses', point(5, 7, 47));
    await eventually(() => expect(program.stdout).toContain('5  has expired'));
    const lines = program.stdout.split('\n').map((line) => line.slice('00:00:00.000  '.length));
    const about = (channel: string): string[] => lines.filter((line) => line.startsWith(`${channel}  `));
    expect(about('trains')).toEqual([
      'trains  entered  1  Point 7 47  {}',
      'trains  entered  2  Point 8 47  {}',
      'trains  changed  1  Point 7.5 47  {}',
      'trains  left     1  is no longer in the view',
      'trains  left     2  was removed',
    ]);
    expect(about('buses')).toEqual([
      'buses  new      5  Point 7 47  {}',
      'buses  left     5  has expired: there was no news of it',
    ]);
  });

  test.each([
    [[], 'needs the name of a channel'],
    [['trains', '--bbox', '1,2,3'], 'must be four numbers'],
    [['trains', '--bbox', '1,2,3,x'], 'must be four numbers'],
    [['trains', '--url', 'localhost'], 'must be like ws://localhost:8080'],
    [['trains', '--count', '0'], 'must be a whole number above zero'],
    [['two words'], 'is not one word'],
    [['trains', '--loud'], "'--loud'"],
  ])('%o is refused with 2', async (args, message) => {
    const { exit, gateway } = await runGateway({}, { arguments: ['tail', ...args] });
    expect(exit).toBe(2);
    expect(gateway.stderr).toContain(message);
    expect(gateway.stderr).toContain('See viaduct tail --help.');
  });
});

/** A server that answers every handshake with this status, and the headers that it saw. */
async function httpServer(status: number): Promise<{ url: string; seen: IncomingHttpHeaders[] }> {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer();
  server.on('upgrade', ({ headers }, socket) => {
    seen.push(headers);
    socket.end(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
