import { envelopesOf, type Form, type OutMessage } from '../messages.js';
import { JsonText } from './json-text.js';

/** One event that carries envelopes. */
export interface Packet {
  event: 'message' | 'messages';
  content: JsonText;
}

const FORMS = new Map<string, Form<Packet[]>>();

/**
 * Queues as socket.io events: one form for each size of buffer that clients wish for.
 *
 * @param batch true for the envelopes in one `messages` event, false for a `message` event each
 */
export function packetForm(bufferSize: number, batch: boolean): Form<Packet[]> {
  const key = `${bufferSize} ${batch}`;
  let form = FORMS.get(key);
  if (form === undefined) {
    form = { render: (queue) => renderPackets(queue.toArray(), bufferSize, batch) };
    FORMS.set(key, form);
  }
  return form;
}

function renderPackets(messages: readonly OutMessage[], bufferSize: number, batch: boolean): Packet[] {
  const envelopes = envelopesOf(messages, bufferSize);
  if (batch) return [{ event: 'messages', content: new JsonText(`[${envelopes.join(',')}]`) }];
  return envelopes.map((envelope) => ({ event: 'message', content: new JsonText(envelope) }));
}
