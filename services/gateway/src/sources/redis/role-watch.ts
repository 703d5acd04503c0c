import type { Redis } from 'ioredis';
import { replyCode } from './errors.js';

/** How long an answer holds, in milliseconds: a server becomes a replica, or stops being one, without a word. */
const FRESH_MS = 1_000;

/** Knows whether a server is a replica, which passes what is published there on to nobody but its own subscribers. */
export class RoleWatch {
  #isReplica = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** Whether it is one, or was a moment ago. Asks before what else is sent on the connection. */
  async isReplica(client: Redis): Promise<boolean> {
    const now = performance.now();
    if (now - this.#askedAt >= FRESH_MS) {
      // A user who may not ask finds out from nobody that a message reaches nobody.
      const info = await client.info('replication').catch((error: unknown) => {
        if (replyCode(error) === 'NOPERM') return '';
        throw error;
      });
      this.#askedAt = now;
      this.#isReplica = /^role:slave/mu.test(info);
    }
    return this.#isReplica;
  }
}
