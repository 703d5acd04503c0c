/** How a feed behaves. */
export interface FeedOptions {
  /** Vehicles under way at any time. */
  count: number;
  /** Updates a second, over all vehicles. */
  rate: number;
  /** Simulated seconds in one real second; the published speeds are those of the simulation. */
  speedup: number;
  /** Repeats the same vehicles and trips. */
  seed: number;
}

/** A setting that the feed cannot work with; the message says which, and what would be right. */
export class FeedOptionsError extends Error {
  override readonly name = 'FeedOptionsError';
}

interface Setting {
  variable: string;
  fallback: number;
  max: number;
}

const SETTINGS: Record<keyof FeedOptions, Setting> = {
  count: { variable: 'DEMO_COUNT', fallback: 1000, max: 100_000 },
  rate: { variable: 'DEMO_RATE', fallback: 400, max: 100_000 },
  speedup: { variable: 'DEMO_SPEEDUP', fallback: 60, max: 3600 },
  seed: { variable: 'DEMO_SEED', fallback: 1, max: 2 ** 32 - 1 },
};

/**
 * Reads DEMO_COUNT, DEMO_RATE, DEMO_SPEEDUP and DEMO_SEED; what is not set has its default.
 *
 * @throws FeedOptionsError where one is not a whole number of its range
 */
export function feedOptions(env: NodeJS.ProcessEnv): FeedOptions {
  return {
    count: wholeNumber(env, SETTINGS.count),
    rate: wholeNumber(env, SETTINGS.rate),
    speedup: wholeNumber(env, SETTINGS.speedup),
    seed: wholeNumber(env, SETTINGS.seed),
  };
}

function wholeNumber(env: NodeJS.ProcessEnv, { variable, fallback, max }: Setting): number {
  const text = env[variable];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  throw new FeedOptionsError(`${variable} is "${text}"; it takes a whole number from 1 to ${max}.`);
}
