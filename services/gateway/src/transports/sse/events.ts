import { envelopeParts, STATUS_SOURCE } from '@viaduct/protocol';
import type { Encoder } from '../../delivery/encodable.js';
import type { OutMessage, Queue } from '../../delivery/messages.js';

/** A message as an event of an event stream. */
const EVENT: Encoder<OutMessage, Buffer> = { encode: (message) => Buffer.from(eventOf(message.json)) };

/** A queue as the events of its messages. */
export const EVENTS: Encoder<Queue, Buffer> = {
  encode(queue) {
    if (queue.previous === null) return queue.last.encodedBy(EVENT);
    return Buffer.concat(queue.toArray().map((message) => message.encodedBy(EVENT)));
  },
};

/** An event (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation). */
export function eventText(name: string, data: string): string {
  // JSON text may have several lines.
  const lines = data.split(/\r\n|\r|\n/u).map((line) => `data: ${line}\n`);
  return `event: ${name}\n${lines.join('')}\n`;
}

function eventOf(envelope: string): string {
  const { source, content, event } = envelopeParts(envelope);
  if (source === STATUS_SOURCE) return statusEvent(content);
  if (event === 'add') return eventText('enter', content);
  return eventText(event === undefined ? 'update' : 'leave', content);
}

function statusEvent(content: string): string {
  const status = JSON.parse(content) as { status: string; count?: number };
  if (status.status === 'snapshot_begin') return eventText('reset', content);
  // As at any other mark, the client holds exactly its view.
  if (status.status === 'snapshot_end') return eventText('view', content);
  return eventText(status.status === 'view' ? 'view' : 'status', content);
}
