import type { Reader } from '../../src/state/read-reservation.js';

export interface TestReader extends Reader {
  ended: boolean;
  /** True if the session had to end because others needed the memory. */
  isTooSlow: boolean;
}

/** A session that comes from a network. */
export function readerFrom(network: string): TestReader {
  return {
    network,
    ended: false,
    isTooSlow: false,
    giveUp() {
      this.isTooSlow = true;
      this.ended = true;
    },
  };
}
