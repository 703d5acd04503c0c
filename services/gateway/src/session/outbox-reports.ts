import type { Connection } from '../delivery/connection.js';
import type { Queue } from '../delivery/messages.js';
import type { OutboxObserver } from '../delivery/outbox.js';
import type { LoggedSession } from '../observability/session-log.js';
import type { SessionServices } from './services.js';

/** Counts the events of one session's queue, and ends the connection of a client that does not keep up. */
export class OutboxReports implements OutboxObserver {
  readonly #services: Pick<SessionServices, 'log' | 'metrics'>;
  readonly #connection: Connection;
  readonly #session: LoggedSession;

  constructor(
    services: Pick<SessionServices, 'log' | 'metrics'>,
    connection: Connection,
    session: LoggedSession,
  ) {
    this.#services = services;
    this.#connection = connection;
    this.#session = session;
  }

  flushed(queue: Queue, now: number): void {
    this.#services.metrics.flushed(queue, now, this.#connection.transport);
    this.#services.log?.sent(this.#session, queue.bytes);
  }

  overflowed(): void {
    this.#services.metrics.overflowed();
    this.#connection.close('slow_consumer');
  }

  conflating(on: boolean): void {
    this.#services.metrics.conflating += on ? 1 : -1;
  }

  superseded(): void {
    this.#services.metrics.superseded();
  }
}
