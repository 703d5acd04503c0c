import type { Redis } from 'ioredis';
import { REPLICA_CHANNELS } from '../auth/reserved-channels.js';
import type { Config } from '../config/config.js';
import { isCluster } from '../config/redis-settings.js';
import type { TriedName } from './check-names.js';

/** A command that a gateway with these settings will send, and what for. */
interface NeededCommand {
  readonly purpose: string;
  readonly command: readonly [name: string, ...args: string[]];
}

/** What the settings make a gateway do, apart from reading and subscribing. */
export function neededCommands({ publishChannels, redis, admin }: Config): NeededCommand[] {
  const publish = redis.pubSub === 'sharded' ? 'SPUBLISH' : 'PUBLISH';
  const needed: NeededCommand[] = publishChannels.map((pattern) => ({
    purpose: `clients could not PUB ${pattern}`,
    // A name that the glob takes.
    command: [publish, pattern.replace(/\[.*?\]|[*?]/gu, 'x'), ''],
  }));
  if (admin.token === '') return needed;
  const [channel, purpose] = [`${REPLICA_CHANNELS}${admin.group}`, 'replicas could not reach each other'];
  const sharded = isCluster(redis.url);
  return [
    ...needed,
    { purpose, command: [sharded ? 'SPUBLISH' : 'PUBLISH', channel, ''] },
    { purpose, command: ['PUBSUB', sharded ? 'SHARDNUMSUB' : 'NUMSUB', channel] },
  ];
}

/**
 * Finds out which commands Redis denies the user of the connection, without executing any: Redis checks rights when
 * a command is added to a transaction, and this transaction is discarded.
 *
 * @returns a sentence for each denial, or null if that cannot be found out in this way
 */
export async function deniedCommands(
  client: Redis,
  needed: readonly NeededCommand[],
): Promise<string[] | null> {
  const begun = failure(client.multi({ pipeline: false }));
  const tried = needed.map(({ command: [name, ...args] }) => failure(client.call(name, ...args)));
  const discarded = failure(client.discard());
  const failures = await Promise.all(tried);
  if ((await begun) !== null) return null;
  await discarded;
  return needed.flatMap(({ purpose }, i) => {
    const denial = failures[i] ?? '';
    return denial.startsWith('NOPERM') ? [`${purpose}: ${denial}`] : [];
  });
}

/**
 * Finds out which commands that read a whole hash Redis denies: a sentence for each denial. Executes them, but reads almost
 * nothing. Errors of other kinds are ignored, such as those for keys of other nodes: Redis checks rights first.
 */
export async function deniedReads(client: Redis, names: readonly TriedName[]): Promise<string[]> {
  const denied = names.map(async (tried) => {
    const { key } = tried;
    const failures = await Promise.all([
      failure(client.hlen(key)),
      failure(client.hscanBuffer(key, '0', 'COUNT', 1)),
    ]);
    return failures.map((message) =>
      message?.startsWith('NOPERM') ? denialOf(tried, `GET ${key}`, message) : null,
    );
  });
  return (await Promise.all(denied)).flat().filter((denial) => denial !== null);
}

/** A sentence about a denial; null if it is about a glob as a name. */
export function denialOf({ isGlob }: TriedName, what: string, message: string): string | null {
  return isGlob && !message.includes('permissions to run') ? null : `clients could not ${what}: ${message}`;
}

async function failure(command: Promise<unknown>): Promise<string | null> {
  return command.then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}
