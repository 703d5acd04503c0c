import { createAllowlist } from '../auth/allowlist.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MIN_MS = 1000;
const MAX_MS = 168 * 3_600_000;

/**
 * Reads times by channel, such as `planes=60s` and `trains_*=5m`.
 *
 * @returns finds the time of a channel in ms, by the first item that matches; null if none does
 * @throws RangeError with what is wrong and what is valid
 */
export function durationsByChannel(items: readonly string[]): (channel: string) => number | null {
  const rules = items.map((item) => {
    const [channels, ms] = durationOf(item);
    return { matches: createAllowlist([channels]), ms };
  });
  return (channel) => rules.find(({ matches }) => matches(channel))?.ms ?? null;
}

/**
 * Reads one channel or glob with a time.
 *
 * @returns both, the time in ms
 * @throws RangeError with what is wrong and what is valid
 */
export function durationOf(item: string): [channels: string, ms: number] {
  const [, channels = '', count, unit = ''] = /^(.+)=(\d+)(ms|s|m|h)$/u.exec(item) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? Number.NaN);
  if (!(ms >= MIN_MS && ms <= MAX_MS)) {
    throw new RangeError(
      `${JSON.stringify(item)} must be a channel or glob with a time from 1s to 168h, such as planes=60s`,
    );
  }
  return [channels, ms];
}
