import type { Socket } from 'node:net';
import {
  type ClosingNotice,
  type Envelope,
  type ErrorStatus,
  type OkStatus,
  parseEnvelope,
  STATUS_SOURCE,
} from '@viaduct/protocol';
import { type Socket as IoSocket, io } from 'socket.io-client';
import { type ClientOptions, type RawData, WebSocket } from 'ws';
import { Inbox } from './inbox.js';
import { atEnd } from './teardown.js';
import { patienceMs } from './wait.js';

/** How a connection ended; no code where socket.io gave none. */
export interface Closed {
  code: number | null;
  reason: string;
}

/** The outcome of one command. */
export interface Outcome {
  status: OkStatus | ErrorStatus;
  /** What came between the command and its end, without envelopes about its status. */
  envelopes: Envelope[];
}

/** One connection, through either transport. */
export interface TestClient {
  readonly inbox: Inbox;
  readonly closed: Promise<Closed>;
  /** Sends one command, written as a line of text. */
  send(line: string): void;
  /** Sends several, so that none is answered before the last was sent. */
  sendTogether(lines: readonly string[]): void;
  /** Sends one command and waits until the gateway is done with it. */
  run(line: string): Promise<Outcome>;
  /** Ends the connection in an orderly way. */
  close(): Promise<void>;
  /** Cuts the connection without a farewell, as where the client is killed. */
  kill(): void;
}

let barriers = 0;

/** A plain WebSocket. */
export class RawClient implements TestClient {
  readonly inbox = new Inbox();
  readonly closed: Promise<Closed>;
  readonly socket: WebSocket;
  #stream: Socket | undefined;

  private constructor(url: string, options: ClientOptions) {
    this.socket = new WebSocket(url.replace(/^http/u, 'ws'), options);
    this.socket.on('upgrade', ({ socket }) => {
      this.#stream = socket;
    });
    this.socket.on('message', (data) => this.inbox.add(parseEnvelope(data.toString())));
    this.socket.on('error', (error) => this.inbox.end(error.message));
    this.closed = new Promise((resolve) => {
      this.socket.on('close', (code, reason) => {
        this.inbox.end(`closed with ${code}`);
        resolve({ code, reason: reason.toString() });
      });
    });
    atEnd(() => this.socket.terminate());
  }

  /** Connects and reads the first envelope. */
  static async connect(url: string, options: ClientOptions = {}): Promise<RawClient> {
    const client = new RawClient(url, options);
    await client.inbox.next(({ source }) => source === STATUS_SOURCE);
    return client;
  }

  send(line: string): void {
    this.socket.send(line);
  }

  sendTogether(lines: readonly string[]): void {
    this.#stream?.cork();
    for (const line of lines) this.send(line);
    this.#stream?.uncork();
  }

  /** A raw connection does not say when a command is done: that of the next one, a PING, tells. */
  async run(line: string): Promise<Outcome> {
    const reference = `barrier-${++barriers}`;
    this.send(line);
    this.send(`PING ${reference}`);
    const arrived = await this.inbox.collect((envelope) => envelope.client_reference === reference);
    const isError = ({ source, content }: Envelope): boolean =>
      source === STATUS_SOURCE && (content as { status?: unknown }).status === 'error';
    const error = arrived.find(isError);
    const ok: OkStatus = { status: 'ok', command: line.split(' ')[0]?.toUpperCase() ?? '' };
    return {
      status: error === undefined ? ok : (error.content as ErrorStatus),
      envelopes: arrived.slice(0, -1).filter((envelope) => envelope !== error),
    };
  }

  /** Reads nothing more from the network until `resume()`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  async close(): Promise<void> {
    this.socket.close(1000);
    await this.closed;
  }

  kill(): void {
    this.socket.terminate();
  }
}

interface ServerEvents {
  message(envelope: Envelope): void;
  messages(envelopes: Envelope[]): void;
  closing(notice: ClosingNotice): void;
}

/** Emits what the gateway's event types forbid, too. */
type AnyEvents = Record<string, (...values: unknown[]) => void>;

export interface IoClientOptions {
  transports?: ('websocket' | 'polling')[];
  auth?: Record<string, unknown>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
}

/** A socket.io connection. */
export class IoClient implements TestClient {
  readonly inbox = new Inbox();
  readonly closed: Promise<Closed>;
  readonly socket: IoSocket<ServerEvents, AnyEvents>;
  #notice: ClosingNotice | null = null;

  private constructor(
    url: string,
    { transports = ['websocket'], auth = {}, query = {}, headers = {} }: IoClientOptions,
  ) {
    this.socket = io(url, {
      transports,
      auth,
      query,
      extraHeaders: headers,
      forceNew: true,
      reconnection: false,
      timeout: patienceMs(),
    });
    this.socket.on('message', (envelope) => this.inbox.add(envelope));
    this.socket.on('messages', (envelopes) => {
      for (const envelope of envelopes) this.inbox.add(envelope);
    });
    this.socket.on('closing', (notice) => {
      this.#notice = notice;
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('disconnect', (reason) => {
        this.inbox.end(reason);
        resolve(this.#notice ?? { code: null, reason });
      });
    });
    atEnd(() => this.socket.disconnect());
  }

  /** @throws Error where the gateway refuses the connection */
  static async connect(url: string, options: IoClientOptions = {}): Promise<IoClient> {
    const client = new IoClient(url, options);
    await new Promise<void>((resolve, reject) => {
      client.socket.on('connect', resolve);
      client.socket.on('connect_error', reject);
    });
    return client;
  }

  send(line: string): void {
    this.socket.emit('command', line);
  }

  sendTogether(lines: readonly string[]): void {
    for (const line of lines) this.send(line);
  }

  run(line: string): Promise<Outcome> {
    return this.emit('command', line);
  }

  /** Emits an event and waits for its acknowledgement. */
  async emit(event: string, ...values: unknown[]): Promise<Outcome> {
    const before = this.inbox.all.length;
    const acknowledgement = this.socket.timeout(patienceMs()).emitWithAck(event, ...values);
    const status = (await acknowledgement) as OkStatus | ErrorStatus;
    return { status, envelopes: this.inbox.all.slice(before) };
  }

  async close(): Promise<void> {
    this.socket.disconnect();
    await this.closed;
  }

  kill(): void {
    const { transport } = this.socket.io.engine;
    // The WebSocket of its WebSocket transport, which the client library does not declare.
    (transport as unknown as { ws: WebSocket }).ws.terminate();
  }
}

/** Opens a connection through one of the transports. */
export const TRANSPORTS = {
  raw: (url: string): Promise<TestClient> => RawClient.connect(url),
  'socket.io': (url: string): Promise<TestClient> => IoClient.connect(url),
} as const;

export type TransportName = keyof typeof TRANSPORTS;

/**
 * A WebSocket to the socket.io transport that speaks its wire protocol by hand (engine.io 4, socket.io 5), for what
 * the client library would never do.
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

/** The codes with which commands are answered: `ok`, or that of the error. */
export async function outcomes(client: TestClient, ...lines: string[]): Promise<string[]> {
  const codes = [];
  for (const line of lines) {
    const { status } = await client.run(line);
    codes.push(status.status === 'ok' ? 'ok' : status.code);
  }
  return codes;
}
