import type { Client } from './client.js';
import { Crowd } from './crowd.js';
import { Prober } from './prober.js';
import { Prometheus } from './prometheus.js';
import { Publisher } from './publisher.js';
import { RawClient } from './raw-client.js';
import { SocketIoClient } from './socket-io-client.js';
import type { Stack } from './stack.js';
import type { Tally } from './tally.js';

/** What the parts of the run share: the stack, and constant traffic. */
export interface World {
  stack: Stack;
  tally: Tally;
  prometheus: Prometheus;
  /** Clients of all transports on one busy channel. */
  crowd: Crowd;
  prober: Prober;
  /** Ends all traffic. */
  stop(): Promise<void>;
}

const WATCHFUL_CLIENTS = 20;
const SILENT_CLIENTS = 20;
const SOCKET_IO_CLIENTS = 20;
const POLLING_CLIENTS = 20;
const MESSAGES_A_SECOND = 10;

/** Users of a map of trains, so that boxes and projections are in use. */
const MAP_CLIENTS = 5;
const MAP_COMMANDS = [
  'PROJECTION epsg:3857',
  'BBOX 600000 5700000 1200000 6100000',
  'GET demo:trains',
  'SUB demo:trains',
  'SUB demo:planes',
];

/** Starts the traffic. */
export function createWorld(stack: Stack, tally: Tally): World {
  const { http, prometheus, redis } = stack.addresses;
  const publisher = new Publisher(redis, 'e2e', MESSAGES_A_SECOND);
  const crowd = new Crowd(crowdOf(http, publisher.channel), publisher);
  const prober = new Prober(http);
  return {
    stack,
    tally,
    prometheus: new Prometheus(prometheus),
    crowd,
    prober,
    async stop() {
      prober.stop();
      crowd.stop();
      await publisher.stop();
    },
  };
}

function crowdOf(http: string, channel: string): Client[] {
  const url = `${http.replace(/^http/, 'ws')}/`;
  return [
    ...times(WATCHFUL_CLIENTS, () => new RawClient({ url, channel, watchful: true })),
    ...times(SILENT_CLIENTS, () => new RawClient({ url, channel, watchful: false })),
    ...times(MAP_CLIENTS, () => new RawClient({ url, channel, watchful: true, commands: MAP_COMMANDS })),
    ...times(SOCKET_IO_CLIENTS, () => new SocketIoClient(http, channel, 'websocket')),
    ...times(POLLING_CLIENTS, () => new SocketIoClient(http, channel, 'polling')),
  ];
}

/** Makes a number of things. */
export function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
