import { type ErrorStatus, envelopeParts, STATUS_SOURCE } from '@viaduct/protocol';
import type { Encoder } from '../../delivery/encodable.js';
import type { OutMessage, Queue } from '../../delivery/messages.js';
import type { Framing } from './framing.js';

/** Bounds of the random time that each client waits before it connects again, in ms. */
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 5_000;

/** What a message changes: the client holds its view, lacks some of it, or can never again be sure that it holds it. */
type Effect = 'holds' | 'lacks' | 'never';

/** A message as an event of an event stream. */
interface Event {
  readonly bytes: Buffer;
  /** The same with the id of its entry of the stream, if it has one. */
  readonly bytesWithId: Buffer;
  readonly effect: Effect | null;
}

const EVENT: Encoder<OutMessage, Event> = { encode: (message) => eventOf(message.json) };

/** A queue as the events of its messages. */
const EVENTS: Encoder<Queue, Buffer> = joined(({ bytes }) => bytes);
const EVENTS_WITH_IDS: Encoder<Queue, Buffer> = joined(({ bytesWithId }) => bytesWithId);

/** The messages of a queue that change whether a client can recover. */
const EFFECTS: Encoder<Queue, readonly OutMessage[]> = {
  encode: (queue) => queue.toArray().filter((message) => message.encodedBy(EVENT).effect !== null),
};

function joined(of: (event: Event) => Buffer): Encoder<Queue, Buffer> {
  return {
    encode(queue) {
      if (queue.previous === null) return of(queue.last.encodedBy(EVENT));
      return Buffer.concat(queue.toArray().map((message) => of(message.encodedBy(EVENT))));
    },
  };
}

/**
 * Writes the messages of one client as events. An event has an id only while the client holds its view: with the last id that
 * it has received, it then recovers everything that it lacks.
 */
export class EventFraming implements Framing {
  readonly type = 'text/event-stream';
  /** A comment, which clients ignore. */
  readonly heartbeat = Buffer.from(':\n\n');
  /** Statuses tell clients if something is missing from now on. */
  readonly isOver = false;
  #sendsIds = false;
  #neverAgain = false;

  begin(): string {
    return retryText();
  }

  refuse(status: ErrorStatus): string {
    return eventText('status', JSON.stringify(status));
  }

  end(code: number, reason: string): string {
    return retryText() + eventText('end', JSON.stringify({ code, reason }));
  }

  write(queue: Queue): Buffer {
    if (queue.encodedBy(EFFECTS).length === 0)
      return queue.encodedBy(this.#sendsIds ? EVENTS_WITH_IDS : EVENTS);
    return Buffer.concat(queue.toArray().map((message) => this.#writeOne(message.encodedBy(EVENT))));
  }

  #writeOne({ bytes, bytesWithId, effect }: Event): Buffer {
    if (effect === 'never') this.#neverAgain = true;
    if (effect !== null) this.#sendsIds = effect === 'holds' && !this.#neverAgain;
    return this.#sendsIds || (effect !== null && effect !== 'holds') ? bytesWithId : bytes;
  }
}

/**
 * An event (https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation).
 *
 * @param id the id that the client then has; empty for none, undefined to keep the previous one
 */
function eventText(name: string, data: string, id?: string): string {
  // JSON text may have several lines.
  const lines = data.split(/\r\n|\r|\n/u).map((line) => `data: ${line}\n`);
  return `event: ${name}\n${id === undefined ? '' : `${`id: ${id}`.trim()}\n`}${lines.join('')}\n`;
}

function eventOf(envelope: string): Event {
  const { source, content, event, id } = envelopeParts(envelope);
  if (source === STATUS_SOURCE) return statusEvent(content);
  const name = event === 'add' ? 'enter' : event === undefined ? 'update' : 'leave';
  return asEvent(name, content, id, null);
}

function statusEvent(content: string): Event {
  const { status, id } = JSON.parse(content) as { status: string; id?: string };
  if (status === 'snapshot_begin') return asEvent('reset', content, '', 'lacks');
  // As at any other mark, the client holds exactly its view.
  if (status === 'snapshot_end' || status === 'view')
    return asEvent('view', content, id, id === undefined ? null : 'holds');
  if (status === 'live_ended') return asEvent('status', content, '', 'never');
  return asEvent('status', content, undefined, null);
}

function asEvent(name: string, data: string, id: string | undefined, effect: Effect | null): Event {
  const bytes = Buffer.from(eventText(name, data));
  return { bytes, bytesWithId: id === undefined ? bytes : Buffer.from(eventText(name, data, id)), effect };
}

function retryText(): string {
  return `retry: ${Math.round(MIN_RETRY_MS + Math.random() * (MAX_RETRY_MS - MIN_RETRY_MS))}\n\n`;
}
