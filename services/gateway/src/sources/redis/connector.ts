import { connect as connectTcp, isIP, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import { DISCONNECT_TIMEOUT_MS } from './options.js';
import type { RedisPlace } from './place.js';
import { type TlsFiles, tlsOptions } from './tls.js';
import type { RedisNode } from './url.js';

/** Events of a connection during its setup. */
export interface ConnectorEvents {
  /** The socket to `node` is opening. */
  opening(socket: Socket, node: RedisNode): void;
  /** The server does not have the required role, so the connection to it ends. */
  wrongRole(role: string): void;
}

/** A name that is not an address is sent to the server, which may have a certificate for each name (RFC 6066, section 3). */
function connectWithTls(node: RedisNode, files: TlsFiles): Socket {
  const name = isIP(node.host) === 0 ? { servername: node.host } : {};
  return connectTls({ ...node, ...name, ...tlsOptions(files) });
}

/** For ioredis's option `Connector`: connects to the current server of the place. */
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

    /** Whether the server has the required role, according to its INFO. */
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
        if (!this.connecting) throw new Error('The connection was closed during the search for its server.');
        socket = tls === null ? connectTcp(node) : connectWithTls(node, tls);
        // ioredis handles only the first error. With TLS there may be two: the server's alert and a failed write.
        socket.on('error', () => {});
        events.opening(socket, node);
      } catch (error) {
        // After a failed socket, ioredis tries again with a back-off; a rejection would stop it for good.
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
