import { expect, test } from 'vitest';
import { FairQueue } from '../../src/state/fair-queue.js';
import { readerFrom } from '../support/read-harness.js';

function queueOf() {
  const abandoned: string[] = [];
  const queue = new FairQueue<string>((item) => abandoned.push(item));
  const rest = (): string[] => {
    const taken: string[] = [];
    for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
    return taken;
  };
  return { queue, abandoned, rest };
}

test('networks take turns, and so do the sessions of one network, each in its own order', () => {
  const { queue, rest } = queueOf();
  const [greedy, neighbour, other] = [readerFrom('a'), readerFrom('a'), readerFrom('b')];
  for (const i of [1, 2, 3, 4]) queue.add(`greedy ${i}`, greedy);
  queue.add('neighbour 1', neighbour);
  for (const i of [1, 2]) queue.add(`other ${i}`, other);
  expect(queue.size).toBe(7);
  const order = ['greedy 1', 'other 1', 'neighbour 1', 'other 2', 'greedy 2', 'greedy 3', 'greedy 4'];
  expect(rest()).toEqual(order);
  expect(queue.size).toBe(0);
});

test('an item is due with the first of its claimants, and is taken once', () => {
  const { queue, rest } = queueOf();
  const [greedy, other] = [readerFrom('a'), readerFrom('b')];
  for (const i of [1, 2, 3]) queue.add(`greedy ${i}`, greedy);
  queue.add('greedy 3', other);
  expect(rest()).toEqual(['greedy 1', 'greedy 3', 'greedy 2']);
});

test('items of sessions that have ended are given up, unless another session wants them', () => {
  const { queue, abandoned, rest } = queueOf();
  const [gone, present] = [readerFrom('a'), readerFrom('b')];
  for (const item of ['alone', 'shared']) queue.add(item, gone);
  queue.add('shared', present);
  gone.ended = true;
  expect(rest()).toEqual(['shared']);
  expect(abandoned).toEqual(['alone']);
});

test('a network that wants little comes before those that have had much, each time', () => {
  const { queue } = queueOf();
  const greedy = ['a', 'b', 'c'].map((network) => readerFrom(network));
  const modest = readerFrom('modest');
  for (const reader of greedy) for (const i of [1, 2, 3]) queue.add(`${reader.network} ${i}`, reader);
  const taken = [queue.take(), queue.take(5), queue.take(5), queue.take(5)];
  expect(taken).toEqual(['a 1', 'b 1', 'c 1', 'a 2']);
  for (const i of [1, 2, 3]) {
    queue.add(`modest ${i}`, modest);
    // First the cost of the greedy item before it, then that of its own last item.
    expect(queue.take(i === 1 ? 5 : 1)).toBe(`modest ${i}`);
  }
  expect(queue.take(1)).toBe('b 2');
});

test('an idle network saves up nothing', () => {
  const { queue } = queueOf();
  const [busy, idle] = [readerFrom('busy'), readerFrom('idle')];
  queue.add('idle 0', idle);
  expect(queue.take()).toBe('idle 0');
  for (let i = 1; i <= 20; i++) {
    queue.add(`busy ${i}`, busy);
    expect(queue.take(i === 1 ? 1 : 5)).toBe(`busy ${i}`);
    queue.add(`busy again ${i}`, busy);
    expect(queue.take(5)).toBe(`busy again ${i}`);
  }
  for (const i of [1, 2, 3]) queue.add(`busy last ${i}`, busy);
  for (const i of [1, 2, 3]) queue.add(`idle ${i}`, idle);
  const order = Array.from({ length: 6 }, () => queue.take(5));
  expect(order).toEqual(['idle 1', 'busy last 1', 'idle 2', 'busy last 2', 'idle 3', 'busy last 3']);
});

test('a steady stream of new networks does not keep a known one waiting', () => {
  const { queue } = queueOf();
  const known = readerFrom('known');
  queue.add('known 0', known);
  expect(queue.take()).toBe('known 0');
  queue.add('known 1', known);
  queue.add('new 0', readerFrom('new 0'));
  let taken = queue.take(5);
  let turns = 0;
  while (taken !== 'known 1' && turns < 100) {
    turns++;
    queue.add(`new ${turns}`, readerFrom(`new ${turns}`));
    taken = queue.take(5);
  }
  expect(turns).toBeGreaterThan(0);
  expect(turns).toBeLessThan(10);
});
