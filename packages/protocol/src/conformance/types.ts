import type { Envelope } from '../envelope.js';
import type { ErrorStatus, OkStatus } from '../status.js';
import type { Inbox } from './inbox.js';

/** Transport of a connection: a plain WebSocket with lines of text, or socket.io events. */
export type TransportName = 'raw' | 'socket.io';

/** Both transports, in the order of the suite. */
export const TRANSPORTS: readonly TransportName[] = ['raw', 'socket.io'];

/** The outcome of one command. */
export interface Reply {
  /** The acknowledgement; on a raw connection, derived from the status envelopes (none means ok). */
  status: OkStatus | ErrorStatus;
  /** What arrived between the command and its end, oldest first, without envelopes about its status. */
  envelopes: Envelope[];
}

/** How a connection ended. */
export interface Closed {
  /** As in `CLOSE_CODES`; null if socket.io gave none. */
  code: number | null;
  reason: string;
}

/** One connection, seen the same way through either transport. */
export interface Client {
  /** Everything that has arrived. */
  readonly inbox: Inbox;
  /** Resolves when either side has ended the connection. */
  readonly closed: Promise<Closed>;
  /** Sends a command, written as a line of text, and waits until the server has finished it. */
  run(line: string): Promise<Reply>;
  /** Sends a command, written as a line of text, without waiting. */
  send(line: string): void;
  /** Closes the connection and resolves when it has ended. */
  close(): Promise<void>;
  /** Cuts the connection without closing it. */
  terminate(): void;
}

/** The data source of the server under test. The suite writes there what the server reads. */
export interface Backend {
  /** Sets fields of a hash. */
  hset(key: string, values: Readonly<Record<string, string>>): Promise<void>;
  /** Removes fields of a hash. */
  hdel(key: string, fields: readonly string[]): Promise<void>;
  /** Gives the key a plain string value, which is not a hash. */
  set(key: string, value: string): Promise<void>;
  /** Removes a key. */
  del(key: string): Promise<void>;
  publish(channel: string, message: string): Promise<void>;
  /** Number of connections that are subscribed to the channel. */
  numsub(channel: string): Promise<number>;
  close(): Promise<void>;
}

/** The server under test. */
export interface ConformanceOptions {
  /** Address of the server: `ws://host:port` or `http://host:port`, with a path for the raw transport if necessary. */
  url: string;
  /** The server's Redis. Not needed if `backend` is given. */
  redisUrl?: string;
  /** Replaces Redis. */
  backend?: Backend;
  /** Prefix of the suite's channels and keys; the server must allow `PREFIX*` and nothing else. Default `conf`. */
  prefix?: string;
  /** A name that the server must not allow. Default: one that does not start with the prefix. */
  forbidden?: string;
  /** Longest wait for anything that must happen, in ms. Default 10,000. */
  timeoutMs?: number;
  /** The server's limit for one frame, in bytes. Default 1 MiB. */
  maxFrameBytes?: number;
  /** The projection of new sessions of the server. Default the data's, `epsg:4326`. */
  defaultProjection?: string;
}

/** A server to be tested, with connections to its data. */
export interface Conformance {
  readonly url: string;
  readonly backend: Backend;
  readonly prefix: string;
  readonly forbidden: string;
  readonly timeoutMs: number;
  readonly maxFrameBytes: number;
  readonly defaultProjection: string;
  /** Ends the connections. */
  close(): Promise<void>;
}

/** One requirement for a conforming server. */
export interface ConformanceCase {
  /** The transport and the requirement, as one sentence. */
  name: string;
  transport: TransportName;
  /** Resolves if the server conforms; rejects with what it did instead. Cleans up after itself. */
  run(conformance: Conformance): Promise<void>;
}
