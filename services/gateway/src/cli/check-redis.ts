import type { Config } from '../config/config.js';
import { redisAccess } from '../config/redis-settings.js';
import { MEMORY_URL } from '../sources/memory-url.js';
import { describeAddress, describeNode, parseRedisUrl, type RedisAddress } from '../sources/redis/url.js';
import { reportContents } from './check-contents.js';
import { reportFunctions } from './check-functions.js';
import { reportMemory } from './check-memory.js';
import { triedNames } from './check-names.js';
import { reportNotifications } from './check-notifications.js';
import type { CheckReport } from './check-report.js';
import { deniedCommands, deniedReads, neededCommands } from './check-rights.js';
import { CheckedSource } from './check-source.js';
import { reportWatch } from './check-watch.js';
import { connectionRemedy } from './connection-remedy.js';
import { type FoundServer, RedisSurvey } from './redis-survey.js';

const ACL_REMEDY = "fix the ACL of the gateway's user; ACL LOG has more";

/**
 * Connects to Redis as a gateway would, and reports on what is there and what the gateway's user may do.
 *
 * @param watch how long to compare messages with hashes, in seconds; null to skip that
 */
export async function checkRedis(report: CheckReport, config: Config, watch: number | null): Promise<void> {
  if (config.redis.url === MEMORY_URL) {
    report.note('Redis', 'none: memory: is an empty source inside the gateway, for trials');
    return;
  }
  const address = parseRedisUrl(config.redis.url, redisAccess(config));
  const where = describeAddress(address);
  const source = new CheckedSource(config);
  const survey = new RedisSurvey({
    address,
    pubSub: config.redis.pubSub,
    commandTimeoutMs: config.redis.timeoutMs,
    logger: source.logger,
  });
  try {
    const failure = await source.connect();
    if (failure !== null) {
      const lacksCertificate = where.startsWith('rediss') && config.redis.tlsCertFile === '';
      report.problem('Redis', `${where}: ${failure}`, connectionRemedy(failure, lacksCertificate));
      return;
    }
    const unreachable = await survey.open();
    const server = await survey.server();
    if (server === null) report.note('Redis', `${where} does not say what it is`, 'grant +info to its user');
    else {
      report.ok('Redis', `${where} is ${server.version}, ${server.roundTripMs.toFixed(1)} ms away`);
      if (!reportKind(report, address, server)) return;
      if (server.isReplica) reportReplica(report, config);
    }
    for (const node of unreachable) {
      const text = `the master at ${describeNode(node)} cannot be reached: commands for its keys fail, and all others work`;
      report.note('Redis', text, 'start Redis there, or give its slots to another master');
    }
    await reportMemory(report, survey);
    const notHashes = await reportNames(report, config, source, survey);
    // Its own subscriptions must not count among the others.
    await source.close();
    await reportRights(report, survey, config);
    await reportNotifications(report, survey, config);
    await reportFunctions(report, survey);
    await reportContents(report, survey, config, { notHashes, isWhole: unreachable.length === 0 });
    if (watch !== null) await reportWatch(report, survey, config, watch);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    report.problem('Redis', `${where}: ${text}`, connectionRemedy(text));
  } finally {
    await Promise.all([source.close(), survey.close()]);
  }
}

/** Whether the kind of server in REDIS_URL is right; reports it if not. */
function reportKind(report: CheckReport, address: RedisAddress, { mode }: FoundServer): boolean {
  if (address.kind !== 'server') return true;
  const node = describeNode(address);
  if (mode === 'sentinel') {
    const remedy = `write redis+sentinel://${node}/mymaster, with the master as Sentinel calls it`;
    report.problem('Redis', 'it is a Sentinel, which has no data', remedy);
  } else if (mode === 'cluster') {
    report.problem('Redis', 'it is a node of a Redis Cluster', `write redis+cluster://${node}`);
  } else return true;
  return false;
}

function reportReplica(report: CheckReport, { publishChannels }: Config): void {
  const text = 'it is a replica, which does not pass messages on';
  if (publishChannels.length === 0) report.note('Redis', `${text}; clients can read and SUB`);
  else report.problem('Redis', `${text}: clients could not PUB`, 'name its master in REDIS_URL');
}

/** @returns names in `CHANNELS` whose keys are not hashes */
async function reportNames(
  report: CheckReport,
  config: Config,
  source: CheckedSource,
  survey: RedisSurvey,
): Promise<string[]> {
  const names = triedNames(config);
  const { denied, failed, notHashes } = await source.tryNames(names);
  const reads = await survey.onOne((client) => deniedReads(client, names));
  for (const denial of new Set([...denied, ...reads])) report.problem('rights', denial, ACL_REMEDY);
  for (const failure of failed) report.problem('Redis', failure, connectionRemedy(failure));
  for (const name of notHashes) {
    const text = `${name} is not a hash: clients can SUB it, and GET answers wrong_type`;
    report.note('keys', text, 'delete the key, and HSET each feature into a field of its own');
  }
  return notHashes;
}

async function reportRights(report: CheckReport, survey: RedisSurvey, config: Config): Promise<void> {
  const needed = neededCommands(config);
  if (needed.length === 0) return;
  const denied = await survey.onOne((client) => deniedCommands(client, needed));
  if (denied === null) {
    const remedy = 'only this check needs +multi +discard; a gateway works without them';
    report.note('rights', 'cannot check whether clients and replicas may publish', remedy);
  }
  for (const denial of denied ?? []) report.problem('rights', denial, ACL_REMEDY);
}
