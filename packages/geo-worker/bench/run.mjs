/**
 * What the hot path costs: `npx tsc -b && node packages/geo-worker/bench/run.mjs`.
 *
 * Times are the best of several rounds, in microseconds for one call. Build first: it measures dist/.
 */
import Flatbush from 'flatbush';
import KDBush from 'kdbush';
import RBush from 'rbush';
import { BoxIndex, DATA_CRS, GeoMessage, PlaceIndex, resolveCrs } from '../dist/index.js';

const ROUNDS = 7;
const ROUND_MS = 60;

/** Microseconds of one call of `work(i)`: the best round, each of at least ROUND_MS. */
function time(work) {
  let best = Number.POSITIVE_INFINITY;
  let i = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let calls = 0;
    let elapsed = 0;
    while (elapsed < ROUND_MS) {
      for (let batch = 0; batch < 50; batch++) work(i++);
      calls += 50;
      elapsed = performance.now() - start;
    }
    best = Math.min(best, (elapsed * 1000) / calls);
  }
  return best;
}

/** A repeatable source of numbers from 0 to 1 (mulberry32). */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const next = random(1);
/** Where the data is: Switzerland, roughly. */
const AREA = { west: 6, south: 45.8, width: 4.5, height: 2 };
const place = () => [AREA.west + next() * AREA.width, AREA.south + next() * AREA.height];

const shapes = {
  '2 % of the area': () => Math.sqrt(0.02),
  'small (1 % of the width)': () => 0.01,
  'city to world': () => 0.005 * 4 ** (next() * 7),
};

/** A flat scan written with care. */
function scan(items, envelope, exact, visit) {
  for (const item of items) if (meet(item, envelope) && exact(item)) visit(item);
}

function boxAround([x, y], size) {
  const [w, h] = [(AREA.width * size) / 2, (AREA.height * size) / 2];
  return { minX: x - w, minY: y - h, maxX: x + w, maxY: y + h };
}

function feature(geometry) {
  const properties = {
    line: 'S12',
    delay: 35,
    operator: 'Schweizerische Bundesbahnen',
    state: 'DRIVING',
    timestamp: 1763800000000,
  };
  return JSON.stringify({ type: 'Feature', id: 'vehicle-4711', properties, geometry });
}

function lineFrom([lon, lat], vertices) {
  const coordinates = [];
  for (let i = 0; i < vertices; i++) {
    coordinates.push([
      Number((lon + i * 0.0007 + next() * 0.0005).toFixed(7)),
      Number((lat + next() * 0.002).toFixed(7)),
    ]);
  }
  return { type: 'LineString', coordinates };
}

const point = () =>
  GeoMessage.parse(feature({ type: 'Point', coordinates: place().map((n) => Number(n.toFixed(7))) }));
const line = (vertices) => GeoMessage.parse(feature(lineFrom(place(), vertices)));

function envelopeOf(message) {
  const { type, coordinates } = message.value.geometry;
  const all = type === 'Point' ? [coordinates] : coordinates;
  const [xs, ys] = [all.map((c) => c[0]), all.map((c) => c[1])];
  return { minX: Math.min(...xs), minY: Math.min(...ys), maxX: Math.max(...xs), maxY: Math.max(...ys) };
}

const meet = (a, b) => a.minX <= b.maxX && a.maxX >= b.minX && a.minY <= b.maxY && a.maxY >= b.minY;

function row(cells) {
  console.log(cells.map((cell, i) => String(cell).padEnd(i === 0 ? 44 : 13)).join(''));
}

const us = (value) => value.toFixed(value < 10 ? 3 : 1);

function benchIndex(count, shape, size) {
  const boxes = Array.from({ length: count }, () => boxAround(place(), size()));
  const index = new BoxIndex(DATA_CRS);
  const tree = new RBush();
  const items = boxes.map(({ minX, minY, maxX, maxY }, member) => ({ minX, minY, maxX, maxY, member }));
  tree.load(items);
  for (const [member, box] of boxes.entries()) index.set(member, box);
  let visited = 0;
  const visit = () => visited++;
  for (const [kind, make] of [
    ['point', point],
    ['line of 20', () => line(20)],
  ]) {
    const messages = Array.from({ length: 256 }, make);
    const envelopes = messages.map(envelopeOf);
    for (const message of messages) message.placedIn(DATA_CRS);
    visited = 0;
    for (const message of messages) index.match(message, visit);
    const hits = visited / messages.length;
    const exact = (i, item) => kind === 'point' || messages[i & 255].intersects(item, DATA_CRS);
    row([
      `${count} boxes, ${shape}, ${kind}`,
      hits.toFixed(1),
      us(time((i) => index.match(messages[i & 255], visit))),
      us(
        time((i) => {
          for (const item of tree.search(envelopes[i & 255])) if (exact(i, item)) visit(item);
        }),
      ),
      us(time((i) => scan(items, envelopes[i & 255], (item) => exact(i, item), visit))),
    ]);
  }
  const pan = (box, dx) => ({
    ...box,
    minX: box.minX + dx * (box.maxX - box.minX),
    maxX: box.maxX + dx * (box.maxX - box.minX),
  });
  const current = items.map((item) => ({ ...item }));
  for (const item of current) tree.remove(items[item.member]).insert(item);
  row([
    `${count} boxes, ${shape}, replace (pan 5 %)`,
    '',
    us(time((i) => index.set(i % count, pan(boxes[i % count], ((i / count) & 7) * 0.05)))),
    us(
      time((i) => {
        const old = current[i % count];
        const moved = { ...pan(boxes[i % count], ((i / count) & 7) * 0.05), member: i % count };
        tree.remove(old).insert(moved);
        current[i % count] = moved;
      }),
    ),
    '',
  ]);
  row([
    `${count} boxes, ${shape}, replace (elsewhere)`,
    '',
    us(time((i) => index.set(i % count, boxAround(place(), size())))),
    us(
      time((i) => {
        const moved = { ...boxAround(place(), size()), member: i % count };
        tree.remove(current[i % count]).insert(moved);
        current[i % count] = moved;
      }),
    ),
    '',
  ]);
}

function benchMessages(crs) {
  const view = { crs, axisOrder: 'xy', precision: null };
  const box = { minX: -3e7, minY: -3e7, maxX: 3e7, maxY: 3e7 };
  for (const [kind, texts] of [
    ['point', Array.from({ length: 256 }, () => point().text)],
    ['line of 500', Array.from({ length: 32 }, () => line(500).text)],
    [
      'collection of 1000 points',
      [
        JSON.stringify({
          type: 'FeatureCollection',
          features: Array.from({ length: 1000 }, () => point().value),
        }),
      ],
    ],
  ]) {
    const text = (i) => texts[i % texts.length];
    row([
      `${kind} (${text(0).length} B) in ${crs.id}`,
      us(time((i) => JSON.parse(text(i)))),
      us(time((i) => GeoMessage.parse(text(i)))),
      us(time((i) => GeoMessage.parse(text(i)).render(view))),
      us(time((i) => GeoMessage.parse(text(i)).intersects(box, crs))),
    ]);
  }
}

/** Points that move one at a time, and are searched: what a live view needs. */
async function benchPlaces(count) {
  const positions = Array.from({ length: count }, place);
  const message = ([x, y]) => GeoMessage.at(x, y);
  const index = new PlaceIndex(() => null);
  await index.prepare(DATA_CRS, { crs: DATA_CRS, precision: null }, null);
  for (const [slot, at] of positions.entries()) index.set(slot, message(at));
  const items = positions.map(([x, y], slot) => ({ minX: x, minY: y, maxX: x, maxY: y, slot }));
  const tree = new RBush().load(items);
  const flat = () => {
    const built = new Flatbush(count);
    for (const [x, y] of positions) built.add(x, y, x, y);
    built.finish();
    return built;
  };
  const kd = () => {
    const built = new KDBush(count);
    for (const [x, y] of positions) built.add(x, y);
    return built.finish();
  };
  const moved = (i) => {
    const [x, y] = positions[i % count];
    positions[i % count] = [x + (next() - 0.5) / 1000, y + (next() - 0.5) / 1000];
    return positions[i % count];
  };
  row([
    `${count} points, one moves`,
    us(time((i) => index.set(i % count, message(moved(i))))),
    us(
      time((i) => {
        const [x, y] = moved(i);
        tree.remove(items[i % count]);
        items[i % count] = { minX: x, minY: y, maxX: x, maxY: y, slot: i % count };
        tree.insert(items[i % count]);
      }),
    ),
    `${us(time((i) => i % 50 === 0 && flat()) * 50)} (rebuilt)`,
    `${us(time((i) => i % 50 === 0 && kd()) * 50)} (rebuilt)`,
  ]);
  const [built, points] = [flat(), kd()];
  const sides = ({ minX, minY, maxX, maxY }) => [minX, minY, maxX, maxY];
  const box = () => boxAround(place(), 0.1);
  row([
    `${count} points, search in 1 %`,
    us(time(() => index.search(box(), DATA_CRS, { crs: DATA_CRS, precision: null }))),
    us(time(() => tree.search(box()))),
    us(time(() => built.search(...sides(box())))),
    us(time(() => points.range(...sides(box())))),
  ]);
}

row(['Feature index, µs', 'PlaceIndex', 'rbush', 'flatbush', 'kdbush']);
for (const count of [10_000, 100_000]) await benchPlaces(count);
console.log();
row(['Box index, µs', 'matches', 'BoxIndex', 'rbush', 'flat scan']);
for (const count of [1000, 10_000]) {
  for (const [shape, size] of Object.entries(shapes)) benchIndex(count, shape, size);
}
console.log();
row(['Messages, µs', 'JSON.parse', 'parse', '+ render', 'parse + box']);
for (const name of ['epsg:3857', 'epsg:2056', 'epsg:25832']) benchMessages(await resolveCrs(name));
