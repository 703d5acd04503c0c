import { connect as connectTcp, Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import { DISCONNECT_TIMEOUT_MS } from './options.js';
import type { RedisPlace } from './place.js';
import type { RedisNode } from './url.js';

/** What becomes known of a connection while it is made. */
export interface ConnectorEvents {
  /** The socket to `node` is opening. */
  opening(socket: Socket, node: RedisNode): void;
  /** The server does not have the role that is asked for, and is left again. */
  wrongRole(role: string): void;
}

/** For ioredis's option `Connector`: connects to wherever the place is at the time. */
export function connectorTo(
  place: RedisPlace,
  tls: boolean,
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
        socket = tls ? connectTls(node) : connectTcp(node);
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
