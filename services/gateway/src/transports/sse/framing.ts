import type { ErrorStatus } from '@viaduct/protocol';
import type { Queue } from '../../delivery/messages.js';

/** How an endless answer is written to one client. */
export interface Framing {
  /** Its media type. */
  readonly type: string;
  /** Shows proxies and the client that the connection is alive. It has no other meaning. */
  readonly heartbeat: Buffer;
  /** What is written before everything else. */
  begin(): string;
  /** The bytes of a queue. */
  write(queue: Queue): Buffer;
  /** Whether the client no longer learns everything, so that it must connect again. */
  readonly isOver: boolean;
  /** What is written if the view ends with an error. */
  refuse(status: ErrorStatus): string;
  /** What is written if the gateway ends the answer, with a close code. */
  end(code: number, reason: string): string;
}
