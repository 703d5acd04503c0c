import { resolveCrs } from '@viaduct/geo-worker';
import type { AccountTerms } from '../auth/account.js';
import { createAllowlist } from '../auth/allowlist.js';
import { Authenticator } from '../auth/authenticator.js';
import { HookRunner } from '../auth/hooks.js';
import { builtins } from '../commands/builtin/index.js';
import { loadCommands } from '../commands/load-commands.js';
import { CommandRegistry } from '../commands/registry.js';
import { type Config, ConfigError, ENVIRONMENT, loadConfig, VARIABLES } from '../config/config.js';
import { misspeltSettings } from '../config/misspelt.js';
import { redisAccess } from '../config/redis-settings.js';
import { describeAddress, describeNode, parseRedisUrl, type RedisAddress } from '../sources/redis/url.js';
import { reportFunctions } from './check-functions.js';
import { triedNames, unknownNames } from './check-names.js';
import { reportNotifications } from './check-notifications.js';
import { CheckReport } from './check-report.js';
import { deniedCommands, deniedReads, neededCommands } from './check-rights.js';
import { CheckedSource } from './check-source.js';
import { connectionRemedy } from './connection-remedy.js';
import {
  type FoundChannels,
  type FoundHash,
  type FoundHashes,
  type FoundServer,
  RedisSurvey,
} from './redis-survey.js';
import { count, painter, wantsColours } from './terminal.js';
import { readArguments, UsageError } from './usage-error.js';

const HELP = `Usage: viaduct check [--color | --no-color]

Validates the settings in the environment, connects to Redis as a gateway would, and shows what clients can read:
readable channels that have subscribers now, and readable hashes. It writes nothing to Redis.

Exit code: 0 a gateway can serve with these settings, 1 there are problems (it says which), 2 wrong usage.
`;

const ACL_REMEDY = "fix the ACL of the gateway's user; ACL LOG has more";

/** `check` tests a gateway that no program embeds. */
const NO_HOOKS = new HookRunner(null, {}, () => {});

/** The unit of each limit of a key. */
const LIMIT_UNITS: Readonly<Record<keyof AccountTerms['limits'], string>> = {
  connections: 'connections',
  subscriptions: 'subscriptions',
  bytesPerSecond: 'bytes per second',
};

/** Most names of one kind that are listed. */
const MAX_LISTED = 20;

/** Runs `viaduct check` with the settings of this process's environment. */
export async function check(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments({
    args: [...args],
    options: { help: { type: 'boolean', short: 'h' }, color: { type: 'boolean' } },
    allowPositionals: true,
    allowNegative: true,
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return 0;
  }
  if (positionals.length > 0) throw new UsageError(`check takes no argument such as "${positionals[0]}"`);
  const paint = painter(wantsColours(values.color, process.stdout.isTTY, process.env));
  // What the Redis client prints is meant for its developers; the report says the same to operators.
  console.warn = () => {};
  const report = new CheckReport((text) => process.stdout.write(text), paint);
  // A process that runs out of work ends by itself, and must not look as if all were well.
  process.exitCode = 1;
  process.once('beforeExit', endedEarly);
  await checkAll(report, process.env);
  process.off('beforeExit', endedEarly);
  const failed = `${report.problems} problem${report.problems === 1 ? '' : 's'} to fix`;
  process.stdout.write(
    `\n${report.problems === 0 ? paint('green', 'A gateway can serve with these settings.') : paint('red', failed)}\n`,
  );
  return report.problems === 0 ? 0 : 1;
}

function endedEarly(): void {
  process.stderr.write(
    'viaduct: the check ended without a verdict; something that it waits for never comes.\n',
  );
}

async function checkAll(report: CheckReport, env: NodeJS.ProcessEnv): Promise<void> {
  const config = readConfig(report, env);
  for (const { name, meant } of misspeltSettings(env))
    report.note('settings', `${name} is not a setting`, `did you mean ${meant}?`);
  if (config === null) return;
  await attempt(report, 'commands', async () => {
    const commands = await loadCommands(config.commandModules);
    const replaced: string[] = [];
    new CommandRegistry([...builtins, ...commands], (name) => replaced.push(name));
    const own = commands.map(({ name }) => name).join(', ');
    report.ok('commands', `the built-in ones${own === '' ? '' : `, and ${own}`}`);
    for (const name of replaced)
      report.note('commands', `yours replaces the built-in ${name}`, 'rename it to keep both');
  });
  await attempt(report, 'projection', async () => {
    const { name } = await resolveCrs(config.delivery.defaultProjection);
    report.ok('projection', `a new session has ${config.delivery.defaultProjection} (${name})`);
  });
  if (config.channels.length === 0) {
    const remedy =
      "set CHANNELS to the names or globs that clients may read, such as CHANNELS='trains,buses_*'";
    report.problem('access', 'nothing is readable', remedy);
  } else await attempt(report, 'access', async () => reportAccess(report, config));
  await checkSource(report, config);
}

function reportAccess(report: CheckReport, config: Config): void {
  const { takesCredentials, keyAccounts } = new Authenticator(config, NO_HOOKS, () => {});
  const whose = takesCredentials ? 'with a token or key, of ' : '';
  report.ok('access', `readable: ${whose}${config.channels.join(', ')}`);
  if (keyAccounts.length > 0) reportLimits(report, keyAccounts);
}

function reportLimits(report: CheckReport, accounts: readonly AccountTerms[]): void {
  report.ok('limits', 'of all sessions of an API key together, on each gateway');
  const rows = accounts.slice(0, MAX_LISTED).map(({ keyName, limits }): [string, string] => {
    const set = Object.entries(LIMIT_UNITS).filter(([name]) =>
      Number.isFinite(limits[name as keyof typeof limits]),
    );
    const texts = set.map(([name, unit]) => `${count(limits[name as keyof typeof limits])} ${unit}`);
    return [keyName ?? '', texts.length === 0 ? 'none; its sessions are counted' : texts.join(', ')];
  });
  report.list(withRest(rows, accounts.length));
}

function readConfig(report: CheckReport, env: NodeJS.ProcessEnv): Config | null {
  try {
    const config = loadConfig(env);
    const given = ENVIRONMENT.filter((name) => (env[name] ?? '').trim() !== '');
    const all = Object.keys(VARIABLES).length;
    const named = given.length === 0 ? '' : `: ${given.join(', ')}`;
    report.ok('settings', `${given.length} of ${all} are set${named}; the others have their defaults`);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    report.problem('settings', error.message, 'viaduct --help describes every setting');
    return null;
  }
}

/** Runs one part of the check; an error that it throws is a problem. */
async function attempt(report: CheckReport, what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    report.problem(what, error instanceof Error ? error.message : String(error));
  }
}

async function checkSource(report: CheckReport, config: Config): Promise<void> {
  if (config.redis.url === 'memory:') {
    report.note('Redis', 'none: memory: is an empty source inside the gateway, for trials');
    return;
  }
  const address = parseRedisUrl(config.redis.url, redisAccess(config));
  const where = describeAddress(address);
  const allows = createAllowlist(config.channels);
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
      report.problem('Redis', `${where}: ${failure}`, connectionRemedy(failure));
      return;
    }
    const away = await survey.open();
    const server = await survey.server();
    if (server === null) report.note('Redis', `${where} does not tell what it is`, 'grant +info to its user');
    else {
      report.ok('Redis', `${where} is ${server.version}, ${server.roundTripMs.toFixed(1)} ms away`);
      if (!reportKind(report, address, server)) return;
      if (server.isReplica) reportReplica(report, config);
    }
    for (const node of away) {
      const text = `the master at ${describeNode(node)} cannot be reached: commands for its keys fail, and all others work`;
      report.note('Redis', text, 'start Redis there, or give its slots to another master');
    }
    await reportNames(report, config, source, survey);
    // Its own subscriptions are not to be counted among the others.
    await source.close();
    await reportRights(report, survey, config);
    await reportNotifications(report, survey, config);
    await reportFunctions(report, survey);
    const known = new Set<string>();
    await look(report, 'channels', async () => showChannels(report, await survey.channels(allows), known));
    await look(report, 'hashes', async () => showHashes(report, await survey.hashes(allows), known));
    noteUnknown(report, config, known);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    report.problem('Redis', `${where}: ${text}`, connectionRemedy(text));
  } finally {
    await Promise.all([source.close(), survey.close()]);
  }
}

/** Whether REDIS_URL names the server as what it is. */
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
  const text = 'it is a replica, which passes no message on';
  if (publishChannels.length === 0) report.note('Redis', `${text}; clients can read and SUB`);
  else report.problem('Redis', `${text}: clients could not PUB`, 'name its master in REDIS_URL');
}

async function reportNames(
  report: CheckReport,
  config: Config,
  source: CheckedSource,
  survey: RedisSurvey,
): Promise<void> {
  const names = triedNames(config);
  const { denied, failed, noHashes } = await source.tryNames(names);
  const reads = await survey.onOne((client) => deniedReads(client, names));
  for (const denial of new Set([...denied, ...reads])) report.problem('rights', denial, ACL_REMEDY);
  for (const failure of failed) report.problem('Redis', failure, connectionRemedy(failure));
  for (const name of noHashes) {
    report.note('keys', `${name} is not a hash: clients can SUB it, and GET answers wrong_type`);
  }
}

async function reportRights(report: CheckReport, survey: RedisSurvey, config: Config): Promise<void> {
  const needed = neededCommands(config);
  if (needed.length === 0) return;
  const denied = await survey.onOne((client) => deniedCommands(client, needed));
  if (denied === null) {
    const remedy = 'only this check needs +multi +discard; a gateway works without them';
    report.note('rights', 'whether clients and replicas may publish cannot be tried', remedy);
  }
  for (const denial of denied ?? []) report.problem('rights', denial, ACL_REMEDY);
}

/** A part that a gateway does not need, and that its user in Redis may not be allowed to do. */
async function look(report: CheckReport, what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    const text = `cannot be read: ${error instanceof Error ? error.message : error}`;
    report.note(what, text, 'only this check needs +pubsub +scan; a gateway works without them');
  }
}

/** @param known receives the names */
function showChannels(report: CheckReport, { readable, hidden }: FoundChannels, known: Set<string>): void {
  for (const { name } of readable) known.add(name);
  const others = hidden === 0 ? '' : `; ${count(hidden)} more that clients may not read`;
  report.ok('channels', `${count(readable.length)} readable with subscribers at the moment${others}`);
  const rows = readable.slice(0, MAX_LISTED).map(({ name, subscribers }) => {
    return [name, `${count(subscribers)} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`] as const;
  });
  report.list(withRest(rows, readable.length));
}

/** @param known receives the names */
function showHashes(report: CheckReport, found: FoundHashes, known: Set<string>): void {
  for (const name of found.names) known.add(name);
  const others = found.hidden === 0 ? '' : `; ${count(found.hidden)} more that clients may not read`;
  const scope = found.complete
    ? ''
    : ', not counting the rest: there are too many keys to look at all of them';
  report.ok('hashes', `${count(found.names.length)} readable${others}${scope}`);
  report.list(
    withRest(
      found.shown.map((hash) => [hash.name, describeHash(hash)] as const),
      found.names.length,
    ),
  );
  noteInvalid(report, found);
}

function describeHash({ size, sample }: FoundHash): string {
  const values = `${count(size)} ${size === 1 ? 'value' : 'values'}`;
  if (sample.looked === 0) return values;
  const what =
    sample.geo === sample.looked ? 'GeoJSON' : `${sample.geo} of ${sample.looked} checked values are GeoJSON`;
  return `${values}, ${what}`;
}

function noteUnknown(report: CheckReport, config: Config, known: ReadonlySet<string>): void {
  for (const { name, meant } of unknownNames(config, known)) {
    const remedy = meant === null ? 'right if its feed has not started yet' : `did you mean ${meant}?`;
    report.note('channels', `${name} in CHANNELS has no hash and no subscriber`, remedy);
  }
}

function noteInvalid(report: CheckReport, { shown }: FoundHashes): void {
  for (const [kind, what] of [
    ['invalid', 'JSON'],
    ['notUtf8', 'UTF-8'],
  ] as const) {
    const bad = shown.filter(({ sample }) => sample[kind] > 0).map(({ name }) => name);
    if (bad.length === 0) continue;
    const text = `some are not ${what}, in ${bad.join(', ')}`;
    report.note('values', text, `clients never receive those: write ${what}`);
  }
  const strange = shown.filter(({ sample }) => sample.notDegrees > 0).map(({ name }) => name);
  if (strange.length === 0) return;
  const text = `some have latitudes beyond 90 degrees, in ${strange.join(', ')}`;
  report.note('values', text, 'write positions as [longitude, latitude] in degrees (EPSG:4326)');
}

function withRest(
  rows: readonly (readonly [string, string])[],
  total: number,
): readonly (readonly [string, string])[] {
  return total <= rows.length ? rows : [...rows, [`and ${count(total - rows.length)} more`, '']];
}
