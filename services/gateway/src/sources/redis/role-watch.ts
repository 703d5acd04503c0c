import type { Redis } from 'ioredis';
import { replyCode } from './errors.js';

/** The time for which an answer is valid, in milliseconds: a server does not announce a change of its role. */
const FRESH_MS = 1_000;

/** Watches whether a server is a replica, which sends published messages to its own subscribers only. */
export class RoleWatch {
  #isReplica = false;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** Whether it is one, or was a moment ago. The question precedes all later commands on the connection. */
  async isReplica(client: Redis): Promise<boolean> {
    const now = performance.now();
    if (now - this.#askedAt >= FRESH_MS) {
      // A user without the right to INFO cannot learn that a message reaches no subscriber.
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
