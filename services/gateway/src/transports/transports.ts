import type { Session } from '../session/session.js';
import type { SessionConnection, Transport } from './transport.js';

/** The time that connections have to answer the last close frame, in ms, before they are cut. */
const CLOSE_GRACE_MS = 1000;

/** All transports of a gateway together; none before it has started. */
export class Transports {
  readonly #all: Transport[] = [];

  add(...transports: readonly Transport[]): void {
    this.#all.push(...transports);
  }

  /** The number of connections, including those that are not yet sessions. */
  get size(): number {
    return this.#all.reduce((sum, { size }) => sum + size, 0);
  }

  get connections(): SessionConnection[] {
    return this.#all.flatMap(({ connections }) => [...connections]);
  }

  get sessions(): Session[] {
    return this.connections.map(({ session }) => session);
  }

  /** Resolves when all connections have ended, or when their time for that is over. */
  async goneOrTimeout(): Promise<void> {
    const until = performance.now() + CLOSE_GRACE_MS;
    while (this.size > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Frees their resources and cuts open connections. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((transport) => transport.close()));
  }
}
