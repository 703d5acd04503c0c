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
