import { connect as connectTcp, isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import { DISCONNECT_TIMEOUT_MS } from './options.js';
import type { RedisPlace } from './place.js';
import { type TlsFiles, tlsOptions } from './tls.js';
import type { RedisNode } from './url.js';

/** What becomes known of a connection while it is made. */
export interface ConnectorEvents {
  /** The socket to `node` is opening. */
  opening(socket: Socket, node: RedisNode): void;
  /** The server does not have the role that is asked for, and is left again. */
  wrongRole(role: string): void;
}

/** Names that are not addresses are told to the server, which may have a certificate for each (RFC 6066, section 3). */
function connectWithTls(node: RedisNode, files: TlsFiles): Socket {
  const name = isIP(node.host) === 0 ? { servername: node.host } : {};
  return connectTls({ ...node, ...name, ...tlsOptions(files) });
}

/** For ioredis's option `Connector`: connects to wherever the place is at the time. */
export function connectorTo(
  place: RedisPlace,
  tls: TlsFiles | null,
  events: ConnectorEvents,
): new (
  options: unknown,
) => AbstractConnector {
  return class PlaceConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    /** Whether the server is the right one, by what its INFO says. */
    override check({ role }: { role?: string }): boolean {
      if (place.role === undefined || role === undefined || role === place.role) return true;
      events.wrongRole(role);
      return false;
    }

    override async connect(): Promise<Socket> {
      this.connecting = true;
      let socket: Socket;
      try {
        const node = await place.locate();
        if (!this.connecting) throw new Error('The connection was closed while its server was being found.');
        socket = tls === null ? connectTcp(node) : connectWithTls(node, tls);
        events.opening(socket, node);
      } catch (error) {
        // A socket that has failed has ioredis try again after the back-off; a rejection would be the end.
        socket = new Socket();
        socket.once('error', () => {});
        socket.destroy();
        this.firstError = error instanceof Error ? error : new Error(String(error));
      }
      this.stream = socket;
      return socket;
    }
  };
}
