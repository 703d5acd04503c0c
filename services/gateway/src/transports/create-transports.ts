import type { Server } from 'node:http';
import type { Admission } from '../admission/admission.js';
import type { Grant } from '../auth/grant.js';
import type { Config } from '../config/config.js';
import { packageVersion } from '../config/version.js';
import type { Connection } from '../delivery/connection.js';
import type { SessionServices } from '../session/services.js';
import { Session } from '../session/session.js';
import { SOCKET_IO_PATH, SocketIoTransport } from './socket-io/transport.js';
import { SseTransport } from './sse/transport.js';
import type { TransportObserver } from './transport.js';
import { RawTransport } from './websocket/transport.js';

interface CreateTransportsOptions {
  readonly services: SessionServices;
  readonly observer: TransportObserver;
  readonly admission: Admission;
}

/** Every transport of a gateway. */
interface AllTransports<ServerEvents extends object> {
  readonly socketIo: SocketIoTransport<ServerEvents>;
  readonly raw: RawTransport;
  /** Has no handshake of its own: the HTTP API hands it requests. */
  readonly events: SseTransport;
}

/** Creates the transports from the settings. They accept the server's connections from now on. */
export function createTransports<ServerEvents extends object>(
  server: Server,
  config: Config,
  { services, observer, admission }: CreateTransportsOptions,
): AllTransports<ServerEvents> {
  const { deflate, deflateMinBytes, deflateLevel, heartbeatMs } = config.delivery;
  const { maxFrameBytes, commandsPerSecond, handshakeTimeoutMs } = config.limits;
  const { authenticator, accounts, clientWork, reportInternalError } = services;
  const createSession = (connection: Connection, grant: Grant): Session =>
    new Session(services, connection, grant);
  const common = {
    maxFrameBytes,
    heartbeatMs,
    admission,
    authenticator,
    clientWork,
    handshakeTimeoutMs,
    accounts: { check: (grant: Grant) => accounts.checkRoom(grant) },
    reportInternalError,
  };
  return {
    socketIo: new SocketIoTransport(server, createSession, observer, {
      ...common,
      allowedOrigins: config.auth.allowedOrigins,
      commandsPerSecond,
    }),
    raw: new RawTransport(server, createSession, observer, {
      ...common,
      deflate: deflate ? { minBytes: deflateMinBytes, level: deflateLevel } : null,
      version: packageVersion(),
      isForeign: (url) => url.startsWith(SOCKET_IO_PATH),
    }),
    events: new SseTransport(createSession, observer, common),
  };
}
