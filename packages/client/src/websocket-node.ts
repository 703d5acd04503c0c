import { type ClientOptions, WebSocket as NodeWebSocket } from 'ws';

/** How long a gateway may take to answer a close frame, in milliseconds: a program should not wait longer for its end. */
const OPTIONS: ClientOptions & { closeTimeout: number } = { closeTimeout: 1000 };

class ClientWebSocket extends NodeWebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols, OPTIONS);
  }
}

/** The same WebSocket in Node, which has none before version 22. */
export const WebSocket: typeof globalThis.WebSocket =
  ClientWebSocket as unknown as typeof globalThis.WebSocket;
