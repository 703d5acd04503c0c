import { setTimeout as sleep } from 'node:timers/promises';
import { type FeatureId, GeoMessage } from '@viaduct/geo-worker';
import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { UsageError } from './arguments.js';
import { triedNames } from './check-names.js';
import type { CheckReport } from './check-report.js';
import { CheckedSource } from './check-source.js';
import type { FoundHash, FoundHashes, RedisSurvey } from './redis-survey.js';
import { count } from './terminal.js';
import type { HashEntry } from './value-sample.js';

const MAX_SECONDS = 3_600;

/** At most this many channels are watched. */
const MAX_CHANNELS = 20;

/** How many of a channel's newest messages are compared with its hash. */
const COMPARED = 20;

/** How many of the newest features in them are looked up. */
const MAX_FEATURES = 100;

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

/** What happened to one channel while it was watched. */
interface Watched {
  readonly name: string;
  messages: number;
  readonly newest: string[];
  /** Whether its hash has changed. */
  hasChanged: boolean;
  /** Whether each feature has a field of its own. */
  hasFields: boolean;
}

/** Watches the channels and hashes that clients can read, and says whether producers write both. Streams are left out. */
export async function reportWatch(
  report: CheckReport,
  survey: Pick<RedisSurvey, 'hashes'>,
  config: Config,
  seconds: number,
): Promise<void> {
  const channels = new Map<string, Watched>();
  const allows = createAllowlist(config.channels);
  const hashes = () => survey.hashes(allows, config.delivery.featureIdProperty);
  const source = new CheckedSource(config, (channel, text) => {
    const watched = channels.get(channel);
    if (watched === undefined) return;
    watched.messages += 1;
    if (watched.newest.push(text) > COMPARED) watched.newest.shift();
  });
  try {
    const failure = await source.connect();
    if (failure !== null) throw new Error(failure);
    for (const name of namesToWatch(config, await hashes())) {
      channels.set(name, { name, messages: 0, newest: [], hasChanged: false, hasFields: true });
      await source.subscribe(name);
    }
    // Only now: messages that were published before the subscriptions were not received.
    const before = await hashes();
    await sleep(seconds * 1_000);
    const after = await hashes();
    for (const watched of channels.values()) {
      watched.hasChanged = hasChanged(watched.name, before, after);
      watched.hasFields = !holdsCollections(hashOf(watched.name, after));
    }
    await sleep(MESSAGE_AFTER_HASH_MS);
    await reportWatched(report, source, config, [...channels.values()], seconds);
  } catch (error) {
    report.note('watch', `channels cannot be watched: ${error instanceof Error ? error.message : error}`);
  } finally {
    await source.close();
  }
}

function namesToWatch(config: Config, { shown }: FoundHashes): string[] {
  const { streams, streamStateSuffix: suffix } = config;
  const isStream = createAllowlist(streams);
  const isState = (name: string) => name.endsWith(suffix) && isStream(name.slice(0, -suffix.length));
  const named = triedNames(config).filter(({ isGlob }) => !isGlob);
  const names = new Set([...named.map(({ name }) => name), ...shown.map(({ name }) => name)]);
  return [...names].filter((name) => !isStream(name) && !isState(name)).slice(0, MAX_CHANNELS);
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

function holdsCollections(hash: FoundHash | undefined): boolean {
  return hash?.entries.some(([, value]) => featuresIn(value.toString()).length > 1) === true;
}

async function reportWatched(
  report: CheckReport,
  source: CheckedSource,
  config: Config,
  watched: readonly Watched[],
  seconds: number,
): Promise<void> {
  const isNotified = createAllowlist(config.live.notify);
  const active = watched.filter(({ messages, hasChanged }) => messages > 0 || hasChanged);
  report.ok(
    'watch',
    `${count(active.length)} of ${count(watched.length)} channels changed within ${seconds} s`,
  );
  report.list(active.map((channel) => [channel.name, describe(channel)]));
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
  try {
    return GeoMessage.parse(text).features() ?? [];
  } catch {
    return [];
  }
}
