/** Options of a feed. */
export interface FeedOptions {
  /** Number of vehicles. */
  count: number;
  /** Updates per second, of all vehicles. */
  rate: number;
  /** Simulated seconds per real second; the published speeds are those of the simulation. */
  speedup: number;
  /** The same seed repeats the same vehicles and trips. */
  seed: number;
}

/** An invalid setting of the feed; the message says which, and what is valid. */
export class FeedOptionsError extends Error {
  override readonly name = 'FeedOptionsError';
}

interface Setting {
  variable: string;
  meaning: string;
  fallback: number;
  max: number;
}

/** The settings of a feed. */
export const FEED_SETTINGS: Record<keyof FeedOptions, Setting> = {
  count: { variable: 'DEMO_COUNT', meaning: 'number of vehicles', fallback: 1000, max: 100_000 },
  rate: {
    variable: 'DEMO_RATE',
    meaning: 'updates per second, of all vehicles',
    fallback: 400,
    max: 100_000,
  },
  speedup: { variable: 'DEMO_SPEEDUP', meaning: 'simulated seconds per second', fallback: 60, max: 3600 },
  seed: {
    variable: 'DEMO_SEED',
    meaning: 'the same seed gives the same vehicles and trips',
    fallback: 1,
    max: 2 ** 32 - 1,
  },
};

/**
 * Reads DEMO_COUNT, DEMO_RATE, DEMO_SPEEDUP and DEMO_SEED; unset variables have their defaults.
 *
 * @throws FeedOptionsError if one is not a whole number in its range
 */
export function feedOptions(env: NodeJS.ProcessEnv): FeedOptions {
  return {
    count: wholeNumber(env, FEED_SETTINGS.count),
    rate: wholeNumber(env, FEED_SETTINGS.rate),
    speedup: wholeNumber(env, FEED_SETTINGS.speedup),
    seed: wholeNumber(env, FEED_SETTINGS.seed),
  };
}

function wholeNumber(env: NodeJS.ProcessEnv, { variable, fallback, max }: Setting): number {
  const text = env[variable];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new FeedOptionsError(`${variable} is "${text}"; it must be a whole number from 1 to ${max}.`);
}
