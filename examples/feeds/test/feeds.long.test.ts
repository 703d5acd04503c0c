import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { Newest } from '../lib/newest.js';
import { LAST, samples } from '../make/samples.js';
import { expectAt, watchedRedis } from './run-feed.js';

const SAMPLES = fileURLToPath(new URL('../data/', import.meta.url));

/** The feeds, each with its channel and its recording. */
const FEEDS = [
  ['gtfs-realtime.js', 'buses', 'gtfs-realtime'],
  ['ads-b.js', 'planes', 'ads-b'],
  ['ais.js', 'ships', 'ais.nmea'],
  ['mqtt.js', 'trams', 'mqtt.jsonl'],
] as const;

test('the samples are what make/samples.js makes', () => {
  for (const [file, content] of samples())
    expect(readFileSync(join(SAMPLES, file)).equals(Buffer.from(content)), file).toBe(true);
});

// The places are those of the courses that the samples are made from, before any of the four formats encodes them.
test.each(FEEDS)(
  '%s writes into %s where the vehicles of a recording are at its end',
  async (name, channel, sample) => {
    const world = await watchedRedis(channel);
    const feed = world.run(name, join(SAMPLES, sample));
    expect(await feed.ended, feed.printed).toBe(0);
    expectAt(await world.vehicles(), LAST[channel]);
  },
);

test('without a source, each replays its sample, and removes what an earlier run has left', async () => {
  await Promise.all(
    FEEDS.map(async ([name, channel]) => {
      const world = await watchedRedis(channel);
      const left =
        '{"type":"Feature","id":"left","geometry":{"type":"Point","coordinates":[8,47]},"properties":{}}';
      await world.redis.multi().hset(channel, 'left', left).publish(channel, left).exec();
      await eventually(() => expect(world.shown.has('left')).toBe(true));
      world.run(name, '--silence', '2');
      const { shown } = world;
      await eventually(() => expect([...shown.keys()].some((id) => LAST[channel].has(id))).toBe(true));
      await eventually(() => expect(shown.has('left')).toBe(false));
      expect(await world.redis.hexists(channel, 'left')).toBe(0);
    }),
  );
});

/** A folder that ends with the test. */
function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'viaduct-feeds-'));
  atEnd(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The address of a server that answers with what `answer` returns. */
function serve(answer: () => string | Uint8Array): Promise<string> {
  return listening(createHttpServer((_, response) => response.end(answer())));
}

/** The address of a server, which ends with the test. */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

test('planes that a receiver no longer lists are removed, and return when it lists them again', async () => {
  const world = await watchedRedis('planes');
  const plane = (hex: string, lon: number) => ({
    hex,
    flight: 'XSW1    ',
    lat: 47,
    lon,
    seen_pos: 0.2,
    track: 90,
  });
  let aircraft: object[] = [plane('4b1800', 8), plane('4b1801', 9), { hex: '4b1802', seen: 3 }];
  const receiver = await serve(() => JSON.stringify({ now: 1, aircraft }));
  world.run('ads-b.js', `${receiver}/aircraft.json`, '--silence', '3');
  const shown = async () =>
    [...(await world.vehicles()).values()].map(({ id, geometry }) => [id, geometry.coordinates]);
  await eventually(async () =>
    expect(await shown()).toEqual([
      ['4b1800', [8, 47]],
      ['4b1801', [9, 47]],
    ]),
  );
  aircraft = [plane('4b1801', 9.1)];
  await eventually(async () => expect(await shown()).toEqual([['4b1801', [9.1, 47]]]));
  aircraft = [plane('4b1800', 8.2), plane('4b1801', 9.1)];
  await eventually(async () =>
    expect((await shown()).sort()).toEqual([
      ['4b1800', [8.2, 47]],
      ['4b1801', [9.1, 47]],
    ]),
  );
});

test('an answer that cannot be decoded is reported once, and does not end the program', async () => {
  const plane = JSON.stringify({ now: 1, aircraft: [{ hex: '4b1800', lat: 47, lon: 8 }] });
  const answers = ['<html>busy</html>', '<html>busy</html>', '{"error":"busy"}', '{"error":"busy"}'];
  let asked = 0;
  const receiver = await serve(() => answers[asked++] ?? plane);
  const world = await watchedRedis('planes');
  const feed = world.run('ads-b.js', `${receiver}/aircraft.json`);
  await eventually(async () => expect([...(await world.vehicles()).keys()]).toEqual(['4b1800']));
  const said = feed.printed.split('\n').filter((line) => line.startsWith(receiver));
  expect(said).toEqual([
    expect.stringContaining('this is not an aircraft.json: Unexpected token'),
    expect.stringContaining('this is not an aircraft.json: it has no list "aircraft"; attempts continue'),
    expect.stringContaining('all is well again'),
  ]);
});

test.each([
  ['gtfs-realtime.js', 'buses', 'a message of GTFS-Realtime'],
  ['ads-b.js', 'planes', 'an aircraft.json'],
])(
  '%s continues after an answer that is something else, but not after such a recording',
  async (name, channel, kind) => {
    const world = await watchedRedis(channel);
    const page = join(temporary(), 'page.html');
    writeFileSync(page, '<html>busy</html>');
    const recording = world.run(name, page);
    expect(await recording.ended).toBe(1);
    expect(recording.printed).toContain(`this is not ${kind}: `);
    const feed = world.run(name, await serve(() => '<html>busy</html>'));
    await feed.prints(`this is not ${kind}: `);
    await feed.prints('attempts continue');
  },
);

/** Writes until the other side closes the connection. */
function writeWithoutEnd(target: Writable, chunk: string): void {
  const write = (): void => {
    while (!target.destroyed && target.write(chunk));
  };
  target.on('drain', write).on('error', () => {});
  write();
}

test('an answer without end is abandoned with its length, and the next one is used', async () => {
  const plane = JSON.stringify({ now: 1, aircraft: [{ hex: '4b1800', lat: 47, lon: 8 }] });
  let asked = 0;
  const server = createHttpServer((_, response) => {
    if (asked++ === 0) writeWithoutEnd(response, ' '.repeat(2 ** 20));
    else response.end(plane);
  });
  const world = await watchedRedis('planes');
  const feed = world.run('ads-b.js', `${await listening(server)}/aircraft.json`);
  await feed.prints('the answer is longer than 32 MiB; attempts continue');
  await feed.prints('all is well again');
  await eventually(async () => expect([...(await world.vehicles()).keys()]).toEqual(['4b1800']));
});

test('a line without end is abandoned, and the connection is opened again', async () => {
  const world = await watchedRedis('ships');
  const text = readFileSync(join(SAMPLES, 'ais.nmea'), 'utf8');
  let connections = 0;
  const receiver = createServer((socket) => {
    if (connections++ === 0) writeWithoutEnd(socket, 'x'.repeat(2 ** 16));
    else socket.end(text);
  });
  const feed = world.run('ais.js', new URL(await listening(receiver)).host);
  await feed.prints('a line is longer than 1048576 characters; attempts continue');
  await eventually(async () => expectAt(await world.vehicles(), LAST.ships));
});

test('the queue of messages for Redis is bounded: the oldest are dropped, and that is reported', async () => {
  const lost: number[] = [];
  const queue = new Newest<number>(3, (count) => lost.push(count));
  const takes = queue[Symbol.asyncIterator]();
  const first = takes.next();
  queue.push(1);
  expect(await first).toEqual({ done: false, value: [1] });
  for (const item of [2, 3, 4, 5, 6]) queue.push(item);
  expect(await takes.next()).toEqual({ done: false, value: [4, 5, 6] });
  queue.push(7);
  expect(await takes.next()).toEqual({ done: false, value: [7] });
  expect(lost).toEqual([1]);
});

test('if a source sends no vehicles, the program asks whether it is the right one', async () => {
  const world = await watchedRedis('ships');
  const receiver = createServer((socket) => void socket.write('hello\r\n'));
  const { host } = new URL(await listening(receiver));
  const feed = world.run('ais.js', '--silence', '1', host);
  await feed.prints(`${host}: no vehicle with a recent position within 1 s; is it the right source?`);
});

test('ships are followed over TCP, also after the connection was lost in the middle of a sentence', async () => {
  const world = await watchedRedis('ships');
  const text = readFileSync(join(SAMPLES, 'ais.nmea'), 'utf8');
  // The second connection begins before the place where the first one has ended.
  const parts = [text.slice(0, 9000), text.slice(7000)];
  const receiver = createServer((socket) => socket.end(parts.shift() ?? ''));
  world.run('ais.js', new URL(await listening(receiver)).host);
  await eventually(async () => expectAt(await world.vehicles(), LAST.ships));
});

test('AIS sentences that others have published are decoded to the values that they publish, and broken ones ignored', async () => {
  const world = await watchedRedis('ships');
  const folder = temporary();
  // The first is the example of https://gpsd.gitlab.io/gpsd/AIVDM.html, with its values. The second is the first with another
  // latitude, whose sum is wrong.
  const sentence = '!AIVDM,1,1,,B,177KQJ5000G?tO`K>RA1wUbN0TKH,0*5C';
  writeFileSync(
    join(folder, 'published.nmea'),
    `${sentence}\r\n${sentence.replace('RA1w', 'RB1w')}\r\nhello\r\n`,
  );
  const feed = world.run('ais.js', join(folder, 'published.nmea'));
  expect(await feed.ended, feed.printed).toBe(0);
  expect([...(await world.vehicles()).values()]).toEqual([
    {
      type: 'Feature',
      id: '477553000',
      geometry: { type: 'Point', coordinates: [-122.345833, 47.582833] },
      properties: { heading: 181, speed: 0 },
    },
  ]);
});

test('an invalid --silence is refused with the remedy', async () => {
  const world = await watchedRedis('ships');
  const feed = world.run('ais.js', '--silence', 'long');
  expect(await feed.ended).toBe(1);
  expect(feed.printed).toContain('--silence is "long"; it must be a number of seconds above 0');
});
