import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { RequestLine } from './request-line.js';

/**
 * Forwards the WebSocket upgrades of another program's server, and its requests below a path, to the gateway's own
 * server, which does not listen then. All other requests stay with the program, which gets those of a connection one after
 * the other: it passes some of them to the gateway.
 *
 * @returns a function that undoes it
 */
export function attach(outer: Server, inner: Server, path: string): () => void {
  const listeners = outer.listeners('request') as RequestListener[];
  const line = new RequestLine();
  const onRequest: RequestListener = (request, response) => {
    if (request.url?.startsWith(path) === true) {
      inner.emit('request', request, response);
      return;
    }
    line.serve(request, response, () => {
      for (const listener of listeners) listener.call(outer, request, response);
    });
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    inner.emit('upgrade', request, socket, head);
  };
  // Two listeners would answer the same request twice.
  outer.removeAllListeners('request');
  outer.on('request', onRequest);
  outer.on('upgrade', onUpgrade);
  return () => {
    outer.off('request', onRequest);
    outer.off('upgrade', onUpgrade);
    for (const listener of listeners) outer.on('request', listener);
  };
}
