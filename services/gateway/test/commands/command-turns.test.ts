import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { CommandTurns } from '../../src/commands/command-turns.js';
import { Flusher } from '../../src/delivery/flusher.js';
import type { Claimant } from '../../src/state/fair-queue.js';

/** More than a round allows, in ms. */
const LONG = 1000;

function session(network: string): Claimant & { ended: boolean } {
  return { network, ended: false };
}

/** Turns whose time is spent, and a function that lets a session run a command of some length in its turn. */
function spentTurns() {
  const turns = new CommandTurns();
  turns.charge(LONG);
  const order: Claimant[] = [];
  const run = async (claimant: Claimant, ms: number): Promise<void> => {
    await turns.next(claimant);
    order.push(claimant);
    turns.charge(ms);
  };
  return { turns, order, run };
}

test('a command runs at once until commands have used the time of a round, and again in the next round', async () => {
  const turns = new CommandTurns();
  expect(turns.mustWait).toBe(false);
  turns.charge(LONG);
  expect(turns.mustWait).toBe(true);
  await nextRound();
  await nextRound();
  expect(turns.mustWait).toBe(false);
});

test('a thousand commands of one network delay a command of another by at most one of them', async () => {
  const { order, run } = spentTurns();
  const [flooding, other] = [[session('a'), session('a')] as const, session('b')];
  const flood = Array.from({ length: 1000 }, (_, i) => run(flooding[i % 2] ?? other, 0));
  await Promise.all([...flood, run(other, 0)]);
  expect(order.indexOf(other)).toBeLessThanOrEqual(1);
  expect(order.length).toBe(1001);
});

test('other work of the event loop runs between two commands that take long', async () => {
  const { order, run } = spentTurns();
  const commands = Promise.all(Array.from({ length: 10 }, () => run(session('a'), LONG)));
  for (let round = 1; order.length < 10; round++) {
    expect(order.length).toBeLessThanOrEqual(round);
    await nextRound();
  }
  await commands;
});

test('what has been gathered for sessions leaves before a round of commands begins', async () => {
  const order: string[] = [];
  const flusher = new Flusher((error) => {
    throw error;
  });
  const turns = new CommandTurns(() => flusher.flushGathered());
  turns.charge(LONG);
  const turn = turns.next(session('a')).then(() => order.push('command'));
  flusher.soon({ flush: () => order.push('flush') });
  await turn;
  expect(order).toEqual(['flush', 'command']);
});

test('a session that has ended does not keep its turn, and waits no longer', async () => {
  const { turns, order, run } = spentTurns();
  const [gone, other] = [session('a'), session('a')];
  const left = turns.next(gone);
  gone.ended = true;
  await Promise.all([left, run(other, 0)]);
  expect(order).toEqual([other]);
});

test('what is measured counts as a command, with all that follows without waiting', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const turns = new CommandTurns();
  turns.measure();
  await Promise.resolve();
  await Promise.resolve();
  expect(turns.mustWait).toBe(false);
  clock.mockReturnValue(LONG);
  expect(turns.mustWait).toBe(true);
  await new Promise(process.nextTick);
  expect(turns.mustWait).toBe(true);
  await nextRound();
  await nextRound();
  expect(turns.mustWait).toBe(false);
});
