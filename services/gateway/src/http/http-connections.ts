import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyCheck, networkOf } from '../admission/client-address.js';
import { NetworkRates } from '../admission/network-rates.js';
import { noRoomAnswer, refuseConnection } from '../admission/refusal-answers.js';
import type { Config } from '../config/config.js';
import { stopParsing } from './parsing.js';
import { CUT_REASONS } from './request-pipeline.js';
import type { HttpServer } from './server.js';

/** Connections beyond those of clients: for health checks, metrics and answers to clients that are refused. */
const RESERVE = 1000;

/**
 * How many connections an address may open for each session that it may begin: one of them becomes the session, a browser
 * opens six more for the page, and clients that poll may use a new one for each request.
 */
const OPENED_PER_SESSION = 10;

/** What a connection is doing: it has sent no complete request yet, waits for an answer, or for the next request. */
export const HTTP_STATES = ['handshake', 'request', 'idle'] as const;
export type HttpState = (typeof HTTP_STATES)[number];

/**
 * Why a connection is cut: its address, or all clients together, have too many; its address opens too many per second; or it
 * sends requests that are not served.
 */
export const HTTP_REFUSALS = [
  'too_many_from_address',
  'too_many_connections',
  'too_fast_from_address',
  ...CUT_REASONS,
] as const;
export type HttpRefusal = (typeof HTTP_REFUSALS)[number];

/** What is known about one connection. */
interface HttpConnection {
  /** Null for a trusted proxy, which connects for many clients. */
  readonly network: string | null;
  state: HttpState;
  /** Requests without an answer. */
  requests: number;
}

/**
 * Limits the connections of an HTTP server that are not WebSockets. An address may have as many of them as it may have
 * sessions; beyond that, its idle ones are closed, and then further ones are refused. The rate at
 * which it opens them is limited, too, because the first requests of a connection cost time before it can be cut.
 */
export class HttpConnections {
  readonly #perAddress: number;
  readonly #opening: NetworkRates;
  /** Whether addresses have limits. */
  readonly #isLimited: boolean;
  readonly #isProxy: (remote: string | undefined) => boolean;
  readonly #refused: (reason: HttpRefusal) => void;
  readonly #open = new Map<Duplex, HttpConnection>();
  readonly #byNetwork = new Map<string, Set<Duplex>>();

  /** @param refused called for each connection that is refused */
  constructor({ limits }: Pick<Config, 'limits'>, refused: (reason: HttpRefusal) => void) {
    this.#perAddress = limits.maxConnectionsPerAddress;
    this.#isProxy = createProxyCheck(limits.trustedProxies);
    const perSecond = OPENED_PER_SESSION * limits.connectionsPerSecondPerAddress;
    this.#opening = new NetworkRates(perSecond);
    this.#isLimited = this.#perAddress > 0 || perSecond > 0;
    this.#refused = refused;
  }

  /**
   * Begins to watch a server. Call this when all its other listeners are in place.
   *
   * @param maxConnections limit of sessions: each may have a WebSocket, or a request of polling and another connection
   */
  watch(server: HttpServer, maxConnections: number): void {
    server.maxConnections = 2 * maxConnections + RESERVE;
    server.on('drop', () => this.#refused('too_many_connections'));
    server.on('connection', (socket: Socket) => this.#enter(socket));
    // Before the listeners that take over the connection.
    const onUpgrade = (_request: IncomingMessage, socket: Duplex): void => this.#leave(socket);
    // Without a listener, Node serves the request as if it offered no upgrade; with this listener alone, it would stay
    // unanswered.
    if (server.listenerCount('upgrade') > 0) server.prependListener('upgrade', onUpgrade);
    server.on('arrived', (socket: Socket, response: ServerResponse) => this.#serve(socket, response));
  }

  /** The number of connections in a state. */
  count(state: HttpState): number {
    let count = 0;
    for (const connection of this.#open.values()) if (connection.state === state) count++;
    return count;
  }

  #enter(socket: Socket): void {
    const { remoteAddress } = socket;
    const isCounted = this.#isLimited && remoteAddress !== undefined && !this.#isProxy(remoteAddress);
    const network = isCounted ? networkOf(remoteAddress) : null;
    const refusal = network === null ? null : this.#refusalOf(network);
    if (refusal !== null) {
      this.#refused(refusal);
      stopParsing(socket);
      refuseConnection(socket, noRoomAnswer(refusal));
      socket.destroySoon();
      return;
    }
    this.#open.set(socket, { network, state: 'handshake', requests: 0 });
    if (network !== null) {
      const ofNetwork = this.#byNetwork.get(network) ?? new Set();
      this.#byNetwork.set(network, ofNetwork.add(socket));
    }
    socket.on('close', () => this.#leave(socket));
  }

  #refusalOf(network: string): 'too_fast_from_address' | 'too_many_from_address' | null {
    if (!this.#opening.take(network)) return 'too_fast_from_address';
    return this.#makeRoom(network) ? null : 'too_many_from_address';
  }

  /** Whether an address may have a further connection; closes an idle one if necessary. */
  #makeRoom(network: string): boolean {
    const ofNetwork = this.#byNetwork.get(network);
    if (this.#perAddress === 0 || ofNetwork === undefined || ofNetwork.size < this.#perAddress) return true;
    for (const socket of ofNetwork) {
      if (this.#open.get(socket)?.state !== 'idle') continue;
      this.#leave(socket);
      socket.destroy();
      return true;
    }
    return false;
  }

  #serve(socket: Socket, response: ServerResponse): void {
    const connection = this.#open.get(socket);
    if (connection === undefined) return;
    connection.requests++;
    connection.state = 'request';
    response.once('close', () => {
      if (--connection.requests === 0) connection.state = 'idle';
    });
  }

  /** Forgets a connection that has ended, or has become a WebSocket. */
  #leave(socket: Duplex): void {
    const network = this.#open.get(socket)?.network ?? null;
    this.#open.delete(socket);
    if (network === null) return;
    const ofNetwork = this.#byNetwork.get(network);
    ofNetwork?.delete(socket);
    if (ofNetwork?.size === 0) this.#byNetwork.delete(network);
  }
}
