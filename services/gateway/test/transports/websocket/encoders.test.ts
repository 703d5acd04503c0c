import { constants, inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { HEADROOM, OutMessage } from '../../../src/delivery/messages.js';
import { FrameEncoders } from '../../../src/transports/websocket/encoders.js';
import { textFrame } from '../../../src/transports/websocket/frames.js';

const LONG = JSON.stringify('x'.repeat(1000));

function message(json: string): OutMessage {
  return new OutMessage(json, 0);
}

/** The same message, with its envelope already in UTF-8. */
function ready(json: string): { message: OutMessage; memory: ArrayBuffer } {
  const utf8 = new Uint8Array(HEADROOM + Buffer.byteLength(json));
  utf8.set(Buffer.from(json), HEADROOM);
  return { message: new OutMessage(utf8, 0), memory: utf8.buffer };
}

test('a queue becomes the frames of its messages, whether they are text or UTF-8 bytes', () => {
  const encoder = new FrameEncoders(null).get(0);
  const texts = ['"a"', LONG, JSON.stringify('\u00fc'.repeat(40_000)), '"b"'];
  const frames = Buffer.concat(texts.map((text) => textFrame(text)));
  for (const make of [message, (text: string) => ready(text).message]) {
    const [first, ...rest] = texts.map(make);
    const queue = rest.reduce((growing, each) => growing.append(each), (first ?? message('')).head);
    expect(queue.encodedBy(encoder).equals(frames)).toBe(true);
  }
});

test('UTF-8 bytes are framed in place, without a copy', () => {
  const { message: one, memory } = ready(LONG);
  const frame = one.head.encodedBy(new FrameEncoders(null).get(0));
  expect(frame.equals(textFrame(LONG))).toBe(true);
  expect(frame.buffer).toBe(memory);
  expect(one.json).toBe(LONG);
});

test('all queues share one frame of a message, and one compressed frame', () => {
  const one = message(LONG);
  const plain = new FrameEncoders(null).get(0);
  const deflated = new FrameEncoders({ minBytes: 0, level: 1 }).get(0);
  const frame = one.head.encodedBy(plain);
  const compressed = one.head.encodedBy(deflated);
  expect(one.head.encodedBy(plain)).toBe(frame);
  expect(one.head.encodedBy(deflated)).toBe(compressed);
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  expect(inflateRawSync(compressed.subarray(2), options).toString()).toBe(LONG);
  const queue = message('"before"').head.append(one);
  expect(queue.encodedBy(deflated).subarray(-compressed.length).equals(compressed)).toBe(true);
});

test('a client with buffers gets frames of buffer envelopes', () => {
  const encoders = new FrameEncoders(null);
  const queue = message('"a"').head.append(message('"b"')).append(message('"c"'));
  const text = queue.encodedBy(encoders.get(2)).toString();
  expect(text).toContain('"content":["a","b"]');
  expect(text).toContain('"content":["c"]');
  expect(encoders.get(2)).toBe(encoders.get(2));
});
