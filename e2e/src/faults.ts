import { sleep } from '@viaduct/testkit/wait';
import type { Stack } from './stack.js';

/** A fault or an operation, while clients are connected. */
export interface Fault {
  title: string;
  /** Causes it, and repairs what does not repair itself. */
  act(stack: Stack): Promise<void>;
  /** What users are promised meanwhile. */
  promise: {
    /** Longest time without data for any client, in seconds. */
    secondsWithoutData: number;
    /** No subscribed client misses a message. */
    losesNothing: boolean;
    /** How many new sessions may fail; by default none. */
    failedSessions?: number;
    /** Everything recovers by itself within this many seconds. */
    recoversWithin?: number;
  };
  /** What the operator sees, and a query that shows it. */
  operator: { sees: string; query: string };
}

/** Duration of a fault that does not end by itself, in milliseconds. */
const LASTING_MS = 20_000;

const GATEWAYS = 3;

/** Puts a gateway into another state for a while. */
async function forAWhile(
  harm: () => Promise<unknown>,
  undo: () => Promise<unknown>,
  ms: number,
): Promise<void> {
  await harm();
  await sleep(ms);
  await undo();
}

function cutOff(network: string): (stack: Stack) => Promise<void> {
  return async (stack) => {
    const { id } = await stack.busiestGateway();
    const name = stack.network(network);
    await forAWhile(
      () => stack.docker('network', 'disconnect', name, id),
      // By hand, it needs the alias that compose sets: the name by which nginx and Prometheus find gateways.
      () => stack.docker('network', 'connect', '--alias', 'gateway', name, id),
      LASTING_MS,
    );
  };
}

const FEWER_READY = `min_over_time(sum(viaduct_source_ready)[1m:5s]) < ${GATEWAYS}`;

/** Comes first, because the check of sticky clients uses it. */
export const MORE_GATEWAYS: Fault = {
  title: 'scaled from 3 to 5 gateways',
  act: (stack) => stack.scale(5),
  promise: { secondsWithoutData: 3, losesNothing: true },
  operator: { sees: '5 gateways ready', query: 'sum(viaduct_source_ready) == 5' },
};

/** These follow, in this order. */
export const FAULTS: readonly Fault[] = [
  {
    title: 'scaled from 5 to 2 gateways (SIGTERM, drain of 10 s)',
    act: (stack) => stack.scale(2),
    promise: { secondsWithoutData: 5, losesNothing: true },
    operator: {
      sees: 'connections closed with 1012; 2 gateways ready',
      query:
        'sum(viaduct_source_ready) == 2 and sum(increase(viaduct_connections_closed_total{code="1012"}[1m])) > 0',
    },
  },
  {
    title: 'scaled from 2 to 3 gateways',
    act: (stack) => stack.scale(GATEWAYS),
    promise: { secondsWithoutData: 3, losesNothing: true },
    operator: { sees: '3 gateways ready', query: `sum(viaduct_source_ready) == ${GATEWAYS}` },
  },
  {
    title: '`docker kill` of one gateway',
    act: async (stack) => {
      const { id } = await stack.busiestGateway();
      await forAWhile(
        () => stack.docker('kill', id),
        () => stack.scale(GATEWAYS),
        5000,
      );
    },
    promise: { secondsWithoutData: 8, losesNothing: false },
    operator: { sees: 'one gateway fewer is ready, and its connections on the others', query: FEWER_READY },
  },
  {
    title: 'crash of one gateway',
    act: async (stack) => {
      const gateway = await stack.busiestGateway();
      const restarts = Number(await stack.docker('inspect', '--format', '{{.RestartCount}}', gateway.id));
      await stack.signal(gateway, 'SIGKILL');
      await stack.healthy(gateway, restarts + 1);
    },
    promise: { secondsWithoutData: 8, losesNothing: false, recoversWithin: 15 },
    operator: {
      sees: 'the annotation "Gateway started"; "Running for" starts again at 0',
      query: 'changes(process_start_time_seconds[1m]) > 0 and on (instance) viaduct_source_ready',
    },
  },
  {
    title: 'one gateway hangs for 20 s (SIGSTOP)',
    act: async (stack) => {
      const gateway = await stack.busiestGateway();
      await forAWhile(
        () => stack.signal(gateway, 'SIGSTOP'),
        () => stack.signal(gateway, 'SIGCONT'),
        LASTING_MS,
      );
    },
    // Those whose handshake had just reached the gateway.
    promise: { secondsWithoutData: 25, losesNothing: false, failedSessions: 2 },
    operator: {
      sees: 'the gateway is not scraped; alert ViaductGatewayNotScraped after a minute',
      query: 'min_over_time(up{job="gateway"}[1m]) == 0',
    },
  },
  {
    title: 'one gateway cut off from nginx for 20 s',
    act: cutOff('edge'),
    promise: { secondsWithoutData: 25, losesNothing: false },
    operator: { sees: 'one gateway fewer is ready', query: FEWER_READY },
  },
  {
    title: 'one gateway cut off from Redis for 20 s',
    act: cutOff('data'),
    promise: { secondsWithoutData: 30, losesNothing: false },
    operator: {
      sees: '"Source ready" of that gateway is 0; alert ViaductGatewayWithoutSource after 30 s',
      query: 'min_over_time(viaduct_source_ready[1m]) == 0',
    },
  },
  {
    title: 'Redis restarted',
    act: async (stack) => {
      await stack.compose(['restart', 'redis']);
    },
    promise: { secondsWithoutData: 8, losesNothing: false },
    operator: {
      sees: '"Source resumed" counts on every gateway',
      query: 'increase(viaduct_source_resumed_total[1m]) > 0',
    },
  },
  {
    title: 'nginx restarted',
    act: async (stack) => {
      await stack.compose(['restart', 'nginx']);
    },
    promise: { secondsWithoutData: 12, losesNothing: false, failedSessions: 150 },
    operator: {
      sees: 'all connections closed with 1001 or 1006 and opened again',
      query: 'sum(increase(viaduct_connections_opened_total[1m])) > 85',
    },
  },
  {
    title: 'nginx down for 45 s',
    act: (stack) =>
      forAWhile(
        () => stack.compose(['stop', 'nginx']),
        () => stack.compose(['start', 'nginx']),
        45_000,
      ),
    promise: { secondsWithoutData: 70, losesNothing: false, failedSessions: 1000 },
    operator: {
      sees: 'alert ViaductEdgeDown after 30 s',
      query: 'max_over_time(ALERTS{alertname="ViaductEdgeDown", alertstate="firing"}[2m])',
    },
  },
];
