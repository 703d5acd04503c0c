import type { ErrorCode } from './errors.js';
import { shorten } from './text.js';

/** Source of what the gateway itself says: status, errors, PONG. */
export const STATUS_SOURCE = 'websocket';

/** Source of an envelope whose content is a list of envelopes (see `BUFFER`). */
export const BUFFER_SOURCE = 'buffer';

/** The message envelope: the shape of everything that a client receives, on both transports. */
export interface Envelope<T = unknown> {
  /** The channel, the key, `key field`, `websocket` or `buffer`. */
  source: string;
  content: T;
  /** When the gateway took the message in hand: milliseconds since the epoch, UTC. */
  timestamp: number;
  /** What the client gave as `client_ref` with the command that this answers; null on pushed messages. */
  client_reference: string | null;
  /** Id of the entry, where the channel is a Redis Stream: what `SUB channel since=id` takes. */
  id?: string;
}

/** Content of the first envelope on a raw connection. */
export interface OpenStatus {
  status: 'open';
}

/** Content of the envelope (and the acknowledgement on socket.io) that refuses a command. */
export interface ErrorStatus {
  status: 'error';
  code: ErrorCode;
  /** What was wrong and what would be right, for a person to read; its wording may change. */
  message: string;
  /** The command as received, shortened to {@link MAX_ECHO} characters. */
  command: string;
}

/** Content of the acknowledgement that a command was carried out. */
export interface OkStatus {
  status: 'ok';
  /** The command's name in upper case. */
  command: string;
  /** Something the client should know though the command succeeded, such as the accuracy of a CRS. */
  warning?: string;
}

/** Content of an envelope that warns about a command which nevertheless succeeded. */
export interface WarningStatus {
  status: 'warning';
  message: string;
  command: string;
}

/** Content of an envelope in which the gateway's operators tell all sessions something. */
export interface NoticeStatus {
  status: 'notice';
  /** For a person to read. */
  message: string;
}

/** Longest part of a refused command, in characters, that comes back in an error. */
export const MAX_ECHO = 200;

/** A `TOKEN` command, as a line, as an event, or as a line in an event; white space may be written as JSON has it. */
const TOKEN_COMMAND = /^\s*(?:command \["(?:\s|\\[tnrfv]|\\u[\da-f]{4})*)?token(?![\w-])/iu;

/**
 * A command as an error or warning repeats it: whole, or its first {@link MAX_ECHO} characters and an ellipsis. Of
 * `TOKEN` the name alone: what is repeated ends up in logs.
 */
export function echo(command: string): string {
  return TOKEN_COMMAND.test(command) ? 'TOKEN' : shorten(command, MAX_ECHO);
}

/**
 * An envelope as JSON text, around content that is JSON text already.
 * The content is spliced in as it is, so what the publisher wrote reaches the client byte for byte.
 *
 * @param source see {@link Envelope}
 * @param contentJson valid JSON; not checked again
 * @param timestamp milliseconds since the epoch
 * @param id of the entry of a Redis Stream, as Redis writes it; not checked again
 */
export function encodeEnvelope(
  source: string,
  contentJson: string,
  timestamp: number,
  clientReference: string | null = null,
  id: string | null = null,
): string {
  return envelopeHead(source) + contentJson + envelopeTail(timestamp, clientReference, id);
}

/** What stands before the content in the text of {@link encodeEnvelope}. */
export function envelopeHead(source: string): string {
  return `{"source":${JSON.stringify(source)},"content":`;
}

/** What stands behind the content in the text of {@link encodeEnvelope}. */
export function envelopeTail(
  timestamp: number,
  clientReference: string | null = null,
  id: string | null = null,
): string {
  const reference = clientReference === null ? 'null' : JSON.stringify(clientReference);
  return `,"timestamp":${timestamp},"client_reference":${reference}${id === null ? '' : `,"id":"${id}"`}}`;
}

/** A `buffer` envelope as JSON text, around envelopes that are JSON text already. */
export function encodeBufferEnvelope(envelopesJson: readonly string[], timestamp: number): string {
  return encodeEnvelope(BUFFER_SOURCE, `[${envelopesJson.join(',')}]`, timestamp);
}

/**
 * Reads what {@link encodeEnvelope} wrote.
 *
 * @throws SyntaxError where the text is not JSON or not an envelope
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
