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
  let give = (): void => {};
  const held = new Promise<void>((resolve) => {
    give = resolve;
  });
  const isAwaited = vi.spyOn(FairRounds.prototype, 'isAwaited', 'get').mockReturnValue(true);
  let waiting = 0;
  const turn = vi.spyOn(FairRounds.prototype, 'turn').mockImplementation(() => {
    waiting++;
    return held;
  });
  const end = (): void => {
    isAwaited.mockRestore();
    turn.mockRestore();
  };
  onTestFinished(end);
  return {
    waiting: () => waiting,
    end,
    release: () => {
      end();
      give();
    },
  };
}
