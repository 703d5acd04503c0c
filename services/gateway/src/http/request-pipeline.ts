import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { stopParsing } from './parsing.js';

/**
 * Why a connection is cut: it has pipelined too many requests, or one for another protocol; or the body of a request comes in
 * chunks.
 */
export const CUT_REASONS = ['too_many_pipelined', 'early_upgrade', 'chunked_body'] as const;

/** Called for each connection that is cut. */
export type ConnectionCut = (reason: (typeof CUT_REASONS)[number]) => void;

/**
 * The most pipelined requests of one connection that wait. Each takes kilobytes, however short it is, and browsers and
 * proxies do not pipeline.
 */
const MAX_PIPELINED = 20;

/**
 * Serves the requests of each connection one after the other. HTTP lets a client send further requests before it has an
 * answer (pipelining, RFC 9112 section 9.3.2), and Node passes all of them on as they arrive. Here they wait until the
 * earlier ones are answered. Meanwhile nothing more is read from the connection, and one with too many waiting requests is
 * cut.
 */
export class RequestPipeline {
  readonly #waiting = new WeakMap<Duplex, (() => void)[]>();
  readonly #ending = new WeakSet<Socket>();
  readonly #cut: ConnectionCut;

  constructor(cut: ConnectionCut) {
    this.#cut = cut;
  }

  /**
   * Cuts a connection whose request for another protocol has arrived before the answers to earlier requests: these answers
   * would follow in the other protocol. The same for a request whose body comes in chunks: its answer would overtake them.
   *
   * @returns whether the connection was cut
   */
  cutIfPipelined(socket: Duplex, reason: 'early_upgrade' | 'chunked_body'): boolean {
    const isPipelined = this.#waiting.has(socket);
    if (isPipelined) {
      this.#cut(reason);
      socket.destroy();
    }
    return isPipelined;
  }

  /**
   * If requests wait, so that the rest of the connection is not read, ends the connection when all that have arrived are
   * answered.
   *
   * @returns whether requests wait
   */
  endWhenAnswered(socket: Socket): boolean {
    const waits = (this.#waiting.get(socket)?.length ?? 0) > 0;
    if (waits) this.#ending.add(socket);
    return waits;
  }

  /** Serves a request when the earlier ones of its connection have been answered; never if the connection ends first. */
  serve({ socket }: IncomingMessage, response: ServerResponse, serve: () => void): void {
    // Node passes on the rest of what it has read from a connection that is cut.
    if (socket.destroyed) return;
    const begin = (): void => {
      response.once('close', () => this.#next(socket));
      serve();
    };
    const waiting = this.#waiting.get(socket);
    if (waiting === undefined) {
      this.#waiting.set(socket, []);
      begin();
      return;
    }
    if (waiting.push(begin) > MAX_PIPELINED) {
      this.#cut('too_many_pipelined');
      stopParsing(socket);
      socket.destroy();
      return;
    }
    if (waiting.length > 1) return;
    socket.on('resume', pause);
    socket.pause();
  }

  #next(socket: Socket): void {
    const waiting = this.#waiting.get(socket);
    const begin = socket.writable ? waiting?.shift() : undefined;
    if (begin === undefined) {
      this.#waiting.delete(socket);
      if (this.#ending.has(socket)) socket.end();
      return;
    }
    if (waiting?.length === 0) {
      socket.off('resume', pause);
      socket.resume();
    }
    begin();
  }
}

/** Node resumes the connection when the body of any request is read or discarded, so pause it again. */
function pause(this: Socket): void {
  this.pause();
}
