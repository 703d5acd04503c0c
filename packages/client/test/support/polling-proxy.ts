import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

/** A proxy that WebSocket does not pass. */
export interface PollingProxy {
  url: string;
  refusedUpgrades: number;
}

/**
 * Starts a proxy that hands on HTTP requests and refuses upgrades, as some networks do; until the end of the test.
 *
 * @param rewrite what the client sends instead
 * @param rewriteAnswer what it receives instead
 */
export async function pollingOnly(
  target: string,
  rewrite: (body: string) => string = (body) => body,
  rewriteAnswer: (body: string) => string = (body) => body,
): Promise<PollingProxy> {
  const server = createServer(async (incoming, outgoing) => {
    const { method, url = '/' } = incoming;
    const body = rewrite(await text(incoming));
    const headers = { ...incoming.headers };
    if (method === 'POST') headers['content-length'] = String(Buffer.byteLength(body));
    // As it is, so that it can be rewritten.
    headers['accept-encoding'] = 'identity';
    const onward = request(new URL(url, target), { method, headers }, async (answer) => {
      const { 'content-length': _old, ...kept } = answer.headers;
      const answered = await text(answer).then(rewriteAnswer, () => null);
      if (answered === null) outgoing.destroy();
      else outgoing.writeHead(answer.statusCode ?? 502, kept).end(answered);
    });
    onward.on('error', () => outgoing.destroy());
    onward.end(body);
  });
  const proxy: PollingProxy = { url: '', refusedUpgrades: 0 };
  server.on('upgrade', (_request, socket) => {
    proxy.refusedUpgrades++;
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
