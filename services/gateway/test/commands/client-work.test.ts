import { setImmediate as nextRound } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ClientWork } from '../../src/commands/client-work.js';
import { Flusher } from '../../src/delivery/flusher.js';
import type { Claimant } from '../../src/state/fair-queue.js';
import { createClientWork } from '../support/work.js';

/** More than a round allows, in ms. */
const LONG = 1000;

function session(network: string): Claimant & { ended: boolean } {
  return { network, ended: false };
}

/** Turns whose time is spent, and a function that lets a session run a command of some length in its turn. */
function spentTurns() {
  const clientWork = createClientWork();
  clientWork.charge(LONG);
  const order: Claimant[] = [];
  const run = async (claimant: Claimant, ms: number): Promise<void> => {
    await clientWork.turn(claimant);
    order.push(claimant);
    clientWork.charge(ms);
  };
  return { clientWork, order, run };
}

test('a command runs at once until commands have used the time of a round, and again in the next round', async () => {
  const clientWork = createClientWork();
  expect(clientWork.turn(session('a'))).toBeUndefined();
  clientWork.charge(LONG);
  expect(clientWork.turn(session('a'))).toBeDefined();
  await nextRound();
  await nextRound();
  expect(clientWork.turn(session('a'))).toBeUndefined();
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
  const clientWork = new ClientWork(() => flusher.flushGathered());
  clientWork.charge(LONG);
  const turn = clientWork.turn(session('a'))?.then(() => order.push('command'));
  flusher.soon({ flush: () => order.push('flush') });
  await turn;
  expect(order).toEqual(['flush', 'command']);
});

test('what a turn causes to be written belongs to it: if that takes long, other work of the event loop runs next', async () => {
  const flusher = new Flusher((error) => {
    throw error;
  });
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  let now = 0;
  const passes = (ms: number): void => {
    now += ms;
    clock.mockReturnValue(now);
  };
  const written: number[] = [];
  const clientWork = new ClientWork(() => flusher.flushGathered());
  clientWork.charge(LONG);
  const answers = [1, 2, 3].map(async (answer) => {
    await clientWork.turn(session('a'));
    const flush = (): void => {
      passes(LONG);
      written.push(answer);
    };
    flusher.soon({ flush });
  });
  for (let round = 1; written.length < answers.length; round++) {
    await nextRound();
    expect(written.length).toBeLessThanOrEqual(round);
  }
  await Promise.all(answers);
  expect(written).toEqual([1, 2, 3]);
});

test('a session that has ended does not keep its turn, and waits no longer', async () => {
  const { clientWork, order, run } = spentTurns();
  const [gone, other] = [session('a'), session('a')];
  const left = clientWork.turn(gone);
  gone.ended = true;
  await Promise.all([left, run(other, 0)]);
  expect(order).toEqual([other]);
});

test('what is measured counts as a command, with all that follows without waiting', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const clientWork = createClientWork();
  clientWork.measure();
  await Promise.resolve();
  await Promise.resolve();
  expect(clientWork.turn(session('a'))).toBeUndefined();
  clock.mockReturnValue(LONG);
  expect(clientWork.turn(session('a'))).toBeDefined();
  await new Promise(process.nextTick);
  expect(clientWork.turn(session('a'))).toBeDefined();
  await nextRound();
  await nextRound();
  expect(clientWork.turn(session('a'))).toBeUndefined();
});
