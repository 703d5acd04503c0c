import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { type FoundNames, unknownNames } from './check-names.js';
import type { CheckReport } from './check-report.js';
import type { FoundChannels, FoundHash, FoundHashes, RedisSurvey } from './redis-survey.js';
import { count, cut, harmless } from './terminal.js';

/** Most names of others that are shown, and most characters of each. */
const MAX_OTHERS = 5;
const MAX_OTHER_LENGTH = 40;

/**
 * Shows what clients can read now: channels with subscribers, and hashes with what is in them.
 *
 * @param isWhole whether the survey reaches every server that has some of it
 */
export async function reportContents(
  report: CheckReport,
  survey: Pick<RedisSurvey, 'channels' | 'hashes'>,
  config: Config,
  isWhole: boolean,
): Promise<void> {
  const allows = createAllowlist(config.channels);
  const channels = await look(report, 'channels', () => survey.channels(allows));
  if (channels !== null) reportChannels(report, channels);
  const hashes = await look(report, 'hashes', () => survey.hashes(allows, config.delivery.featureIdProperty));
  if (hashes !== null) reportHashes(report, hashes);
  // An unknown name may be among those that were not looked at.
  if (!isWhole || channels === null || hashes?.complete !== true) return;
  reportUnknown(report, config, {
    readable: new Set([...channels.readable.map(({ name }) => name), ...hashes.names]),
    hiddenHashes: hashes.hidden,
    hiddenChannels: channels.hidden,
  });
}

/** Runs a part of the check that no gateway needs, and that the rights of its user may not allow; null if it fails. */
async function look<T>(report: CheckReport, what: string, part: () => Promise<T>): Promise<T | null> {
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
  const shown = hidden.slice(0, MAX_OTHERS).map((name) => cut(harmless(name), MAX_OTHER_LENGTH));
  const names = [...shown, ...(hidden.length > MAX_OTHERS ? ['…'] : [])].join(', ');
  return `; ${count(hidden.length)} more that clients may not read: ${names}`;
}

function reportChannels(report: CheckReport, { readable, hidden }: FoundChannels): void {
  report.ok('channels', `${count(readable.length)} readable with subscribers at the moment${others(hidden)}`);
  const rows = readable.map(({ name, subscribers }) => {
    return [name, `${count(subscribers)} ${subscribers === 1 ? 'subscriber' : 'subscribers'}`] as const;
  });
  report.list(rows);
}

function reportHashes(report: CheckReport, found: FoundHashes): void {
  const scope = found.complete
    ? ''
    : ', not counting the rest: there are too many keys to look at all of them';
  report.ok('hashes', `${count(found.names.length)} readable${others(found.hidden)}${scope}`);
  const rows = found.shown.map((hash) => [hash.name, describeHash(hash)] as const);
  report.list(rows, found.names.length);
  reportInvalid(report, found);
}

function describeHash({ size, sample }: FoundHash): string {
  const values = `${count(size)} ${size === 1 ? 'value' : 'values'}`;
  if (sample.looked === 0) return values;
  const what =
    sample.geo === sample.looked ? 'GeoJSON' : `${sample.geo} of ${sample.looked} checked values are GeoJSON`;
  return `${values}, ${what}`;
}

function reportUnknown(report: CheckReport, config: Config, found: FoundNames): void {
  for (const { name, meant } of unknownNames(config, found)) {
    report.note('channels', `${name} in CHANNELS has no hash and no subscriber`, unknownRemedy(meant, found));
  }
}

function unknownRemedy(meant: string | null, { readable, hiddenHashes }: FoundNames): string {
  if (meant === null) return 'right if its feed has not started yet';
  if (readable.has(meant)) return `did you mean ${meant}?`;
  const what = hiddenHashes.includes(meant) ? 'a hash' : 'subscribers';
  return `did you mean ${meant}, which has ${what} that clients may not read? Otherwise right if its feed has not started yet`;
}

function reportInvalid(report: CheckReport, { shown }: FoundHashes): void {
  for (const [kind, what] of [
    ['invalid', 'JSON'],
    ['notUtf8', 'UTF-8'],
  ] as const) {
    const bad = shown.filter(({ sample }) => sample[kind] > 0).map(({ name }) => name);
    if (bad.length === 0) continue;
    const text = `some are not ${what}, in ${bad.join(', ')}`;
    report.note('values', text, `clients never receive those: write ${what}`);
  }
  const unnamed = shown.filter(({ sample }) => sample.noId > 0).map(({ name }) => name);
  if (unnamed.length > 0) {
    const text = `some have no id, in ${unnamed.join(', ')}`;
    report.note('values', text, 'publish them with an id, or set FEATURE_ID_PROPERTY');
  }
  const strange = shown.filter(({ sample }) => sample.notDegrees > 0).map(({ name }) => name);
  if (strange.length === 0) return;
  const text = `some have latitudes beyond 90 degrees, in ${strange.join(', ')}`;
  report.note('values', text, 'write positions as [longitude, latitude] in degrees (EPSG:4326)');
}
