import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** The used member of Node's parser of a connection, which Node does not document. */
interface Parser {
  /** Receives each request. */
  onIncoming: (request: IncomingMessage & { upgrade?: boolean }) => number;
}

/** What a receiver of requests returns if the rest of the connection is not HTTP: it is then not parsed. */
const NOT_HTTP = 2;

/**
 * Ends the parsing of a connection that is cut. Otherwise, Node would create a request and a response for each of the hundreds
 * that it has read at once, before anything else happens.
 */
export function stopParsing(socket: Socket): void {
  const { parser } = socket as { parser?: Parser | null };
  if (parser) parser.onIncoming = ignoreRequest;
}

const ignoreRequest: Parser['onIncoming'] = (request) => {
  request.upgrade = false;
  return NOT_HTTP;
};
