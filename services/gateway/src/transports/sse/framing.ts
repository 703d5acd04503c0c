import type { ErrorStatus } from '@viaduct/protocol';
import type { Queue } from '../../delivery/messages.js';

/** How an endless answer is written to one client. */
export interface Framing {
  /** Its media type. */
  readonly type: string;
  /** Shows proxies and the client that the connection lives, and means nothing. */
  readonly heartbeat: Buffer;
  /** What comes before everything else. */
  begin(): string;
  /** What a queue becomes. */
  write(queue: Queue): Buffer;
  /** Whether the client can no longer be told everything, so that it must connect again. */
  readonly isOver: boolean;
  /** The view has come to an end with an error. */
  refuse(status: ErrorStatus): string;
  /** The gateway ends the stream, with a close code. */
  end(code: number, reason: string): string;
}
