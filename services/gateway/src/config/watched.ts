import { isGlob } from '../auth/allowlist.js';
import { durationOf } from './durations.js';

/** A channel that the gateway watches, whether clients are subscribed to it or not. */
export interface WatchedChannel {
  readonly channel: string;
  /** How long it may be silent, in ms. */
  readonly maxSilenceMs: number;
}

/** Each channel has its own series in metrics. */
const MAX_WATCHED = 100;

/**
 * Reads channels with the longest silence that is normal, such as `planes=60s`.
 *
 * @throws RangeError with what is wrong and what is valid
 */
export function readWatched(items: readonly string[]): WatchedChannel[] {
  const watched = items.map((item): WatchedChannel => {
    const [channel, ms] = durationOf(item);
    if (isGlob(channel)) {
      throw new RangeError(`${JSON.stringify(item)} must name one channel; globs are not possible here`);
    }
    return { channel, maxSilenceMs: ms };
  });
  if (new Set(watched.map(({ channel }) => channel)).size < watched.length) {
    throw new RangeError('it names a channel twice; name each once');
  }
  if (watched.length > MAX_WATCHED) throw new RangeError(`it may have at most ${MAX_WATCHED} channels`);
  return watched;
}
