import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Flusher } from '../../src/delivery/flusher.js';
import { LongWork } from '../../src/state/long-work.js';
import { createLongWork } from '../support/work.js';

/** Counts the rounds of the event loop. */
class Rounds {
  count = 0;
  #timer: NodeJS.Immediate = setImmediate(() => this.#next());

  #next(): void {
    this.count++;
    this.#timer = setImmediate(() => this.#next());
  }

  stop(): void {
    clearImmediate(this.#timer);
  }
}

let rounds: Rounds;

beforeEach(() => {
  rounds = new Rounds();
});

afterEach(() => {
  rounds.stop();
  vi.useRealTimers();
});

test('turns follow the order of requests, and each long turn takes its own round of the event loop', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const longWork = createLongWork();
  const got: [name: string, round: number][] = [];
  const work = async (name: string): Promise<void> => {
    await longWork.turn();
    got.push([name, rounds.count]);
    vi.advanceTimersByTime(5);
  };
  await Promise.all(['a', 'b', 'c', 'd'].map(work));
  expect(got.map(([name]) => name)).toEqual(['a', 'b', 'c', 'd']);
  expect(new Set(got.map(([, round]) => round)).size).toBe(4);
});

test('short turns share a round until 2 ms have passed', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const longWork = createLongWork();
  const got: number[] = [];
  const work = async (): Promise<void> => {
    await longWork.turn();
    got.push(rounds.count);
    vi.advanceTimersByTime(1);
  };
  await Promise.all(Array.from({ length: 12 }, work));
  const [first = 0] = got;
  expect(got.map((round) => round - first)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
});

test('what a round has gathered for sessions leaves when it is over, before the event loop waits for I/O', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const got: [what: string, round: number][] = [];
  const longWork = new LongWork(() => got.push(['flush', rounds.count]));
  const work = async (): Promise<void> => {
    await longWork.turn();
    got.push(['work', rounds.count]);
    vi.advanceTimersByTime(5);
  };
  await Promise.all([work(), work()]);
  const [first] = got.filter(([what]) => what === 'work');
  const after = got.slice(got.findIndex(([what]) => what === 'work') + 1);
  expect(after[0]).toEqual(['flush', first?.[1]]);
});

test('long pieces of work alternate, and neither ends before the other has begun', async () => {
  const longWork = createLongWork();
  const slices: string[] = [];
  const work = async (name: string): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await longWork.turn();
      slices.push(name);
    }
  };
  await Promise.all([work('a'), work('b')]);
  expect(slices.join('')).toBe('ababababab');
});

test('a turn never begins in the round of its request', async () => {
  const longWork = createLongWork();
  let given = false;
  const turn = longWork.turn().then(() => {
    given = true;
  });
  await Promise.resolve();
  expect(given).toBe(false);
  await turn;
  expect(given).toBe(true);
});

test('the first turn of a round ends 2 ms after it began, even if it had to wait long', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const longWork = createLongWork();
  const first = longWork.turn();
  vi.advanceTimersByTime(100);
  expect(await first).toBe(performance.now() + 2);
});

test('a later turn ends with its round, but has at least 1 ms', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const longWork = createLongWork();
  const left: number[] = [];
  const work = async (ms: number): Promise<void> => {
    const ends = await longWork.turn();
    left.push(ends - performance.now());
    vi.advanceTimersByTime(ms);
  };
  await Promise.all([work(0.5), work(1), work(1)]);
  expect(left).toEqual([2, 1.5, 1]);
});

test('what has been gathered for sessions leaves before a round of long work begins', async () => {
  const order: string[] = [];
  const flusher = new Flusher((error) => {
    throw error;
  });
  const longWork = new LongWork(() => flusher.flushGathered());
  const turn = longWork.turn().then(() => order.push('long work'));
  flusher.soon({ flush: () => order.push('flush') });
  await turn;
  await new Promise(setImmediate);
  expect(order).toEqual(['flush', 'long work']);
});

test('the long work of many sessions of one network delays that of another by at most one turn', async () => {
  const longWork = createLongWork();
  const order: string[] = [];
  const work = async (network: string): Promise<void> => {
    const session = { network, ended: false };
    await longWork.turn(session);
    order.push(network);
  };
  await Promise.all([...Array.from({ length: 100 }, () => work('crowd')), work('alone')]);
  expect(order.indexOf('alone')).toBeLessThanOrEqual(1);
  expect(order.length).toBe(101);
});

test('the work of a session that has ended waits no longer, and takes no turn of another', async () => {
  const longWork = createLongWork();
  const gone = { network: 'a', ended: false };
  const left = longWork.turn(gone);
  gone.ended = true;
  await Promise.all([left, longWork.turn({ network: 'a', ended: false })]);
});

test('short work of one network is done before the next slice of the long work of many others', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const longWork = createLongWork();
  const order: string[] = [];
  let busy = true;
  const keepBusy = async (network: string): Promise<void> => {
    while (busy) {
      await longWork.turn({ network, ended: false });
      order.push(network);
      vi.advanceTimersByTime(5);
    }
  };
  const crowd = Array.from({ length: 50 }, (_, i) => keepBusy(`crowd ${i}`));
  while (order.length < 100) await new Promise(setImmediate);
  for (let i = 0; i < 5; i++) {
    const before = order.length;
    await longWork.turn({ network: 'alone', ended: false });
    expect(order.length - before).toBeLessThanOrEqual(1);
    vi.advanceTimersByTime(1);
  }
  busy = false;
  await Promise.all(crowd);
});

test('a turn that was paused for long delays later ones of its network by at most a few turns of others', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const longWork = createLongWork();
  const order: string[] = [];
  let busy = true;
  const work = async (network: string, ms: number): Promise<void> => {
    await longWork.turn({ network, ended: false });
    order.push(network);
    vi.advanceTimersByTime(ms);
  };
  const keepBusy = async (network: string): Promise<void> => {
    while (busy) await work(network, 5);
  };
  const crowd = Array.from({ length: 10 }, (_, i) => keepBusy(`crowd ${i}`));
  await work('paused', 20_000);
  const before = order.length;
  await work('paused', 1);
  expect(order.length - before).toBeLessThanOrEqual(10 * 5);
  busy = false;
  await Promise.all(crowd);
});
