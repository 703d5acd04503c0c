import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The members that are used here of the parser that Node gives each connection; Node does not document them. */
interface Parser {
  /** Receives each request before its body. */
  onIncoming: (request: Request, shouldKeepAlive: boolean) => number;
}

interface Request extends IncomingMessage {
  upgrade: boolean;
}

/** What a receiver of requests returns if the rest of the connection is not HTTP: it is then not parsed. */
const NOT_HTTP = 2;

/**
 * Ends the parsing of a connection that is cut. Otherwise, Node would create a request and a response for each of the hundreds
 * that it has read at once, before anything else happens.
 */
export function stopParsing(socket: Socket): void {
  const parser = parserOf(socket);
  if (parser !== null) parser.onIncoming = ignoreRequest;
}

const ignoreRequest: Parser['onIncoming'] = (request) => {
  request.upgrade = false;
  return NOT_HTTP;
};

/**
 * Makes Node hand over a connection, as for an upgrade, at the first request whose body comes in chunks. Otherwise, it would
 * parse the thousands of chunks that it has read at once, before the request can be refused.
 */
export function handOverChunks(socket: Socket): void {
  const parser = parserOf(socket);
  if (parser === null) return;
  const { onIncoming } = parser;
  parser.onIncoming = (request, shouldKeepAlive) => {
    if (!isChunked(request)) return onIncoming(request, shouldKeepAlive);
    request.upgrade = true;
    return NOT_HTTP;
  };
}

/** Whether the body of a request comes in chunks (RFC 9112 section 7.1), or in another transfer coding. */
export function isChunked({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}

/** Null if Node's parser is not the one known here. */
function parserOf(socket: Socket): Parser | null {
  const { parser } = socket as { parser?: Partial<Parser> | null };
  return typeof parser?.onIncoming === 'function' ? (parser as Parser) : null;
}
