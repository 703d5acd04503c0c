import type { IncomingMessage } from 'node:http';
import { CLOSE_CODES } from '@viaduct/protocol';
import { networkOf } from '../../admission/client-address.js';
import { allowsAnyOrigin, createOriginCheck } from '../../auth/origins.js';
import { BROKEN, failureCode } from '../transport.js';

/** The members of the engine's socket that are used here and missing from the library's types. */
export interface EngineSocket {
  /** The request of the handshake. */
  request: IncomingMessage | null;
  /** `shouldClose` ends a polling connection that waits for its client to fetch the close packet. */
  readonly transport: { readonly shouldClose?: (() => void) | null };
  once(event: 'close', listener: () => void): void;
  prependOnceListener(
    event: 'close',
    listener: (this: EngineSocket, reason: string, failure: unknown) => void,
  ): void;
  /** @param discard whether unsent packets are discarded */
  close(discard: boolean): void;
}

/** The state of a connection of the engine, which takes turns with others until it is a session. */
export class EngineConnection {
  /** Whether it has asked to become a session: a connection is at most one session at a time, and counted as such. */
  isTaken = false;
  /** Whether it is a session, whose end is counted instead of that of the connection. */
  isSession = false;
  ended = false;

  /** @param deadline cuts the connection if it stays without a session */
  constructor(
    readonly socket: EngineSocket,
    readonly address: string | null,
    public deadline: NodeJS.Timeout,
  ) {}

  /** The network whose turns it shares; found only for a connection that waits. */
  get network(): string {
    return networkOf(this.address);
  }
}

/** Disables socket.io's own deadline, which would wait half a minute longer for a polling client to fetch the close packet. */
export const NO_CONNECT_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * After a time, cuts a connection without waiting for its client.
 *
 * @param onCut shared by all connections, because a function for each would cost memory
 */
export function cutAfter(ms: number, socket: EngineSocket, onCut: () => void): NodeJS.Timeout {
  // Does not keep the process alive: its connection does.
  return setTimeout(cut, ms, socket, onCut).unref();
}

function cut(socket: EngineSocket, onCut: () => void): void {
  onCut();
  socket.close(true);
  // If it was closing already, the engine would wait half a minute for a client that no longer polls.
  socket.transport.shouldClose?.();
}

/** Pages of other origins send the cookie that leads a proxy to their gateway only if they may send credentials. */
export function corsOf(origins: readonly string[]): CorsOptions {
  if (allowsAnyOrigin(origins)) return { origin: '*', credentials: false };
  const isAllowed = createOriginCheck(origins);
  return { origin: (origin, decide) => decide(null, isAllowed(origin)), credentials: true };
}

interface CorsOptions {
  origin: '*' | ((origin: string | undefined, decide: (error: null, isAllowed: boolean) => void) => void);
  credentials: boolean;
}

/**
 * Whether a request belongs to an existing session; otherwise it begins one. This must agree with the engine, or sessions
 * would begin without a check: the last of several ids counts, and an empty one does not.
 */
export function isOfSession({ url = '' }: IncomingMessage): boolean {
  const sid = new URL(url, 'http://gateway').searchParams.getAll('sid').at(-1) ?? '';
  return sid !== '';
}

/** The part of the engine that creates its transports, which the types of the library keep to themselves. */
interface TransportFactory {
  createTransport(name: string, request: IncomingMessage): { parser: PayloadParser };
}

interface PayloadParser {
  decodePayload(payload: string, ...rest: unknown[]): unknown[];
}

/** Divides the packets of a polling request (Engine.IO protocol 4). */
const SEPARATOR = '\x1e';

/** What the engine's parser returns for a packet that it cannot read: the connection ends. */
const UNREADABLE = { type: 'error', data: 'parser error' };

/** Makes the engine end connections whose polling requests have more packets than this: it would handle them all in one turn. */
export function limitPayloads(engine: unknown, maxPackets: number): void {
  const factory = engine as TransportFactory;
  const { createTransport } = factory;
  const limited = new WeakMap<PayloadParser, PayloadParser>();
  factory.createTransport = (name, request) => {
    const transport = createTransport.call(factory, name, request);
    const { parser } = transport;
    transport.parser = limited.get(parser) ?? limitedParser(parser, maxPackets);
    limited.set(parser, transport.parser);
    return transport;
  };
}

function limitedParser(parser: PayloadParser, maxPackets: number): PayloadParser {
  return {
    ...parser,
    decodePayload: (payload, ...rest) =>
      hasMorePackets(payload, maxPackets) ? [UNREADABLE] : parser.decodePayload(payload, ...rest),
  };
}

function hasMorePackets(payload: string, maxPackets: number): boolean {
  let at = -1;
  for (let packets = 1; packets <= maxPackets; packets++) {
    at = payload.indexOf(SEPARATOR, at + 1);
    if (at === -1) return false;
  }
  return true;
}

/** The close code for metrics at the end of a socket.io connection; socket.io has words instead. */
export function closeCode(reason: string, failure: unknown): number {
  if (reason === 'ping timeout') return CLOSE_CODES.heartbeat_timeout.code;
  if (reason === 'parse error') return CLOSE_CODES.invalid_frame.code;
  if (reason === 'transport close') return BROKEN;
  if (reason === 'transport error') return failure instanceof Error ? failureCode(failure) : BROKEN;
  return CLOSE_CODES.normal.code;
}
