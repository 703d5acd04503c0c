import type { Socket } from 'node:net';
import {
  type Client,
  RawClient as ConformanceRawClient,
  SocketIoClient as ConformanceSocketIoClient,
  type RawClientOptions,
  type Reply,
  type SocketIoClientOptions,
  socketTo,
} from '@viaduct/protocol/conformance/clients';
import { type RawData, WebSocket } from 'ws';
import { atEnd } from './teardown.js';
import { patienceMs } from './wait.js';

export type { Reply, SocketIoClientOptions } from '@viaduct/protocol/conformance/clients';

/** One connection, through either transport. */
export interface TestClient extends Client {
  /** Sends several commands, so that none is answered before the last was sent. */
  sendTogether(lines: readonly string[]): void;
}

/** A plain WebSocket that ends with the test. */
export class RawClient extends ConformanceRawClient implements TestClient {
  #stream: Socket | undefined;

  private constructor(url: string, { protocols = [], ...options }: RawClientOptions) {
    super(new WebSocket(url.replace(/^http/u, 'ws'), [...protocols], options), patienceMs());
    this.socket.on('upgrade', ({ socket }) => {
      this.#stream = socket;
    });
    atEnd(() => this.terminate());
  }

  /** Connects and reads the first envelope. */
  static override async connect(url: string, options: RawClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(url, options);
    await client.opened();
    return client;
  }

  sendTogether(lines: readonly string[]): void {
    this.#stream?.cork();
    for (const line of lines) this.send(line);
    this.#stream?.uncork();
  }

  /** Sends bytes that are not complete frames. */
  write(bytes: Uint8Array): void {
    this.#stream?.write(bytes);
  }

  /** Reads nothing more from the network until `resume()`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }
}

/** A socket.io connection that ends with the test. It sends each command as a line of text in a `command` event. */
export class SocketIoClient extends ConformanceSocketIoClient implements TestClient {
  private constructor(url: string, options: SocketIoClientOptions) {
    const timeoutMs = patienceMs();
    super(socketTo(url, { timeoutMs, ...options }), timeoutMs);
    atEnd(() => this.socket.disconnect());
  }

  /** @throws Error if the gateway refuses the connection; its `cause` is what socket.io says */
  static override async connect(url: string, options: SocketIoClientOptions = {}): Promise<SocketIoClient> {
    const client = new SocketIoClient(url, options);
    await client.connected(url);
    return client;
  }

  override send(line: string): void {
    this.socket.emit('command', line);
  }

  sendTogether(lines: readonly string[]): void {
    for (const line of lines) this.send(line);
  }

  override run(line: string): Promise<Reply> {
    return this.emit('command', line);
  }
}

/** The token or API key with which a client connects. */
export type Credentials = { readonly token: string } | { readonly key: string };

/** Opens a connection through one of the transports. */
export const TRANSPORTS = {
  raw: (url: string, credentials?: Credentials): Promise<TestClient> =>
    RawClient.connect(credentials === undefined ? url : `${url}/?${new URLSearchParams(credentials)}`),
  'socket.io': (url: string, credentials?: Credentials): Promise<TestClient> =>
    SocketIoClient.connect(url, credentials === undefined ? {} : { auth: credentials }),
} as const;

export type TransportName = keyof typeof TRANSPORTS;

export const TRANSPORT_NAMES = Object.keys(TRANSPORTS) as TransportName[];

/**
 * A WebSocket to the socket.io transport that speaks its wire protocol by hand (engine.io 4, socket.io 5), to do what
 * the client library never does.
 */
export async function connectEngine(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/u, 'ws')}/socket.io/?EIO=4&transport=websocket`);
  socket.on('error', () => {});
  atEnd(() => socket.terminate());
  await new Promise<void>((resolve, reject) => {
    const read = (data: RawData): void => {
      const packet = data.toString();
      if (packet.startsWith('40')) {
        socket.off('message', read);
        resolve();
      } else {
        socket.send('40');
      }
    };
    socket.on('message', read);
    socket.on('close', () => reject(new Error('closed before it was connected')));
  });
  return socket;
}

/** The outcome of a command: `ok`, or the code of the error. */
export async function outcome(client: TestClient, line: string): Promise<string> {
  const { status } = await client.run(line);
  return status.status === 'ok' ? 'ok' : status.code;
}

/** The outcomes of commands, one after the other. */
export async function outcomes(client: TestClient, ...lines: string[]): Promise<string[]> {
  const codes = [];
  for (const line of lines) codes.push(await outcome(client, line));
  return codes;
}
