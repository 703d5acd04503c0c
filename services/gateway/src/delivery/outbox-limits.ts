/** The limits of a session's queue, and what happens past them. */
export interface OutboxLimits {
  /** Longest time that a message of a steady stream waits for others, in ms. */
  flushMs: number;
  /** Hard limits: past either, while the connection is congested, the session is closed. */
  maxBytes: number;
  maxMessages: number;
  /** Soft limits, not above the hard ones: past either, while the connection is congested, the queue is conflated. */
  softBytes: number;
  softMessages: number;
  /** False: nothing is conflated. */
  conflates: boolean;
}

/**
 * Combines the configured limits: a soft limit never exceeds the hard one.
 *
 * @param conflate the configured soft limits; 0 for none
 */
export function outboxLimits(
  flushMs: number,
  max: { bytes: number; messages: number },
  conflate: { bytes: number; messages: number },
): OutboxLimits {
  const soft = (configured: number, hard: number): number =>
    configured === 0 ? hard : Math.min(configured, hard);
  return {
    flushMs,
    maxBytes: max.bytes,
    maxMessages: max.messages,
    softBytes: soft(conflate.bytes, max.bytes),
    softMessages: soft(conflate.messages, max.messages),
    conflates: conflate.bytes > 0 || conflate.messages > 0,
  };
}
