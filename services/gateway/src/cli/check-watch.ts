import { setTimeout as sleep } from 'node:timers/promises';
import type { FeatureId, GeoMessage } from '@viaduct/geo-worker';
import { type Allowlist, createAllowlist, isGlob } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { UsageError } from './arguments.js';
import type { CheckReport } from './check-report.js';
import { CheckedSource } from './check-source.js';
import { GlobSubscriber } from './glob-subscriber.js';
import type { FoundHash, FoundHashes, RedisSurvey } from './redis-survey.js';
import { count } from './terminal.js';
import { type HashEntry, parsed } from './value-sample.js';
import { type Watched, WatchedChannels } from './watched-channels.js';

const MAX_SECONDS = 3_600;

/** How many of the newest features of a channel's messages are looked up. */
const MAX_FEATURES = 100;

/** At most this many globs are subscribed to. */
const MAX_GLOBS = 20;

/** How long a message may follow the change of its hash, in ms: a producer may send two separate commands. */
const MESSAGE_AFTER_HASH_MS = 1_000;

/**
 * Reads the value of `--watch`.
 *
 * @throws UsageError if it is not a number of seconds above 0
 */
export function watchSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds <= MAX_SECONDS) return seconds;
  throw new UsageError(`--watch is "${text}"; it must be a number of seconds, at most ${MAX_SECONDS}`);
}

/** Watches the channels and hashes that clients can read, and says whether producers write both. Streams are left out. */
export async function reportWatch(
  report: CheckReport,
  survey: Pick<RedisSurvey, 'channels' | 'hashes'>,
  config: Config,
  seconds: number,
): Promise<void> {
  const allows = createAllowlist(config.channels);
  const hashes = () => survey.hashes(allows, config.delivery.featureIdProperty);
  const channels = new WatchedChannels(config, (name) => source.isChanges(name));
  const source = new CheckedSource(config, (name, text) => channels.received(name, text, null));
  const subscriber = new GlobSubscriber(config, source.logger);
  const wasInterrupted = (): boolean => source.wasInterrupted || subscriber.wasInterrupted;
  try {
    const failure = await source.connect();
    if (failure !== null) throw new Error(failure);
    for (const name of channels.choose(await hashes(), await subscribedChannels(survey, allows)))
      await source.subscribe(name);
    const globs = globsOf(config);
    const denied =
      globs.length === 0
        ? []
        : await subscriber.listen(globs, (glob, name, text) => channels.received(name, text, glob));
    reportDenied(report, denied);
    // Only now: messages that were published before the subscriptions were not received.
    const before = await hashes();
    await sleep(seconds * 1_000);
    const after = await hashes();
    await sleep(MESSAGE_AFTER_HASH_MS);
    for (const watched of channels.all) {
      watched.hasChanged = hasChanged(watched.name, before, after);
      watched.hasFields = hasFields(watched.name, after);
    }
    reportChanges(report, channels, seconds);
    if (wasInterrupted()) reportLost(report);
    else await reportFlaws(report, source, config, channels.all);
  } catch (error) {
    if (wasInterrupted()) reportLost(report);
    else
      report.note('watch', `channels cannot be watched: ${error instanceof Error ? error.message : error}`);
  } finally {
    await Promise.all([source.close(), subscriber.close()]);
  }
}

/** The globs to subscribe to. Redis has none for sharded channels. */
function globsOf({ channels, redis }: Config): string[] {
  return redis.pubSub === 'sharded' ? [] : channels.filter(isGlob).slice(0, MAX_GLOBS);
}

/** Readable channels that have subscribers; none if Redis does not list them, which the check has already reported. */
async function subscribedChannels(
  survey: Pick<RedisSurvey, 'channels'>,
  allows: Allowlist,
): Promise<string[]> {
  try {
    const { readable } = await survey.channels(allows);
    return readable.map(({ name }) => name);
  } catch {
    return [];
  }
}

function reportDenied(report: CheckReport, denied: readonly string[]): void {
  if (denied.length === 0) return;
  const text = `Redis denies PSUBSCRIBE ${denied.join(' ')}, so channels without a hash and without subscribers are not found`;
  report.note('watch', text, 'only this check needs +psubscribe; or name these channels in CHANNELS');
}

function reportLost(report: CheckReport): void {
  const text = 'the connection to Redis was lost in the meantime, so messages may be missing';
  report.note('watch', text, 'nothing is said about producers; run the check again');
}

function hashOf(name: string, { shown }: FoundHashes): FoundHash | undefined {
  return shown.find((hash) => hash.name === name);
}

/** Whether a hash has certainly changed. False if unsure: only some hashes and fields are known. */
function hasChanged(name: string, before: FoundHashes, after: FoundHashes): boolean {
  if (before.complete && after.complete && before.names.includes(name) !== after.names.includes(name))
    return true;
  const [older, newer] = [hashOf(name, before), hashOf(name, after)];
  if (older === undefined || newer === undefined) return false;
  const values = new Map(older.entries.map(([field, value]) => [field.toString('latin1'), value]));
  const isOther = ([field, value]: HashEntry) =>
    values.get(field.toString('latin1'))?.equals(value) === false;
  return older.size !== newer.size || newer.entries.some(isOther);
}

/** Whether each feature has a field of its own. False if the hash was not read. */
function hasFields(name: string, found: FoundHashes): boolean {
  const hash = hashOf(name, found);
  if (hash === undefined) return !found.names.includes(name);
  return hash.entries.every(([, value]) => featuresIn(value.toString()).length <= 1);
}

function isActive({ messages, hasChanged }: Watched): boolean {
  return messages > 0 || hasChanged;
}

function reportChanges(report: CheckReport, { all, others }: WatchedChannels, seconds: number): void {
  const active = all.filter(isActive);
  report.ok('watch', `${count(active.length)} of ${count(all.length)} channels changed within ${seconds} s`);
  report.list(active.map((channel) => [channel.name, describe(channel)]));
  if (others === 0) return;
  const text = `${count(all.length)} of ${count(all.length + others)} channels were watched`;
  report.note('watch', text, 'to watch others, name them in CHANNELS for this check');
}

async function reportFlaws(
  report: CheckReport,
  source: CheckedSource,
  config: Config,
  watched: readonly Watched[],
): Promise<void> {
  const isNotified = createAllowlist(config.live.notify);
  const active = watched.filter(isActive);
  if (active.length === 0) {
    const remedy = 'is the producer running, and does it write into this Redis and database?';
    report.note('watch', 'nothing was published, and no hash has changed', remedy);
  }
  const silent = active.filter(({ name, messages }) => messages === 0 && !isNotified(name));
  const notify = [...config.live.notify, ...silent.map(({ name }) => name)].join();
  const [unstored, mixed] = await compare(source, config.delivery.featureIdProperty, active);
  noteIn(
    report,
    silent,
    'changed, but nothing was published, so connected clients see nothing',
    `PUBLISH each feature after you HSET it; if you cannot change the producer, set NOTIFY=${notify}`,
  );
  noteIn(
    report,
    unstored,
    'had messages about features that are not in the hash',
    'HSET each feature, into the field of its id, before you PUBLISH it: clients that connect later start with the hash',
  );
  noteIn(
    report,
    mixed,
    'had messages with a number as id, but text in the hash, or the reverse',
    'write the same id in both: 17 and "17" are two features',
  );
}

function noteIn(report: CheckReport, found: readonly Watched[], flaw: string, remedy: string): void {
  const names = found.map(({ name }) => name).join(', ');
  if (names !== '') report.note('watch', `${names} ${flaw}`, remedy);
}

function describe({ messages, hasChanged }: Watched): string {
  const change = hasChanged ? 'and its hash has changed' : 'and no change of its hash was found';
  return `${count(messages)} ${messages === 1 ? 'message' : 'messages'}, ${change}`;
}

/** @returns the channels whose messages name features that are not in the hash, and those whose ids have another type there */
async function compare(
  source: CheckedSource,
  idProperty: string,
  watched: readonly Watched[],
): Promise<[unstored: Watched[], mixed: Watched[]]> {
  const [unstored, mixed]: [Watched[], Watched[]] = [[], []];
  for (const channel of watched.filter(({ hasFields }) => hasFields)) {
    const published = newestFeatures(channel.newest, idProperty);
    const stored = await Promise.all(
      published.map(async (id) => storedAs(await source.field(channel.name, String(id)), id, idProperty)),
    );
    if (stored.includes('nowhere')) unstored.push(channel);
    if (stored.includes('another type')) mixed.push(channel);
  }
  return [unstored, mixed];
}

/** The ids in these messages, the oldest first, of features that were not removed. */
function newestFeatures(texts: readonly string[], idProperty: string): FeatureId[] {
  const present = new Map<FeatureId, boolean>();
  for (const message of texts.flatMap((text) => featuresIn(text))) {
    const id = message.featureId(idProperty);
    if (id !== null) present.set(id, !message.isRemoval);
  }
  return [...present]
    .filter(([, isPresent]) => isPresent)
    .map(([id]) => id)
    .slice(-MAX_FEATURES);
}

function storedAs(
  value: string | null,
  id: FeatureId,
  idProperty: string,
): 'as published' | 'nowhere' | 'another type' {
  if (value === null) return 'nowhere';
  const ids = featuresIn(value).map((feature) => feature.featureId(idProperty));
  const isOther = ids.some((other) => other !== null && other !== id && String(other) === String(id));
  return isOther ? 'another type' : 'as published';
}

/** The features in a text; none if it is not JSON. */
function featuresIn(text: string): readonly GeoMessage[] {
  return parsed(text)?.features() ?? [];
}
