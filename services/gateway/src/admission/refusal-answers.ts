import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, type ClosingNotice } from '@viaduct/protocol';
import type { AccessRefusal } from '../auth/refusal.js';
import { REFUSALS, type Refusal } from './admission.js';
import { MISDIRECTED, type Misdirection } from './misdirected.js';

/** The header that tells a client to wait before the next attempt, in seconds. */
export const RETRY_LATER = { 'retry-after': '5' } as const;

/** The answer to a handshake that is refused. */
export interface RefusalAnswer {
  readonly status: 400 | 401 | 403 | 404 | 411 | 429 | 500 | 503;
  /** The body of the answer, as JSON. */
  readonly content: Readonly<Record<string, unknown>>;
  /** The end of a connection that is refused only after its handshake; absent if there is no code for it. */
  readonly closing?: ClosingNotice;
}

/** The answer to a client that exceeds a limit of the gateway. */
export function noRoomAnswer(refusal: Refusal): RefusalAnswer {
  return { status: REFUSALS[refusal], content: { message: refusal } };
}

/** The answer to a client that uses a protocol that is not served here. */
export function misdirectedAnswer(reason: Misdirection): RefusalAnswer {
  const { status, message } = MISDIRECTED[reason];
  return { status, content: { message } };
}

/** The answer to a client that may not connect. */
export function accessAnswer(refusal: AccessRefusal): RefusalAnswer {
  const closing = closingNotice(refusal);
  const content = { ...closing, message: refusal.message };
  return { status: refusal.status, content, ...(closing !== null && { closing }) };
}

/** Code and reason of `CLOSE_CODES`; null if there is no code for it. */
export function closingNotice({ close }: AccessRefusal): ClosingNotice | null {
  if (close === null) return null;
  const { code, reason } = CLOSE_CODES[close];
  return { code, reason };
}

/** The headers of an answer that refuses a client, for a body of the given type. */
export function headersOf({ status }: RefusalAnswer, type = 'application/json'): Record<string, string> {
  return {
    'content-type': type,
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
    ...((status === 429 || status === 503) && RETRY_LATER),
  };
}

/** How long a refused client has to read the answer and to close its connection, in ms. */
const UNREAD_END_MS = 5_000;

/** Answers a connection of which nothing more is parsed, such as one that asked for an upgrade, and ends it. */
export function refuseConnection(socket: Duplex, answer: RefusalAnswer): void {
  const body = JSON.stringify(answer.content);
  const headers = { ...headersOf(answer), connection: 'close', 'content-length': Buffer.byteLength(body) };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  // The client may be gone already.
  socket.on('error', () => {});
  endUnread(
    socket,
    `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status]}\r\n${lines.join('')}\r\n${body}`,
  );
}

/** Ends a connection from which nothing more is parsed, after a last text if there is one. */
export function endUnread(socket: Duplex, last?: string): void {
  socket.end(last);
  // Nothing else ends the connection of a client that stays, and unread data would keep that of one that leaves.
  socket.resume();
  const deadline = setTimeout(() => socket.destroy(), UNREAD_END_MS).unref();
  socket.once('close', () => clearTimeout(deadline));
}

/** The engine's own code for a refusal. */
const FORBIDDEN = 4;

/**
 * Answers a request to socket.io, whether it is an upgrade or not. The engine's own `allowRequest` could only answer
 * 400 to a WebSocket and 403 to a request.
 */
export function refuseSocketIo(
  request: IncomingMessage,
  response: ServerResponse,
  answer: RefusalAnswer,
): void {
  if (request.headers.upgrade !== undefined) refuseConnection(request.socket, answer);
  else {
    response
      .writeHead(answer.status, headersOf(answer))
      .end(JSON.stringify({ code: FORBIDDEN, ...answer.content }));
  }
}
