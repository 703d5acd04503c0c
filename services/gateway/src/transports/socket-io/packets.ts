import type { Encoder } from '../../delivery/encodable.js';
import { envelopesOf, type OutMessage, type Queue } from '../../delivery/messages.js';
import { JsonText } from './json-text.js';

/** One event that carries envelopes. */
export interface Packet {
  event: 'message' | 'messages';
  content: JsonText;
}

const ENCODERS = new Map<string, Encoder<Queue, Packet[]>>();

/**
 * Queues as socket.io events: one encoder for each buffer size of clients.
 *
 * @param batch true for one `messages` event with all envelopes, false for a `message` event for each of them
 */
export function packetEncoder(bufferSize: number, batch: boolean): Encoder<Queue, Packet[]> {
  const key = `${bufferSize} ${batch}`;
  let encoder = ENCODERS.get(key);
  if (encoder === undefined) {
    encoder = { encode: (queue) => packetsOf(queue.toArray(), bufferSize, batch) };
    ENCODERS.set(key, encoder);
  }
  return encoder;
}

function packetsOf(messages: readonly OutMessage[], bufferSize: number, batch: boolean): Packet[] {
  const envelopes = envelopesOf(messages, bufferSize);
  if (batch) return [{ event: 'messages', content: new JsonText(`[${envelopes.join(',')}]`) }];
  return envelopes.map((envelope) => ({ event: 'message', content: new JsonText(envelope) }));
}
