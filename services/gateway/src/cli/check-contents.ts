import { createAllowlist } from '../auth/allowlist.js';
import type { Config } from '../config/config.js';
import { unknownNames } from './check-names.js';
import type { CheckReport } from './check-report.js';
import type { FoundChannels, FoundHash, FoundHashes, RedisSurvey } from './redis-survey.js';
import { count } from './terminal.js';

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
  const hashes = await look(report, 'hashes', () => survey.hashes(allows));
  if (hashes !== null) reportHashes(report, hashes);
  // An unknown name may be among those that were not looked at.
  if (!isWhole || channels === null || hashes?.complete !== true) return;
  reportUnknown(report, config, new Set([...channels.readable.map(({ name }) => name), ...hashes.names]));
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

/** The end of a finding: how many there are that only the check sees. */
function others(hidden: number): string {
  return hidden === 0 ? '' : `; ${count(hidden)} more that clients may not read`;
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

function reportUnknown(report: CheckReport, config: Config, known: ReadonlySet<string>): void {
  for (const { name, meant } of unknownNames(config, known)) {
    const remedy = meant === null ? 'right if its feed has not started yet' : `did you mean ${meant}?`;
    report.note('channels', `${name} in CHANNELS has no hash and no subscriber`, remedy);
  }
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
  const strange = shown.filter(({ sample }) => sample.notDegrees > 0).map(({ name }) => name);
  if (strange.length === 0) return;
  const text = `some have latitudes beyond 90 degrees, in ${strange.join(', ')}`;
  report.note('values', text, 'write positions as [longitude, latitude] in degrees (EPSG:4326)');
}
