import { fc } from '@viaduct/testkit/properties';
import { expect, test } from 'vitest';
import { Slab } from '../../../src/transports/websocket/slab.js';

test('every piece has the requested length, and no two share a byte', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 40 }), (lengths) => {
      const slab = new Slab();
      const pieces = lengths.map((length) => slab.take(length));
      expect(pieces.map((piece) => piece.length)).toEqual(lengths);
      for (const [i, piece] of pieces.entries()) piece.fill(i);
      for (const [i, piece] of pieces.entries()) expect(piece.every((byte) => byte === i)).toBe(true);
    }),
  );
});

test('small pieces share memory, large ones have their own', () => {
  const slab = new Slab();
  expect(slab.take(100).buffer).toBe(slab.take(100).buffer);
  expect(slab.take(20_000).buffer.byteLength).toBe(20_000);
});
