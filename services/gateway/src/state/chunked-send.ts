import type { OutMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import type { FairScheduler } from './fair-scheduler.js';

/** The way of a long answer to one session. */
export interface ChunkedSend {
  readonly outbox: Pick<Outbox, 'answer' | 'hasRoomFor' | 'needsDrain'>;
  readonly scheduler: FairScheduler;
  /** Resolves when what was sent so far has been handed on. */
  drained(): Promise<void>;
  /** True when nobody wants the rest. */
  stopped(): boolean;
}

/** After so many places without a message, the clock is looked at. */
const EMPTY_PLACES = 32;

/**
 * Sends a long answer in portions: between them live traffic has its turn, and the session's queue drains.
 *
 * @param length how many messages there may be
 * @param messageAt the message at a place; null for none; a promise where somebody is still at it
 * @returns how many were sent
 */
export async function sendInChunks(
  length: number,
  messageAt: (place: number) => OutMessage | null | Promise<OutMessage | null>,
  { outbox, scheduler, drained, stopped }: ChunkedSend,
): Promise<number> {
  let sent = 0;
  let until = await scheduler.next();
  let checks = true;
  for (let place = 0; place < length; place++) {
    if (checks && (outbox.needsDrain || performance.now() > until)) {
      await drained();
      until = await scheduler.next();
    }
    if (stopped()) break;
    let message = messageAt(place);
    if (message instanceof Promise) {
      message = await message;
      if (outbox.needsDrain) await drained();
    }
    // Most places may be empty, and looking at the clock takes longer than finding that out.
    checks = message !== null || place % EMPTY_PLACES === 0;
    if (message === null) continue;
    // What left last may have congested the connection again, and a client that reads must not be closed for a large value.
    while (!stopped() && !outbox.hasRoomFor(message)) await drained();
    if (stopped()) break;
    outbox.answer(message);
    sent++;
  }
  return sent;
}
