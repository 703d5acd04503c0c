import { expect, test } from 'vitest';
import { Portions } from '../../../src/sources/redis/portions.js';

/** Portions of several reads on one connection, each of which takes an iteration of the event loop. */
class Connection {
  readonly portions = new Portions();
  /** The names of the reads, in the order in which they had their portions. */
  readonly order: string[] = [];

  /** A read that asks for portions of this many bytes. */
  read(name: string, bytes: number): { had: number; next(): Promise<void> } {
    const readPortion = this.portions.turn(() => true);
    const portion = async (): Promise<void> => {
      this.order.push(name);
      await new Promise((resolve) => setImmediate(resolve));
      read.had += bytes;
    };
    const read = { had: 0, next: () => readPortion(portion, read.had) };
    return read;
  }
}

test('of the reads that wait, the one that has received least goes first', async () => {
  const connection = new Connection();
  const long = ['a', 'b', 'c'].map((name) => connection.read(name, 256_000));
  for (const read of long) await read.next();
  const small = connection.read('small', 1000);
  await small.next();
  await Promise.all([...long, small].map((read) => read.next()));
  expect(connection.order).toEqual(['a', 'b', 'c', 'small', 'a', 'small', 'b', 'c']);
});

test('reads that have received equally much take turns', async () => {
  const connection = new Connection();
  const reads = ['a', 'b', 'c'].map((name) => connection.read(name, 1000));
  await Promise.all(
    reads.map(async (read) => {
      for (let i = 0; i < 3; i++) await read.next();
    }),
  );
  expect(connection.order.join('')).toBe('abcabcabc');
});

test('a long read continues although new reads never cease', async () => {
  const connection = new Connection();
  const long = connection.read('long', 100_000);
  await long.next();
  let [ended, others] = [false, 0];
  // Two at a time, so that one of them always waits.
  const newcomers = Array.from({ length: 2 }, async () => {
    while (!ended && others < 10_000) {
      const read = connection.read('new', 1000);
      for (let i = 0; i < 3; i++) await read.next();
      others++;
    }
  });
  await long.next();
  ended = true;
  await Promise.all(newcomers);
  // Eight times the 100,000 bytes that it had received are about 270 reads of 3,000 bytes.
  expect(others).toBeGreaterThan(200);
  expect(others).toBeLessThan(500);
});

test('a portion that fails, or comes too late, ends only its own read', async () => {
  const { portions } = new Connection();
  let goesOn = true;
  const early = portions.turn(() => goesOn);
  const other = portions.turn(() => true);
  const failing = other(() => Promise.reject(new Error('failed')), 0);
  const late = early(() => Promise.resolve('late'), 0);
  const next = other(() => Promise.resolve('next'), 0);
  goesOn = false;
  await expect(failing).rejects.toThrow('failed');
  await expect(late).rejects.toMatchObject({ code: 'source_unavailable' });
  expect(await next).toBe('next');
});
