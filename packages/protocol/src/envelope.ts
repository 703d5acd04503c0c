/** Source of what the gateway itself says: status, errors, PONG. */
export const STATUS_SOURCE = 'websocket';

/** Source of an envelope whose content is a list of envelopes (see `BUFFER`). */
export const BUFFER_SOURCE = 'buffer';

/** The message envelope: the shape of everything that a client receives, on both transports. */
export interface Envelope<T = unknown> {
  /** The channel, the key, `key field`, `websocket` or `buffer`. */
  source: string;
  content: T;
  /** When the gateway received the message: milliseconds since the epoch, UTC. */
  timestamp: number;
  /** What the client gave as `client_ref` with the command that this answers; null on pushed messages. */
  client_reference: string | null;
  /** Id of the entry if the channel is a Redis Stream: what `SUB channel since=id` takes. */
  id?: string;
  /** That a feature is new, or why it is no longer in a live view; absent on everything else. */
  event?: LiveEvent;
  /** True if a geometry in the content is null because it does not exist in the session's projection. */
  unlocated?: true;
}

/** Follows the content in the text of an envelope whose content is {@link Envelope.unlocated}. */
export const UNLOCATED_MEMBER = ',"unlocated":true';

const LEAVES = ['leave', 'remove', 'expire'] as const;

/** Why a feature is no longer in a live view; {@link LEAVE_EVENTS} explains it. */
export type LeaveEvent = (typeof LEAVES)[number];

export const LEAVE_EVENTS: Readonly<Record<LeaveEvent, string>> = {
  leave: 'It moved out of the view, or it no longer passes a filter.',
  remove: 'It was removed.',
  expire: 'There was no news of it for the time that the operators have set.',
};

/**
 * What the envelope of a feature says in a live view. `add`: it did not exist in the channel before; without it, a feature
 * that the client does not hold has entered the view.
 */
export type LiveEvent = 'add' | LeaveEvent;

/** Whether an envelope with this event reports that a feature is no longer in a live view. */
export function isLeaveEvent(event: LiveEvent | undefined): event is LeaveEvent {
  return LEAVES.some((name) => name === event);
}

/** The members of an envelope, for the reference. */
export const ENVELOPE_MEMBERS: Record<keyof Envelope, { type: string; doc: string }> = {
  source: {
    type: 'string',
    doc: 'the channel of a pushed message; `key` or `key field` in answers to GET and PGET; `websocket` for what the gateway itself says; `buffer` for a list of envelopes',
  },
  content: { type: 'any JSON', doc: 'the message or value; `null` if there is none' },
  timestamp: {
    type: 'number',
    doc: 'when the gateway received the message, in milliseconds since 1970-01-01 UTC',
  },
  client_reference: {
    type: 'string or null',
    doc: 'what the client gave as `client_ref` with the command that this answers; null on pushed messages',
  },
  id: { type: 'string', doc: 'id of the entry; only if the channel is a Redis Stream' },
  event: {
    type: 'string',
    doc: '`add`: the feature is new in the channel; `leave`, `remove` or `expire`: it is no longer in the live view; only in subscriptions with `live=true`',
  },
  unlocated: {
    type: '`true`',
    doc: 'a geometry in the content is `null` because it does not exist in the projection; the feature is not gone',
  },
};

/**
 * An envelope as JSON text, around content that is JSON text already.
 * The content is spliced in as it is, so what the publisher wrote reaches the client byte for byte.
 *
 * @param source see {@link Envelope}
 * @param contentJson valid JSON; not checked again. {@link UNLOCATED_MEMBER} may follow it.
 * @param timestamp milliseconds since the epoch
 * @param id of the entry of a Redis Stream, as Redis writes it; not checked again
 * @param event of a feature in a live view
 */
export function encodeEnvelope(
  source: string,
  contentJson: string,
  timestamp: number,
  clientReference: string | null = null,
  id: string | null = null,
  event: LiveEvent | null = null,
): string {
  return envelopeHead(source) + contentJson + envelopeTail(timestamp, clientReference, id, event);
}

/** The part before the content in the text of {@link encodeEnvelope}. */
export function envelopeHead(source: string): string {
  return `{"source":${JSON.stringify(source)},"content":`;
}

/** The part after the content in the text of {@link encodeEnvelope}. */
export function envelopeTail(
  timestamp: number,
  clientReference: string | null = null,
  id: string | null = null,
  event: LiveEvent | null = null,
): string {
  const reference = clientReference === null ? 'null' : JSON.stringify(clientReference);
  const idMember = id === null ? '' : `,"id":"${id}"`;
  const eventMember = event === null ? '' : `,"event":"${event}"`;
  return `,"timestamp":${timestamp},"client_reference":${reference}${idMember}${eventMember}}`;
}

/** The parts of an envelope, with its content as it was published. */
export interface EnvelopeParts {
  readonly source: string;
  /** JSON text. */
  readonly content: string;
  readonly event?: LiveEvent;
  /** Id of the entry of a Redis Stream. */
  readonly id?: string;
}

/** Reads the text of {@link encodeEnvelope} without parsing its content. */
export function envelopeParts(envelope: string): EnvelopeParts {
  // Neither can be part of a text in JSON, in which quotes are escaped; the content is between the first and the last.
  const start = envelope.indexOf(',"content":');
  const end = envelope.lastIndexOf(',"timestamp":');
  const { source } = JSON.parse(`${envelope.slice(0, start)}}`) as { source: string };
  const { event, id } = JSON.parse(`{${envelope.slice(end + 1)}`) as Pick<EnvelopeParts, 'event' | 'id'>;
  const written = envelope.slice(start + ',"content":'.length, end);
  const content = written.endsWith(UNLOCATED_MEMBER) ? written.slice(0, -UNLOCATED_MEMBER.length) : written;
  return { source, content, ...(event !== undefined && { event }), ...(id !== undefined && { id }) };
}

/**
 * The envelope that reports that a feature is no longer in a live view, as JSON text. Its content is a Feature without
 * a geometry, which clients treat as a removal.
 *
 * @param idJson the feature's id as JSON text; not checked
 */
export function encodeLeave(source: string, idJson: string, timestamp: number, event: LeaveEvent): string {
  const content = `{"type":"Feature","id":${idJson},"geometry":null,"properties":null}`;
  return encodeEnvelope(source, content, timestamp, null, null, event);
}

/** A `buffer` envelope as JSON text, around envelopes that are JSON text already. */
export function encodeBufferEnvelope(envelopesJson: readonly string[], timestamp: number): string {
  return encodeEnvelope(BUFFER_SOURCE, `[${envelopesJson.join(',')}]`, timestamp);
}

/**
 * Reads what {@link encodeEnvelope} wrote.
 *
 * @throws SyntaxError if the text is not JSON or not an envelope
 */
export function parseEnvelope(text: string): Envelope {
  const value: unknown = JSON.parse(text);
  if (!isEnvelope(value)) {
    throw new SyntaxError('not an envelope: needs source, content, timestamp and client_reference');
  }
  return value;
}

function isEnvelope(value: unknown): value is Envelope {
  if (typeof value !== 'object' || value === null) return false;
  const { source, timestamp, client_reference: reference } = value as Record<string, unknown>;
  return (
    typeof source === 'string' &&
    'content' in value &&
    typeof timestamp === 'number' &&
    (reference === null || typeof reference === 'string')
  );
}
