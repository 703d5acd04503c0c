import { describe, expect, test } from 'vitest';
import { lossAfter, type StreamState } from '../../src/sources/streams.js';

/** Ten entries, 1-0 to 10-0, as Redis 7.0 and newer describes them, with changes. */
function state(changes: Partial<StreamState> = {}): StreamState {
  return { length: 10, lastId: '10-0', firstId: '1-0', added: 10, deletedId: '0-0', ...changes };
}

const before7 = { added: null, deletedId: null };

describe('entries after an id', () => {
  test.each<[what: string, stream: StreamState | null, id: string, loss: string | null]>([
    ['no stream', null, '0-0', 'unknown_id'],
    ['all there, from the start', state(), '0-0', null],
    ['all there', state(), '1-0', null],
    ['all there, an id between two', state(), '3-7', null],
    ['none after the last', state(), '10-0', null],
    ['an id that comes later', state(), '10-1', 'unknown_id'],
    ['ids are numbers, not text', state({ lastId: '100-0' }), '99-0', null],
    ['trimmed before the id', state({ length: 6, firstId: '5-0' }), '5-0', null],
    ['trimmed before the id, an id between two', state({ length: 6, firstId: '5-0' }), '5-1', null],
    [
      'trimmed up to the id, which looks the same as beyond it',
      state({ length: 5, firstId: '6-0' }),
      '5-0',
      'trimmed',
    ],
    ['trimmed beyond the id', state({ length: 2, firstId: '9-0' }), '5-0', 'trimmed'],
    ['trimmed, from the start', state({ length: 2, firstId: '9-0' }), '0-0', 'trimmed'],
    ['trimmed empty', state({ length: 0, firstId: null }), '5-0', 'trimmed'],
    ['trimmed empty, none after the last', state({ length: 0, firstId: null }), '10-0', null],
    ['created empty', state({ length: 0, lastId: '0-0', firstId: null, added: 0 }), '0-0', null],
    ['one after the id removed by XDEL', state({ length: 9, deletedId: '7-0' }), '5-0', 'trimmed'],
    ['one before the id removed by XDEL', state({ length: 9, deletedId: '4-0' }), '5-0', null],
    ['the id itself removed', state({ length: 9, deletedId: '5-0' }), '5-0', null],
    ['before 7.0: all there', state(before7), '1-0', null],
    ['before 7.0: from the start, which is unknown', state(before7), '0-0', 'trimmed'],
    ['before 7.0: trimmed beyond the id', state({ ...before7, length: 2, firstId: '9-0' }), '5-0', 'trimmed'],
    ['before 7.0: none after the last', state({ ...before7, length: 0, firstId: null }), '10-0', null],
  ])('are known to be complete or not: %s', (_what, stream, id, loss) => {
    expect(lossAfter(stream, id)).toBe(loss);
  });
});
