import { createRequire } from 'node:module';
import type { Writable } from 'node:stream';
import { fc } from '@viaduct/testkit/properties';
import { expect, test } from 'vitest';
import { textFrame } from '../../../src/transports/websocket/frames.js';

/** The frame parser of `ws`, which has no type declaration. It shows how a client reads the bytes. */
const { Receiver } = createRequire(import.meta.url)('ws') as {
  Receiver: new (options: { isServer: boolean }) => Writable;
};

/** Texts of the frames in `bytes`; throws if a client would fail the connection. */
function read(bytes: Buffer): string[] {
  const receiver = new Receiver({ isServer: false });
  const texts: string[] = [];
  let failure: Error | null = null;
  receiver.on('message', (data: Buffer, isBinary: boolean) => {
    texts.push(isBinary ? '(binary)' : data.toString());
  });
  receiver.on('error', (error) => {
    failure = error;
  });
  receiver.write(bytes);
  if (failure !== null) throw failure;
  return texts;
}

test.each([
  [0, 2],
  [1, 2],
  [125, 2],
  [126, 4],
  [65_535, 4],
  [65_536, 10],
  [300_000, 10],
])('a payload of %i bytes has a header of %i', (length, header) => {
  const payload = 'x'.repeat(length);
  const frame = textFrame(payload);
  expect(frame).toHaveLength(header + length);
  expect(read(frame)).toEqual([payload]);
});

test('the length counts bytes, not characters', () => {
  const payload = '\u00fc\u{1F68B}'.repeat(11_000);
  expect(payload.length).toBe(33_000);
  const frame = textFrame(payload);
  expect(frame).toHaveLength(10 + 66_000);
  expect(read(frame)).toEqual([payload]);
});

test('half of a surrogate pair becomes the replacement character, so that the frame stays valid', () => {
  expect(read(textFrame('a\ud83db'))).toEqual(['a\ufffdb']);
});

test('consecutive frames are read separately', () => {
  const payload = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.integer({ min: 65_500, max: 65_600 }).map((length) => 'x'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(payload, { maxLength: 8 }), (payloads) => {
      expect(read(Buffer.concat(payloads.map((each) => textFrame(each))))).toEqual(payloads);
    }),
  );
});
