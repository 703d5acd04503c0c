import { scaled } from '../wait.js';
import { ask, untilAnswered } from './ask.js';
import { type LocalRedis, startLocalRedis, startSomewhere } from './local-redis.js';

const SENTINELS = 3;
const QUORUM = 2;

export interface LocalSentinelsOptions {
  /** Password for master and replica; none by default. */
  password?: string;
  /** Password for the Sentinels themselves; none by default. */
  sentinelPassword?: string;
}

/** A private master with a replica on 127.0.0.1, and three Sentinels that watch them under the name `mymaster`. */
export interface LocalSentinels {
  /** `redis+sentinel://127.0.0.1:PORT,.../mymaster`, without passwords */
  readonly url: string;
  /** The two servers; the first is the master at the start. */
  readonly servers: readonly [LocalRedis, LocalRedis];
  readonly sentinels: readonly LocalRedis[];
  /** Makes the Sentinels promote the replica although nothing is wrong; resolves when they start. */
  failOver(): Promise<void>;
  /** Ends all servers and Sentinels. */
  stop(): Promise<void>;
}

/**
 * Starts all of it and resolves when every Sentinel knows the others and the replica. A master that hangs or dies is
 * replaced in one to three seconds; on a busy machine later, so that a slow master is not replaced.
 *
 * @throws Error with the remedy if no server is found, or if they do not find each other
 */
export async function startLocalSentinels(options: LocalSentinelsOptions = {}): Promise<LocalSentinels> {
  const { password, sentinelPassword } = options;
  const access = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
  const args = [...access, '--repl-diskless-sync-delay', '0'];
  const master = await startLocalRedis({ args });
  const started: LocalRedis[] = [master];
  const stop = async (): Promise<void> => void (await Promise.all(started.map((server) => server.stop())));
  try {
    const replica = await startLocalRedis({
      args: [...args, '--replicaof', `127.0.0.1 ${master.port}`],
    });
    started.push(replica);
    // Sentinels ask the master for its replicas at the start, and then only every ten seconds.
    await untilAnswered('the replica to be in step', async () => {
      const login = password === undefined ? '' : `AUTH ${password}\r\n`;
      return (await ask(replica.port, `${login}INFO replication`)).includes('master_link_status:up');
    });
    const config = sentinelConfig(master.port, options);
    const sentinels = await Promise.all(
      Array.from({ length: SENTINELS }, () => startSomewhere(() => ({ sentinelConfig: config }))),
    );
    started.push(...sentinels);
    const command = (server: LocalRedis, text: string): Promise<string> =>
      ask(server.port, sentinelPassword === undefined ? text : `AUTH ${sentinelPassword}\r\n${text}`);
    await Promise.all(
      sentinels.map((sentinel) =>
        untilAnswered('the Sentinels to know each other', async () =>
          isComplete(await command(sentinel, 'SENTINEL MASTER mymaster')),
        ),
      ),
    );
    const [first = master] = sentinels;
    const failOver = async (): Promise<void> => {
      // Sentinels refuse until the replica has told them its role.
      await untilAnswered('a Sentinel to fail over', async () => {
        await command(first, 'SENTINEL FAILOVER mymaster');
        return true;
      });
    };
    const url = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join()}/mymaster`;
    return { url, servers: [master, replica], sentinels, failOver, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sentinelConfig(port: number, { password, sentinelPassword }: LocalSentinelsOptions): string {
  return [
    `sentinel monitor mymaster 127.0.0.1 ${port} ${QUORUM}`,
    `sentinel down-after-milliseconds mymaster ${scaled(500)}`,
    `sentinel failover-timeout mymaster ${scaled(3000)}`,
    ...(password === undefined ? [] : [`sentinel auth-pass mymaster ${password}`]),
    ...(sentinelPassword === undefined
      ? []
      : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
    '',
  ].join('\n');
}

/** Whether a Sentinel knows the replica and the other Sentinels, and considers the master healthy. */
function isComplete(answer: string): boolean {
  const fields = answer.split('\r\n').filter((line) => !/^[$*%]/u.test(line));
  const value = (name: string): string | undefined => fields[fields.indexOf(name) + 1];
  return (
    value('num-slaves') === '1' &&
    value('num-other-sentinels') === String(SENTINELS - 1) &&
    value('flags') === 'master'
  );
}
