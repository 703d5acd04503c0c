import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { type FoundNames, namesWithoutHash } from './check-names.js';
import type { CheckReport } from './check-report.js';
import type { FoundChannels, FoundHash, FoundHashes, RedisSurvey } from './redis-survey.js';
import { count, cut, terminalSafe } from './terminal.js';
import type { Sample } from './value-sample.js';

/** Maximum number of other names to show, and of characters of each. */
const MAX_OTHERS = 5;
const MAX_OTHER_LENGTH = 40;

/**
 * Shows what clients can read now: channels with subscribers, and hashes with what is in them.
 *
 * @param known names in `CHANNELS` whose keys are not hashes, and whether the survey reaches every server that has some of it
 */
export async function reportContents(
  report: CheckReport,
  survey: Pick<RedisSurvey, 'channels' | 'hashes' | 'otherDatabases'>,
  config: Config,
  known: { readonly notHashes: readonly string[]; readonly isWhole: boolean },
): Promise<void> {
  const allows = createAllowlist(config.channels);
  const channels = await tryPart(report, 'channels', () => survey.channels(allows));
  if (channels !== null) reportChannels(report, channels);
  const hashes = await tryPart(report, 'hashes', () =>
    survey.hashes(allows, config.delivery.featureIdProperty),
  );
  if (hashes !== null) reportHashes(report, hashes);
  // The hash of a name may be among those that were not read.
  if (!known.isWhole || channels === null || hashes?.complete !== true) return;
  reportWithoutHash(report, config, {
    hashes: new Set(hashes.names),
    notHashes: known.notHashes,
    subscribers: new Map(channels.readable.map(({ name, subscribers }) => [name, subscribers])),
    hiddenHashes: hashes.hidden,
    hiddenChannels: channels.hidden,
  });
  if (hashes.names.length + hashes.hidden.length === 0)
    reportDatabases(report, await survey.otherDatabases());
}

/** Says where a feed may write if the gateway's database has no hashes. */
function reportDatabases(report: CheckReport, databases: ReadonlyMap<number, number>): void {
  for (const [database, keys] of [...databases].slice(0, MAX_OTHERS)) {
    const text = `this database has no hashes, but database ${database} has ${count(keys)} ${keys === 1 ? 'key' : 'keys'}`;
    report.note('Redis', text, `if your feed writes there, end REDIS_URL with /${database}`);
  }
}

/** Runs a part of the check that no gateway needs, and that the rights of its user may not allow; null if it fails. */
async function tryPart<T>(report: CheckReport, what: string, part: () => Promise<T>): Promise<T | null> {
  try {
    return await part();
  } catch (error) {
    const text = `cannot be read: ${error instanceof Error ? error.message : error}`;
    report.note(what, text, 'only this check needs +pubsub +scan; a gateway works without them');
    return null;
  }
}

/** The end of a finding: what only the check sees. */
function others(hidden: readonly string[]): string {
  if (hidden.length === 0) return '';
  const shown = hidden.slice(0, MAX_OTHERS).map((name) => cut(terminalSafe(name), MAX_OTHER_LENGTH));
  const names = [...shown, ...(hidden.length > MAX_OTHERS ? ['…'] : [])].join(', ');
  return `; ${count(hidden.length)} more that clients may not read: ${names}`;
}

function reportChannels(report: CheckReport, { readable, hidden }: FoundChannels): void {
  report.ok('channels', `${count(readable.length)} readable with subscribers at the moment${others(hidden)}`);
  const rows = readable.map(({ name, subscribers }) => {
    return [name, subscribersOf(subscribers)] as const;
  });
  report.list(rows);
}

function subscribersOf(subscribers: number): string {
  return `${count(subscribers)} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`;
}

function reportHashes(report: CheckReport, found: FoundHashes): void {
  const scope = found.complete
    ? ''
    : ', not counting the rest: there are too many keys to look at all of them';
  report.ok('hashes', `${count(found.names.length)} readable${others(found.hidden)}${scope}`);
  const rows = found.shown.map((hash) => [hash.name, describeHash(hash)] as const);
  report.list(rows, found.names.length);
  reportFlaws(report, found);
}

function describeHash({ size, sample }: FoundHash): string {
  const values = `${count(size)} ${size === 1 ? 'value' : 'values'}`;
  if (sample.looked === 0) return values;
  const what =
    sample.geo === sample.looked ? 'GeoJSON' : `${sample.geo} of ${sample.looked} checked values are GeoJSON`;
  return `${values}, ${what}`;
}

function reportWithoutHash(report: CheckReport, config: Config, found: FoundNames): void {
  for (const { name, meant } of namesWithoutHash(config, found)) {
    const subscribers = found.subscribers.get(name) ?? 0;
    const text =
      subscribers === 0
        ? `${name} in CHANNELS has no hash and no subscriber`
        : `${name} in CHANNELS has ${subscribersOf(subscribers)}, but no hash`;
    const remedies = /\s/u.test(name)
      ? [`separate names with commas: ${name.trim().split(/\s+/u).join()}`]
      : remediesFor(meant, subscribers > 0, found);
    report.note('channels', text, remedies.join(' '));
  }
}

/** @param meant the name that was probably meant; null for none */
function remediesFor(meant: string | null, isWatched: boolean, found: FoundNames): string[] {
  const isReadable = meant !== null && (found.hashes.has(meant) || found.subscribers.has(meant));
  if (isReadable && !isWatched) return [`did you mean ${meant}?`];
  const what = meant !== null && found.hiddenHashes.includes(meant) ? 'a hash' : 'subscribers';
  const hidden = isReadable ? '' : `, which has ${what} that clients may not read`;
  const otherwise = isWatched
    ? 'HSET each feature before you PUBLISH it: clients that connect later start with the hash'
    : 'right if its feed has not started yet';
  return meant === null ? [otherwise] : [`did you mean ${meant}${hidden}?`, `Otherwise ${otherwise}`];
}

/** What may be wrong with some values of a hash, and what to do. */
const FLAWS = [
  ['invalid', 'are not JSON', 'clients never receive those: write JSON'],
  ['notUtf8', 'are not UTF-8', 'clients never receive those: write UTF-8'],
  [
    'noFeature',
    'are not a Feature',
    'maps leave those out: write {"type":"Feature","id":…,"geometry":…,"properties":…}',
  ],
  ['noId', 'have no id', 'publish them with an id, or set FEATURE_ID_PROPERTY'],
  [
    'otherField',
    'are not in the field of their id',
    'HSET each feature into the field that its id names; features that share an id replace each other on maps',
  ],
  [
    'broken',
    'have coordinates that do not fit the type of their geometry',
    'write a position as [longitude, latitude], two numbers without quotes',
  ],
  [
    'notDegrees',
    'have latitudes beyond 90 degrees',
    'write positions as [longitude, latitude] in degrees (EPSG:4326)',
  ],
] as const satisfies (readonly [keyof Sample, string, string])[];

function reportFlaws(report: CheckReport, { shown }: FoundHashes): void {
  for (const [kind, flaw, remedy] of FLAWS) {
    const flawed = shown.filter(({ sample }) => sample[kind] > 0).map(({ name }) => name);
    if (flawed.length > 0) report.note('values', `some ${flaw}, in ${flawed.join(', ')}`, remedy);
  }
}
