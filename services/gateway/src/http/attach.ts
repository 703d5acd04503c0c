import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionCut, RequestPipeline } from './request-pipeline.js';
import { isWebSocket, serveWithoutUpgrade } from './without-upgrade.js';

/**
 * Forwards the WebSocket upgrades of another program's server, and its requests below a path, to the gateway's own
 * server, which then does not listen itself. All other requests stay with the program, also those that offer another protocol.
 * It gets the requests of a connection one after the other, because it may pass some of them on to the gateway.
 *
 * @param cut called for each connection that is cut because of pipelined requests
 * @returns a function that undoes it
 */
export function attach(outer: Server, inner: Server, path: string, cut: ConnectionCut): () => void {
  const listeners = outer.listeners('request') as RequestListener[];
  const pipeline = new RequestPipeline(cut);
  const onRequest: RequestListener = (request, response) => {
    if (request.url?.startsWith(path) === true) {
      inner.emit('request', request, response);
      return;
    }
    pipeline.serve(request, response, () => {
      for (const listener of listeners) listener.call(outer, request, response);
    });
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (pipeline.cutIfPipelined(socket, 'early_upgrade')) return;
    if (isWebSocket(request)) inner.emit('upgrade', request, socket, head);
    // Node, too, ignores the offer only if nobody else listens for it.
    else if (socket instanceof Socket && outer.listenerCount('upgrade') === 1)
      serveWithoutUpgrade(request, socket, (response) => outer.emit('request', request, response));
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
