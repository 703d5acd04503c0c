import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n';

/** Whether a request for an upgrade asks for WebSocket. */
export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Serves a request that offers another protocol as if it did not, and ends the connection: some clients offer one with every
 * request (`Upgrade: h2c`), and RFC 9110 section 7.8 lets a server ignore the offer. Node hands the connection over for the
 * upgrade instead if there is a listener for upgrades, and has then not read the body of the request: with a body, the answer
 * is 400.
 */
export function serveWithoutUpgrade(
  request: IncomingMessage,
  socket: Socket,
  serve: (response: ServerResponse) => void,
): void {
  socket.on('error', () => {});
  if (hasBody(request)) {
    // The rest of the connection is no longer HTTP.
    socket.end(BAD_REQUEST);
    return;
  }
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => socket.end());
  serve(response);
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
