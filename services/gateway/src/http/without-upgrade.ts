import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { endUnread, refuseConnection } from '../admission/refusal-answers.js';
import { isChunked } from './parsing.js';

export const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

/** Refuses a request that offers another protocol and has a body. */
const BODY_UNREAD = {
  status: 400,
  content: {
    message: 'a request with a body is not served if it offers another protocol; send it without Upgrade',
  },
} as const;

/** Whether a request for an upgrade asks for WebSocket. */
export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/** Methods of requests whose body, if there is one, means nothing (RFC 9110 section 9.3). */
const BODILESS: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS'];

/** Whether the body of a request would have to be read. */
export function hasBody(request: IncomingMessage): boolean {
  if (BODILESS.includes(request.method)) return false;
  return isChunked(request) || Number(request.headers['content-length'] ?? 0) > 0;
}

/**
 * Serves a request that offers another protocol as if it did not, and ends the connection: some clients offer one with every
 * request (`Upgrade: h2c`), and RFC 9110 section 7.8 lets a server ignore the offer. Node hands the connection over for the
 * upgrade instead if there is a listener for upgrades, and has then not read the body of the request: if it had to be read, the
 * answer is 400.
 */
export function serveWithoutUpgrade(
  request: IncomingMessage,
  socket: Socket,
  serve: (response: ServerResponse) => void,
): void {
  if (hasBody(request)) {
    refuseConnection(socket, BODY_UNREAD);
    return;
  }
  socket.on('error', () => {});
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => endUnread(socket));
  serve(response);
}
