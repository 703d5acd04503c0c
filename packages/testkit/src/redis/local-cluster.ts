import { scaled } from '../wait.js';
import { ask, untilAnswered } from './ask.js';
import { type LocalRedis, startSomewhere } from './local-redis.js';

/** Below the ports of the servers, so that neither collides with outgoing connections. */
const BUS_PORT_OFFSET = -10_000;

const SLOTS = 16_384;

export interface LocalClusterOptions {
  /** Number of masters; 3 by default. Less than three elect no successor to one that is lost. */
  masters?: number;
  /** Number of replicas of each master; none by default. */
  replicas?: number;
  /** More arguments for each server, as on its command line. */
  args?: readonly string[];
}

/** A private Redis Cluster on 127.0.0.1; its servers are like those of `startLocalRedis`. */
export interface LocalCluster {
  /** `redis+cluster://127.0.0.1:PORT,...` with every node */
  readonly url: string;
  readonly masters: readonly LocalRedis[];
  /** The first replica of each master, in the order of the masters, then the second ones. */
  readonly replicas: readonly LocalRedis[];
  /** Ends all servers. */
  stop(): Promise<void>;
}

/**
 * Starts servers, makes them form a Redis Cluster with all slots served, and resolves when every node knows that it
 * can serve. A master that hangs or dies is replaced by its replica in two to three seconds; on a busy machine later,
 * so that a slow master is not replaced.
 *
 * @throws Error with the remedy if no server is found, or if they do not form a cluster
 */
export async function startLocalCluster(options: LocalClusterOptions = {}): Promise<LocalCluster> {
  const { masters: masterCount = 3, replicas: replicaCount = 0, args = [] } = options;
  const nodes = await Promise.all(
    Array.from({ length: masterCount * (1 + replicaCount) }, () => startNode(args)),
  );
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));
  const masters = nodes.slice(0, masterCount);
  const replicas = nodes.slice(masterCount);
  try {
    await form(masters, replicas);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join()}`;
  return { url, masters, replicas, stop };
}

function startNode(args: readonly string[]): Promise<LocalRedis> {
  return startSomewhere((port) => ({
    args: [
      ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(scaled(1000))],
      ...['--cluster-port', String(port + BUS_PORT_OFFSET), '--cluster-replica-validity-factor', '0'],
      ...['--repl-diskless-sync-delay', '0'],
      ...args,
    ],
  }));
}

async function form(masters: readonly LocalRedis[], replicas: readonly LocalRedis[]): Promise<void> {
  const command = ({ port }: LocalRedis, text: string): Promise<string> => ask(port, text);
  const [first, ...others] = [...masters, ...replicas];
  if (first === undefined) throw new Error('A cluster has at least one node.');
  await Promise.all(masters.map((node, i) => command(node, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`)));
  await Promise.all(
    masters.map((node, i) => {
      const start = Math.ceil((i * SLOTS) / masters.length);
      const end = Math.ceil(((i + 1) * SLOTS) / masters.length) - 1;
      return command(node, `CLUSTER ADDSLOTSRANGE ${start} ${end}`);
    }),
  );
  for (const { port } of others) {
    await command(first, `CLUSTER MEET 127.0.0.1 ${port} ${port + BUS_PORT_OFFSET}`);
  }
  const ids = new Map<LocalRedis, string>();
  for (const node of masters)
    ids.set(node, /[0-9a-f]{40}/u.exec(await command(node, 'CLUSTER MYID'))?.[0] ?? '');
  for (const [i, replica] of replicas.entries()) {
    const master = masters[i % masters.length];
    const id = master === undefined ? '' : (ids.get(master) ?? '');
    await untilAnswered('a replica to hear of its master', async () => {
      await command(replica, `CLUSTER REPLICATE ${id}`);
      return true;
    });
  }
  const total = 1 + others.length;
  await Promise.all(
    [first, ...others].map((node) =>
      untilAnswered('the cluster to serve', async () => isFormed(await command(node, 'CLUSTER INFO'), total)),
    ),
  );
  await Promise.all(
    replicas.map((node) =>
      untilAnswered('a replica to be in step', async () =>
        (await command(node, 'INFO replication')).includes('master_link_status:up'),
      ),
    ),
  );
  await Promise.all(
    masters.map((node) =>
      untilAnswered('all replicas to be known', async () => {
        const known = await command(node, 'CLUSTER NODES');
        return (known.match(/ (?:myself,)?slave /gu)?.length ?? 0) === replicas.length;
      }),
    ),
  );
}

function isFormed(info: string, nodes: number): boolean {
  // The state is also ok without all slots, if full coverage is not required.
  const signs = ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${nodes}`];
  return signs.every((sign) => info.includes(`${sign}\r\n`));
}
