import type { OutMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import type { Claimant } from './fair-queue.js';
import type { LongWork } from './long-work.js';

/** Where and how a long answer to one session is sent. */
export interface ChunkedSend {
  readonly outbox: Pick<Outbox, 'answer' | 'hasRoomFor' | 'needsDrain'>;
  readonly longWork: LongWork;
  readonly session: Claimant;
  /** Whether hardly any other session receives the same messages in the same order. */
  readonly isOwn?: boolean;
  /** When the turn ends that the session already has; without it, the answer waits for one. */
  readonly turnEnds?: number | undefined;
  /** Resolves when the messages so far have left the session's queue. */
  drained(): Promise<void>;
  /** True when nobody wants the rest. */
  stopped(): boolean;
}

/** Number of places without a message between two checks of the clock. */
const EMPTY_PLACES = 32;

/**
 * Sends a long answer in portions. Between them, live traffic has its turn, and the session's queue drains.
 *
 * @param length number of places, each with at most one message
 * @param messageAt returns the message at a place, null for none, or a promise if a worker still reads it
 * @returns the number of messages sent
 */
export async function sendInChunks(
  length: number,
  messageAt: (place: number) => OutMessage | null | Promise<OutMessage | null>,
  { outbox, longWork, session, isOwn, turnEnds, drained, stopped }: ChunkedSend,
): Promise<number> {
  let sent = 0;
  let until = turnEnds ?? (await longWork.turn(session));
  let checks = true;
  for (let place = 0; place < length; place++) {
    if (checks && (outbox.needsDrain || performance.now() > until)) {
      await drained();
      until = await longWork.turn(session);
    }
    if (stopped()) break;
    let message = messageAt(place);
    if (message instanceof Promise) {
      message = await message;
      if (outbox.needsDrain) await drained();
    }
    // Most places may be empty, and checking the clock costs more than skipping one.
    checks = message !== null || place % EMPTY_PLACES === 0;
    if (message === null) continue;
    // The last message may have congested the connection again. A large value must not close a client that reads.
    while (message !== null && !stopped() && !outbox.hasRoomFor(message)) {
      await drained();
      // It may be out of date by now.
      message = await messageAt(place);
    }
    if (stopped()) break;
    if (message === null) continue;
    outbox.answer(message, isOwn);
    sent++;
  }
  return sent;
}
