import type { Frame } from '@viaduct/geo-worker';
import { envelopeHead, UNLOCATED_MEMBER } from '@viaduct/protocol';
import { HEADROOM } from '../delivery/messages.js';

/** What a worker puts around the content of an envelope. */
export function envelopeFrame(source: string, tail: string): Frame {
  return { room: HEADROOM, head: envelopeHead(source), tail, unlocated: UNLOCATED_MEMBER };
}
