import type { ErrorCode } from '@viaduct/protocol';
import type { Logger } from 'pino';
import type { RefusalReason } from '../admission/handshake.js';
import type { ClientKind, SessionName } from '../delivery/connection.js';

/** A session, as the log knows it. */
export interface LoggedSession {
  /** How log lines name it. */
  readonly name: SessionName;
  readonly address: string | null;
  /** When it began: milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Reports at the debug level what sessions do, line by line. */
export class SessionLog {
  readonly #logger: Logger;
  /** Bytes that were written for a session. */
  readonly #bytes = new WeakMap<LoggedSession, number>();

  private constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @returns null if the logger omits the debug level, so that nothing is collected for it */
  static create(logger: Logger): SessionLog | null {
    return logger.isLevelEnabled('debug') ? new SessionLog(logger) : null;
  }

  opened(session: LoggedSession): void {
    this.#logger.debug({ ...session.name, address: session.address }, 'session opened');
  }

  /** @param code the close code, as in the metrics */
  closed(session: LoggedSession, code: number): void {
    const seconds = (Date.now() - session.startedAt) / 1000;
    const bytes = this.#bytes.get(session) ?? 0;
    this.#logger.debug({ ...session.name, code, seconds, bytes }, 'session closed');
  }

  refused(transport: ClientKind, reason: RefusalReason, address: string | null): void {
    this.#logger.debug({ transport, reason, address }, 'connection refused');
  }

  command(session: LoggedSession, { command, channel, ms, outcome }: LoggedCommand): void {
    const fields = { ...session.name, command, ...(channel !== null && { channel }), outcome };
    this.#logger.debug(ms === null ? fields : { ...fields, ms }, 'command ended');
  }

  subscribed(session: LoggedSession, channel: string): void {
    this.#logger.debug({ ...session.name, channel }, 'subscription began');
  }

  unsubscribed(session: LoggedSession, channel: string): void {
    this.#logger.debug({ ...session.name, channel }, 'subscription ended');
  }

  /** Counts what was written for a session. */
  sent(session: LoggedSession, bytes: number): void {
    this.#bytes.set(session, (this.#bytes.get(session) ?? 0) + bytes);
  }
}

/** A command that has ended. */
export interface LoggedCommand {
  /** `unknown` if there is no such command. */
  readonly command: string;
  /** The channel or key that it names; null for none. */
  readonly channel: string | null;
  /** How long it ran; null if it did not run. */
  readonly ms: number | null;
  readonly outcome: 'ok' | ErrorCode;
}
