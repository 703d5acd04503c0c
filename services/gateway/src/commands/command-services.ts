import type { CloseReason } from '@viaduct/protocol';
import type { OutMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import type { ReportInternalError } from '../observability/errors.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { LoggedSession, SessionLog } from '../observability/session-log.js';
import type { Claimant } from '../state/fair-queue.js';
import type { ClientWork } from './client-work.js';
import type { CommandContext } from './context.js';
import type { CommandRegistry } from './registry.js';

/** What the command queues of a gateway share. */
export interface CommandServices {
  readonly registry: CommandRegistry;
  readonly clientWork: ClientWork;
  readonly metrics: Pick<GatewayMetrics, 'commandDone' | 'viewChangeDelayed' | 'errors'>;
  readonly reportInternalError: ReportInternalError;
  /** Null unless the log has the debug level. */
  readonly log: SessionLog | null;
  readonly limits: {
    /** Commands of one session that wait for earlier ones. */
    readonly maxPendingCommands: number;
  };
}

/** The client that sends the commands. */
export interface CommandClient extends LoggedSession, Claimant {
  /** The context of its commands. */
  readonly context: CommandContext;
  readonly outbox: Pick<Outbox, 'drained'>;
  /** The messages of {@link CommandContext.warn} since the last call; null for none. */
  takeWarning(): string | null;
  /** Sends a status as an envelope. */
  sendEnvelope(message: OutMessage): void;
  /** Ends the session after sending what is queued. */
  end(reason: CloseReason): void;
}
