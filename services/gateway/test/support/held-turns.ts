import { setImmediate } from 'node:timers/promises';
import { onTestFinished, vi } from 'vitest';
import { FairRounds } from '../../src/state/fair-rounds.js';

/** Clients that have to wait for their turn. */
export interface HeldTurns {
  /** How many wait. */
  waiting(): number;
  /** Lets later clients have their turns, while those before still wait. */
  end(): void;
  /** Lets all clients have their turns. */
  release(): void;
}

/** Keeps all clients waiting for their turn. */
export function holdTurns(): HeldTurns {
  const waiting: (() => void)[] = [];
  const isAwaited = vi.spyOn(FairRounds.prototype, 'isAwaited', 'get').mockReturnValue(true);
  const turn = vi
    .spyOn(FairRounds.prototype, 'turn')
    .mockImplementation(() => new Promise((resolve) => waiting.push(resolve)));
  const end = (): void => {
    isAwaited.mockRestore();
    turn.mockRestore();
  };
  onTestFinished(end);
  return {
    waiting: () => waiting.length,
    end,
    release: () => {
      end();
      void giveTurns(waiting);
    },
  };
}

/** One after the other: a turn lasts as long as the microtasks that follow. */
async function giveTurns(waiting: Iterable<() => void>): Promise<void> {
  for (const give of waiting) {
    give();
    await setImmediate();
  }
}
