import { vi } from 'vitest';
import type { CommandTurns } from '../../src/commands/command-turns.js';

/** Keeps all clients waiting for their turn until the returned function is called. */
export function holdTurns(turns: CommandTurns): () => void {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const mustWait = vi.spyOn(turns, 'mustWait', 'get').mockReturnValue(true);
  const next = vi.spyOn(turns, 'next').mockReturnValue(held);
  return () => {
    mustWait.mockRestore();
    next.mockRestore();
    release();
  };
}
