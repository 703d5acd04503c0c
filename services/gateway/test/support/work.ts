import { ClientWork } from '../../src/commands/client-work.js';
import { LongWork } from '../../src/state/long-work.js';

/** The flush of a test in which no messages are gathered for sessions. */
const NOTHING_GATHERED = (): void => {};

export function createLongWork(): LongWork {
  return new LongWork(NOTHING_GATHERED);
}

export function createClientWork(): ClientWork {
  return new ClientWork(NOTHING_GATHERED);
}
