import { messageOf } from './expect.js';
import { connectRedis } from './redis-backend.js';
import { conformanceCases } from './suite.js';
import {
  type Conformance,
  type ConformanceCase,
  type ConformanceOptions,
  TRANSPORTS,
  type TransportName,
} from './types.js';

/** The result of one case. */
export interface CaseResult {
  name: string;
  transport: TransportName;
  passed: boolean;
  /** What the server did instead, for people; null if it conforms. */
  failure: string | null;
  /** How long the case took, in ms. */
  ms: number;
}

/** What to run. */
export interface RunOptions extends ConformanceOptions {
  /** Default: both. */
  transports?: readonly TransportName[];
  /** Only cases whose name contains this text. */
  only?: string;
  /** Called after each case. */
  onResult?: (result: CaseResult) => void;
}

/** Default values of {@link ConformanceOptions}. */
export const DEFAULTS = {
  prefix: 'conf',
  timeoutMs: 10_000,
  maxFrameBytes: 1024 * 1024,
  defaultProjection: 'epsg:4326',
} as const;

/**
 * Prepares the test of a server: checks the options and connects to its data.
 *
 * @throws TypeError if the options are invalid, Error if Redis does not answer
 */
export async function openConformance(options: ConformanceOptions): Promise<Conformance> {
  const { url, redisUrl, prefix = DEFAULTS.prefix, timeoutMs = DEFAULTS.timeoutMs } = options;
  if (!/^(?:ws|http)s?:/u.test(url) || !URL.canParse(url)) {
    throw new TypeError(`"${url}" is not the URL of a server; it looks like ws://localhost:8080`);
  }
  if (!/^[\w.:/-]+$/u.test(prefix)) {
    throw new TypeError(`"${prefix}" cannot be a prefix: letters, digits, _ . : / and - only`);
  }
  if (options.backend === undefined && redisUrl === undefined) {
    throw new TypeError('the suite needs the redisUrl of the server, or a backend instead');
  }
  const backend = options.backend ?? (await connectRedis(redisUrl ?? '', timeoutMs));
  return {
    url,
    backend,
    prefix,
    timeoutMs,
    forbidden: options.forbidden ?? `not-${prefix}`,
    maxFrameBytes: options.maxFrameBytes ?? DEFAULTS.maxFrameBytes,
    defaultProjection: options.defaultProjection ?? DEFAULTS.defaultProjection,
    close: () => backend.close(),
  };
}

/**
 * Tests a server, one case after the other.
 *
 * @throws if the options are invalid or Redis does not answer; a server that does not conform is not an error here
 */
export async function runConformance(options: RunOptions): Promise<CaseResult[]> {
  const conformance = await openConformance(options);
  const cases = conformanceCases(options.transports ?? TRANSPORTS).filter(({ name }) =>
    name.includes(options.only ?? ''),
  );
  const results: CaseResult[] = [];
  try {
    for (const each of cases) {
      const result = await runCase(each, conformance);
      results.push(result);
      options.onResult?.(result);
    }
  } finally {
    await conformance.close();
  }
  return results;
}

async function runCase(
  { name, transport, run }: ConformanceCase,
  conformance: Conformance,
): Promise<CaseResult> {
  const started = performance.now();
  let failure: string | null = null;
  try {
    await run(conformance);
  } catch (error) {
    failure = messageOf(error);
  }
  return { name, transport, passed: failure === null, failure, ms: performance.now() - started };
}
