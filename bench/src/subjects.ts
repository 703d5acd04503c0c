import type { TransportName } from './load/client.js';
import { program } from './paths.js';

/** A server and the way in which clients use it: one row of a table. */
export interface Subject {
  name: string;
  server: ServerName;
  transport: TransportName;
  /** socket.io clients that accept lists of envelopes. */
  batch: boolean;
}

export const SERVER_NAMES = ['viaduct', 'ws', 'socket.io'] as const;
export type ServerName = (typeof SERVER_NAMES)[number];

export const VIADUCT: Subject = { name: 'viaduct', server: 'viaduct', transport: 'raw', batch: false };
export const VIADUCT_IO: Subject = {
  name: 'viaduct, socket.io',
  server: 'viaduct',
  transport: 'socket.io',
  batch: false,
};
export const VIADUCT_BATCH: Subject = {
  name: 'viaduct, socket.io in batches',
  server: 'viaduct',
  transport: 'socket.io',
  batch: true,
};
export const WS: Subject = { name: '`ws`, send each', server: 'ws', transport: 'raw', batch: false };
export const SOCKET_IO: Subject = {
  name: 'socket.io, `io.emit`',
  server: 'socket.io',
  transport: 'socket.io',
  batch: false,
};

/** The channel of scenarios that need one; all channels have the same prefix. */
const CHANNEL = 'bench_0000';

/** The program of a server. */
export function serverFile(server: ServerName, gateway: string): string {
  if (server === 'viaduct') return gateway;
  return program(server === 'ws' ? 'servers/ws-reference.js' : 'servers/socket-io-reference.js');
}

/** All clients of the benchmark have one address, and arrive at once. The limits of sessions are the defaults. */
const NO_ARRIVAL_LIMITS = {
  MAX_CONNECTIONS_PER_ADDRESS: '0',
  CONNECTIONS_PER_SECOND_PER_ADDRESS: '0',
  CONNECTIONS_PER_SECOND: '0',
};

/** The settings of a server. */
export function serverEnv(server: ServerName, redisUrl: string): Record<string, string> {
  const channels = server === 'viaduct' ? 'bench*' : CHANNEL;
  return { REDIS_URL: redisUrl, CHANNELS: channels, LOG_LEVEL: 'warn', ...NO_ARRIVAL_LIMITS };
}
