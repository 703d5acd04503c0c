import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { atEnd } from './teardown.js';

/** The answer to a handshake. */
export interface HandshakeAnswer {
  /** 101 if it was accepted. */
  status: number | undefined;
  /** The body of a refusal. */
  body: unknown;
}

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? null : JSON.parse(text);
}

/** Sends a WebSocket handshake, and resolves with the answer to it. */
export function upgrade(
  gatewayUrl: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<HandshakeAnswer> {
  const socket = new WebSocket(gatewayUrl.replace(/^http/u, 'ws') + path, { headers });
  atEnd(() => socket.terminate());
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('upgrade', ({ statusCode }) => resolve({ status: statusCode, body: null }));
    socket.on('unexpected-response', (_request, response) => {
      bodyOf(response).then((body) => resolve({ status: response.statusCode, body }), reject);
    });
  });
}

/** Path of a WebSocket handshake to each transport, with a query string. */
export const UPGRADES = {
  raw: (query: string) => `/?${query}`,
  'socket.io': (query: string) => `/socket.io/?EIO=4&transport=websocket&${query}`,
} as const;

/** Starts a socket.io session over polling. */
export async function poll(
  gatewayUrl: string,
  query: string,
  headers: Record<string, string> = {},
): Promise<HandshakeAnswer> {
  const response = await fetch(`${gatewayUrl}/socket.io/?EIO=4&transport=polling&${query}`, { headers });
  const text = await response.text();
  return { status: response.status, body: response.ok ? null : JSON.parse(text) };
}
