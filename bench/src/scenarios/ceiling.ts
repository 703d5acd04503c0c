import type { BenchContext } from '../context.js';
import type { Step } from '../step.js';
import type { Load, TestBed } from '../test-bed.js';
import type { Column, Outcome } from './scenario.js';

/** The maximum rate of a server, and its delays at half of that. */
export interface Ceiling {
  /** As fast as messages arrive, with a limited number in flight. */
  closed: Step;
  /** The highest fixed rate that was sustained; null if none was. */
  top: Step | null;
  /** Half of that rate. */
  half: Step | null;
}

/** Shares of the closed loop's rate to try as fixed rates, one after the other. */
const SHARES = [0.95, 0.85, 0.7, 0.5, 0.35];

/** A core that is busier than this is the limit. */
const BUSY = 0.85;

/**
 * Finds the maximum rate in a closed loop, confirms it by publishing at a fixed rate, and measures at half of that.
 */
export async function findCeiling(
  context: BenchContext,
  bed: TestBed,
  load: Omit<Load, 'rate'>,
): Promise<Ceiling> {
  const closed = await bed.run({ ...load, rate: null });
  report(context, 'closed loop', closed);
  const rate = closed.fanOut === 0 ? 0 : closed.perSecond / closed.fanOut;
  for (const share of SHARES.slice(0, context.sizes.attempts)) {
    if (rate === 0) break;
    const top = await bed.run({ ...load, rate: rate * share });
    report(context, `fixed at ${share}`, top);
    if (!top.keptUp) continue;
    const half = await bed.run({ ...load, rate: (rate * share) / 2 });
    report(context, 'half of that', half);
    return { closed, top, half };
  }
  return { closed, top: null, half: null };
}

export const CEILING_COLUMNS: readonly Column[] = [
  { key: 'max', label: 'max deliveries/s', digits: 0 },
  { key: 'perCpu', label: 'deliveries per server CPU s', digits: 0 },
  { key: 'serverCores', label: 'server cores', digits: 2 },
  { key: 'generatorCore', label: 'generator core', digits: 2 },
  { key: 'writes', label: 'writes/s', digits: 0 },
  { key: 'bytes', label: 'B per message', digits: 0 },
  { key: 'p50', label: 'p50 at half, ms', digits: 1 },
  { key: 'p99', label: 'p99 at half, ms', digits: 1 },
  { key: 'perCpuHalf', label: 'per server CPU s at half', digits: 0 },
  { key: 'peak', label: 'peak RSS, MB', digits: 0 },
  { key: 'limit', label: 'limited by', digits: 0 },
];

/** A maximum rate as a row of a table. If no fixed rate was sustained, it shows the closed loop. */
export function ceilingOutcome(name: string, { closed, top, half }: Ceiling): Outcome {
  const best = top ?? closed;
  const steps = [closed, top, half].filter((step) => step !== null);
  return {
    case: name,
    values: {
      max: best.perSecond,
      perCpu: best.perCpu,
      serverCores: best.serverCores,
      generatorCore: best.generatorCore,
      writes: best.writesPerSecond,
      bytes: best.bytesPerMessage,
      p50: half?.p50Ms ?? null,
      p99: half?.p99Ms ?? null,
      perCpuHalf: half?.perCpu ?? null,
      peak: Math.max(...steps.map(({ peakMegabytes }) => peakMegabytes)),
      limit: top === null ? 'nothing sustained' : limitOf(best),
    },
    problems: steps.flatMap(({ problems }) => problems),
    others: Math.max(...steps.map(({ others }) => others ?? 0)),
  };
}

/** What prevented a step from being faster. */
export function limitOf({ serverCores, generatorCore }: Step, servers = 1): string {
  if (serverCores === null || generatorCore === null) return 'not known here';
  if (serverCores > BUSY * servers) return 'server CPU';
  return generatorCore > BUSY ? 'load generator' : 'delay';
}

/** One line of progress about a step. */
export function report(context: BenchContext, what: string, step: Step): void {
  const figures = [
    `${Math.round(step.perSecond).toLocaleString('en')} deliveries/s`,
    `p99 ${step.p99Ms?.toFixed(1) ?? '-'} ms`,
    ...(step.perCpu === null ? [] : [`${Math.round(step.perCpu).toLocaleString('en')} per CPU s`]),
    `server ${step.serverCores?.toFixed(2) ?? '-'}, generator ${step.generatorCore?.toFixed(2) ?? '-'}, others ${step.others?.toFixed(2) ?? '-'} cores`,
    step.problems.length > 0 ? step.problems.join(', ') : step.keptUp ? 'all right' : 'did not keep up',
  ];
  context.log(`    ${what}: ${figures.join('; ')}`);
}
