import { IncomingMessage, type RequestListener, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { refuseConnection } from '../admission/refusal-answers.js';
import { handOverChunks, isChunked } from './parsing.js';
import { type ConnectionCut, RequestPipeline } from './request-pipeline.js';
import { BAD_REQUEST, hasBody, isWebSocket, serveWithoutUpgrade } from './without-upgrade.js';

/** How many times within the handshake timeout the server looks for connections that exceed it. */
const CHECKS_PER_TIMEOUT = 4;

/** Refuses a client before there is a request to answer. */
const TIMED_OUT = 'HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n';
const HEADERS_TOO_BIG = 'HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n';

const NO_HOST = 'a request of HTTP/1.1 needs the header Host\n';

/** Refuses a request whose body comes in chunks. */
const LENGTH_REQUIRED = {
  status: 411,
  content: { message: 'a body in chunks is not read; send it in one piece, with a Content-Length' },
} as const;

export interface HttpServerOptions {
  /** A connection without a complete request after this time is answered with 408 and cut; in ms. */
  readonly handshakeTimeoutMs: number;
  /** How long a connection stays open for the next request, in ms. */
  readonly keepAliveMs: number;
  /** Called for each connection whose handshake takes too long. */
  timedOut(): void;
  /** Resolves when a request may be served, or when its client has gone; undefined if it may be at once. */
  turn(request: IncomingMessage): Promise<void> | undefined;
  /** Called for each connection that is cut because of its requests. */
  cut: ConnectionCut;
}

/**
 * An HTTP server that hands over only upgrades to WebSocket, and serves requests that offer another protocol as if they did
 * not. The requests of a connection are served one after the other, each when it is its turn. A request whose body comes in
 * chunks is answered with 411, unless its body means nothing: then it is served, and the connection ends.
 *
 * It emits `arrived`, with the connection and the response, for each request, before `request`.
 */
export class HttpServer extends Server {
  readonly #pipeline: RequestPipeline;
  readonly #turn: HttpServerOptions['turn'];
  readonly #cut: ConnectionCut;

  constructor(
    { handshakeTimeoutMs, keepAliveMs, timedOut, turn, cut }: HttpServerOptions,
    listener: RequestListener,
  ) {
    super(
      {
        keepAliveTimeout: keepAliveMs,
        headersTimeout: handshakeTimeoutMs,
        requestTimeout: handshakeTimeoutMs,
        connectionsCheckingInterval: Math.ceil(handshakeTimeoutMs / CHECKS_PER_TIMEOUT),
        // Otherwise, Node would answer requests without Host itself, any number of them at once.
        requireHostHeader: false,
      },
      listener,
    );
    this.#pipeline = new RequestPipeline(cut);
    this.#turn = turn;
    this.#cut = cut;
    this.on('connection', handOverChunks);
    // Otherwise, Node would answer these itself, too. RFC 9110 section 10.1.1 lets a server ignore the client's expectation.
    this.on('checkExpectation', (request, response) => this.emit('request', request, response));
    this.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
        // The client may have sent the rest of its request: nothing was read while earlier ones were served.
        if (socket instanceof Socket && this.#pipeline.endWhenAnswered(socket)) return;
        timedOut();
      }
      if (socket.writable && error.code !== 'ECONNRESET') socket.write(answerTo(error));
      socket.destroy(error);
    });
  }

  override emit(event: string, ...args: unknown[]): boolean {
    if (event === 'upgrade') {
      const [request, socket] = args;
      if (request instanceof IncomingMessage && socket instanceof Socket) {
        const isChunks = isChunked(request);
        if (this.#pipeline.cutIfPipelined(socket, isChunks ? 'chunked_body' : 'early_upgrade')) return true;
        // Some proxies add an empty body in chunks to each GET. After that of a handshake, frames would follow.
        if (isChunks && (isWebSocket(request) || hasBody(request))) {
          this.#cut('chunked_body');
          refuseConnection(socket, LENGTH_REQUIRED);
          return true;
        }
        if (!isWebSocket(request)) {
          serveWithoutUpgrade(request, socket, (response) => {
            super.emit('arrived', socket, response);
            this.#serve(request, response);
          });
          return true;
        }
      }
    }
    if (event === 'request') {
      const [request, response] = args;
      if (request instanceof IncomingMessage && response instanceof ServerResponse) {
        // Node passes on the rest of what it has read from a connection that is cut.
        if (request.socket.destroyed) return true;
        super.emit('arrived', request.socket, response);
        this.#pipeline.serve(request, response, () => this.#serve(request, response));
        return true;
      }
    }
    return super.emit(event, ...args);
  }

  /** Serves a request when it is its turn; never if the connection ends first. */
  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.httpVersion === '1.1' && request.headers.host === undefined) {
      // RFC 9112 section 3.2 demands this.
      response.writeHead(400, { connection: 'close', 'content-type': 'text/plain' }).end(NO_HOST);
      return;
    }
    const turn = this.#turn(request);
    if (turn === undefined) super.emit('request', request, response);
    else
      void turn.then(() => {
        if (!request.socket.destroyed) super.emit('request', request, response);
      });
  }
}

function answerTo({ code }: NodeJS.ErrnoException): string {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return TIMED_OUT;
  return code === 'HPE_HEADER_OVERFLOW' ? HEADERS_TOO_BIG : BAD_REQUEST;
}
