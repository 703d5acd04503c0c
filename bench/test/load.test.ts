import { clientFrame } from '@viaduct/testkit/frames';
import { describe, expect, it } from 'vitest';
import { faultOf } from '../src/load/content.js';
import { FrameError, FrameReader } from '../src/load/frames.js';
import { Histogram } from '../src/load/histogram.js';
import {
  MessageWriter,
  readDigits,
  SEQ_BASE,
  SEQ_DIGITS,
  SEQ_MARKER,
  type Shape,
  TIME_BASE,
} from '../src/load/message.js';
import { ReplyCounter } from '../src/load/resp.js';
import { AREA, BoxField, boxOf, contains, pointX, pointY } from '../src/load/world.js';

const SHAPES: readonly Shape[] = [
  { kind: 'point', bytes: 250 },
  { kind: 'point', bytes: 2048 },
  { kind: 'line', vertices: 500 },
  { kind: 'collection', bytes: 20_000 },
];

describe.each(SHAPES)('messages of shape $kind', (shape) => {
  const writer = new MessageWriter(shape);

  it('are GeoJSON of one length, with number, time and place', () => {
    for (const k of [0, 7, 99_999, 123_456_789]) {
      const text = writer.text(k, 5_000_000 + k);
      expect(text).toHaveLength(writer.length);
      const content = JSON.parse(text);
      const { properties, geometry } = shape.kind === 'collection' ? content.features[0] : content;
      expect(properties).toMatchObject({ seq: SEQ_BASE + k, t: TIME_BASE + 5_000_000 + k });
      const first = shape.kind === 'line' ? geometry.coordinates[0] : geometry.coordinates;
      expect(first).toEqual([pointX(k) / 1e6, pointY(k) / 1e6]);
      if (shape.kind === 'line') expect(geometry.coordinates).toHaveLength(shape.vertices);
      else if (shape.kind === 'point') expect(text).toHaveLength(shape.bytes);
      else expect(text.length).toBeGreaterThan(shape.bytes);
    }
  });

  it('have their number right after the marker', () => {
    const bytes = Buffer.from(writer.text(4711, 1));
    const at = bytes.indexOf(SEQ_MARKER) + SEQ_MARKER.length;
    expect(readDigits(bytes, at, SEQ_DIGITS)).toBe(SEQ_BASE + 4711);
  });
});

describe('the inspection of contents', () => {
  const content = JSON.parse(new MessageWriter({ kind: 'point', bytes: 250 }).text(42, 1));
  const envelope = { source: 'bench_0000', content, timestamp: 1, client_reference: null };

  it('accepts a correct envelope, alone, as an event and in a list', () => {
    expect(faultOf(JSON.stringify(envelope), 42, 'epsg:4326')).toBeNull();
    expect(faultOf(`42${JSON.stringify(['message', envelope])}`, 42, 'epsg:4326')).toBeNull();
    expect(faultOf(`42${JSON.stringify(['messages', [envelope]])}`, 42, 'epsg:4326')).toBeNull();
  });

  it('finds a wrong place, a wrong number and a missing timestamp', () => {
    expect(faultOf(JSON.stringify(envelope), 42, 'epsg:3857')).toContain('not where it was published');
    expect(faultOf(JSON.stringify(envelope), 42, 'epsg:2056')).toContain('not where it was published');
    expect(faultOf(JSON.stringify(envelope), 43, 'epsg:4326')).toContain('not in an envelope');
    expect(faultOf(JSON.stringify({ ...envelope, timestamp: null }), 42, 'epsg:4326')).toContain('timestamp');
  });
});

describe('frames', () => {
  /** A frame as a server sends it. */
  function serverFrame(payload: Buffer): Buffer {
    const { length } = payload;
    if (length < 126) return Buffer.concat([Buffer.from([0x81, length]), payload]);
    const header = Buffer.alloc(length < 65_536 ? 4 : 10);
    header[0] = 0x81;
    header[1] = length < 65_536 ? 126 : 127;
    if (length < 65_536) header.writeUInt16BE(length, 2);
    else header.writeBigUInt64BE(BigInt(length), 2);
    return Buffer.concat([header, payload]);
  }

  const payloads = [0, 1, 125, 126, 300, 65_535, 65_536, 70_000, 3].map((n) => Buffer.alloc(n, n % 251));
  const stream = Buffer.concat(payloads.map(serverFrame));

  it.each([1, 2, 3, 7, 100, 4096, 65_536, 1_000_000])('are read from chunks of %i bytes', (size) => {
    const seen: Buffer[] = [];
    const reader = new FrameReader((_first, bytes, start, length) => {
      seen.push(Buffer.from(bytes.subarray(start, start + length)));
    });
    // The same memory for every chunk, as the receiver has it.
    const memory = Buffer.alloc(size);
    for (let at = 0; at < stream.length; at += size) {
      const length = stream.copy(memory, 0, at, at + size);
      reader.feed(memory, 0, length);
    }
    expect(seen.map(({ length }) => length)).toEqual(payloads.map(({ length }) => length));
    expect(Buffer.concat(seen).equals(Buffer.concat(payloads))).toBe(true);
  });

  it('are refused if a server must not send them', () => {
    const reader = new FrameReader(() => undefined);
    const masked = clientFrame('PING');
    expect(() => reader.feed(masked, 0, masked.length)).toThrow(FrameError);
    const fragment = Buffer.from([0x01, 0x01, 0x61]);
    expect(() => new FrameReader(() => undefined).feed(fragment, 0, 3)).toThrow('fragmented');
  });
});

describe('the histogram', () => {
  it('gives percentiles to within 2 %', () => {
    const histogram = new Histogram();
    for (let us = 1; us <= 100_000; us++) histogram.add(us);
    for (const share of [0.01, 0.5, 0.99]) {
      const ms = histogram.percentileMs(share) ?? 0;
      expect(Math.abs(ms / (share * 100) - 1)).toBeLessThan(0.02);
    }
    expect(histogram.maxMs).toBe(100);
  });

  it('gives null if nothing was counted, and the sum if two are merged', () => {
    expect(new Histogram().percentileMs(0.5)).toBeNull();
    const [a, b] = [new Histogram(), new Histogram()];
    a.add(-5);
    b.add(7_000_000);
    a.merge(b.toData());
    expect([a.count, a.percentileMs(0.5), a.maxMs]).toEqual([2, 0, 7000]);
    expect(Math.abs((a.percentileMs(1) ?? 0) / 7000 - 1)).toBeLessThan(0.02);
  });
});

describe('boxes', () => {
  it('are within the area, cover their share, and move a little with each step', () => {
    const boxes = Array.from({ length: 200 }, (_, i) => boxOf(i, 0.02));
    const field = new BoxField(boxes);
    let hits = 0;
    for (let k = 0; k < 5000; k++) {
      const [x, y] = [pointX(k), pointY(k)];
      const expected = boxes.filter((box) => contains(box, x, y)).length;
      expect(field.count(x, y)).toBe(expected);
      hits += expected;
    }
    expect(hits / 5000 / 200).toBeCloseTo(0.02, 3);
    for (let step = 0; step < 10; step++) {
      const [from, to] = [boxOf(3, 0.02, step), boxOf(3, 0.02, step + 1)];
      expect(Math.abs(to.left - from.left)).toBeLessThanOrEqual((to.right - to.left) / 2 + 1);
      expect(to.left).toBeGreaterThan(AREA.left - 1);
      expect(to.top).toBeLessThan(AREA.top + 1);
    }
  });
});

describe('replies of Redis', () => {
  it('are counted across chunk borders, and the first error is kept', () => {
    const counter = new ReplyCounter();
    for (const byte of ':1\r\n:0\r\n-ERR no\r\n+OK\r\n') counter.feed(Buffer.from(byte));
    expect([counter.replies, counter.error]).toEqual([4, '-ERR no']);
  });
});
