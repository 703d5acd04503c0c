import type { CorePlan } from './cores.js';
import { Histogram } from './load/histogram.js';
import type { PublishResult } from './load/publisher.js';
import type { Mark, RunResult } from './load/receiver-service.js';

/**
 * The state of every receiver at one moment. CPU times are those of the servers, the receivers, the publisher, Redis
 * and the controlling process, in this order.
 */
export interface Moment {
  marks: readonly Mark[];
  servers: number;
  receivers: number;
}

/** One measurement. Values are null if the platform does not have them. */
export interface Step {
  /** Deliveries per second; a delivery is one message to one connection. */
  perSecond: number;
  /** Messages published per second. */
  messagesPerSecond: number;
  /** Average number of connections that receive a message. */
  fanOut: number;
  /** CPU cores in use by all servers together: 1 is one whole core. */
  serverCores: number | null;
  /** Deliveries per CPU second of the servers. */
  perCpu: number | null;
  /** CPU time of the servers per delivery and per published message, in microseconds. */
  usPerDelivery: number | null;
  usPerMessage: number | null;
  /** CPU time of Redis per published message, in microseconds. */
  redisUsPerMessage: number | null;
  /** The busiest core of the load generator: 1 is all of it. */
  generatorCore: number | null;
  /** Cores in use by processes outside the measurement. */
  others: number | null;
  /** Delay from when a message was due to its arrival, in ms. */
  p50Ms: number | null;
  p99Ms: number | null;
  maxMs: number | null;
  /** Reads that returned messages, per second: about the server's writes. */
  writesPerSecond: number;
  bytesPerMessage: number;
  megabytesPerSecond: number;
  peakMegabytes: number;
  /** Maximum delay of the publisher against its schedule, in ms. */
  lateMs: number;
  /** True if the server kept up: everything arrived, 99 % of it within a second, and nearly all before the end. */
  keptUp: boolean;
  /** What was wrong with the received messages; empty if every connection received exactly its messages, in order. */
  problems: string[];
}

export interface StepData {
  before: Moment;
  after: Moment;
  published: PublishResult;
  results: readonly RunResult[];
  peakBytes: number;
  cores: CorePlan;
}

/** A server has kept up if no more than this share is missing when the last message is published ... */
const MAX_LAG_SHARE = 0.05;
/** ... or no more than this many messages, and 99 % of the deliveries took no longer than this many ms. */
const MAX_LAG_MESSAGES = 3;
const MAX_P99_MS = 1000;

/** Calculates the measurement. */
export function stepOf({ before, after, published, results, peakBytes, cores }: StepData): Step {
  const spans = after.marks.map((mark, i) => spanBetween(before.marks[i] ?? mark, mark));
  const perSecond = sum(spans.map(({ messages, seconds }) => messages / seconds));
  const cpu = usageOf(spans[0], after, cores);
  const messagesPerSecond = published.published / published.seconds;
  const delays = new Histogram();
  for (const result of results) delays.merge(result.delays);
  const problems = results.flatMap(problemsOf);
  const p99Ms = delays.percentileMs(0.99);
  const perWhat = (cores: number | null, rate: number): number | null =>
    cores === null || rate === 0 ? null : (cores / rate) * 1e6;
  return {
    perSecond,
    messagesPerSecond,
    fanOut: sum(results.map(({ verdict }) => verdict.expected)) / Math.max(1, published.published),
    serverCores: cpu.servers,
    perCpu: cpu.servers === null || cpu.servers === 0 ? null : perSecond / cpu.servers,
    usPerDelivery: perWhat(cpu.servers, perSecond),
    usPerMessage: perWhat(cpu.servers, messagesPerSecond),
    redisUsPerMessage: perWhat(cpu.redis, messagesPerSecond),
    generatorCore: cpu.busiestGenerator,
    others: cpu.others,
    p50Ms: delays.percentileMs(0.5),
    p99Ms,
    maxMs: delays.maxMs,
    writesPerSecond: sum(spans.map(({ reads, seconds }) => reads / seconds)),
    bytesPerMessage:
      sum(spans.map(({ bytes }) => bytes)) / Math.max(1, sum(spans.map(({ messages }) => messages))),
    megabytesPerSecond: sum(spans.map(({ bytes, seconds }) => bytes / seconds)) / 1e6,
    peakMegabytes: peakBytes / 1e6,
    lateMs: published.lateMs,
    keptUp:
      problems.length === 0 &&
      (p99Ms ?? 0) <= MAX_P99_MS &&
      results.every((r) => isCaughtUp(r, published.published)),
    problems,
  };
}

/** What went wrong in a run, in words. */
export function problemsOf({ verdict, faults }: Pick<RunResult, 'verdict' | 'faults'>): string[] {
  const { missing, extra, reordered } = verdict;
  return [
    ...(missing === 0 ? [] : [`${missing} missing`]),
    ...(extra === 0 ? [] : [`${extra} not expected`]),
    ...(reordered === 0 ? [] : [`${reordered} out of order`]),
    ...faults,
  ];
}

interface Span {
  seconds: number;
  messages: number;
  reads: number;
  bytes: number;
  /** CPU cores in use, in the order of {@link Moment}. */
  cpu: (number | null)[];
  busy: number | null;
}

function spanBetween(before: Mark, after: Mark): Span {
  const seconds = (after.atUs - before.atUs) / 1e6;
  const perSecond = (from: number | null, to: number | null): number | null =>
    from === null || to === null ? null : (to - from) / seconds;
  return {
    seconds,
    messages: after.counters.messages - before.counters.messages,
    reads: after.counters.reads - before.counters.reads,
    bytes: after.counters.bytes - before.counters.bytes,
    cpu: after.cpu.map((value, i) => perSecond(before.cpu[i] ?? null, value)),
    busy: perSecond(before.busy, after.busy),
  };
}

interface Usage {
  servers: number | null;
  redis: number | null;
  busiestGenerator: number | null;
  others: number | null;
}

function usageOf(span: Span | undefined, { servers, receivers }: Moment, cores: CorePlan): Usage {
  const cpu = span?.cpu ?? [];
  const known = cpu.filter((value) => value !== null);
  if (span === undefined || span.busy === null || known.length < cpu.length) {
    return { servers: null, redis: null, busiestGenerator: null, others: null };
  }
  const rest = known.slice(servers + receivers);
  return {
    servers: sum(known.slice(0, servers)),
    redis: rest[1] ?? 0,
    busiestGenerator: busiest(known.slice(servers, servers + receivers), rest, cores),
    others: Math.max(0, span.busy - sum(known)),
  };
}

/** The load of the busiest core of the load generator. */
function busiest(receivers: readonly number[], rest: readonly number[], cores: CorePlan): number {
  if (cores.rest === null) return Math.max(...receivers, ...rest);
  const byCore = new Map<number | null, number>([[cores.rest, sum(rest)]]);
  receivers.forEach((value, i) => {
    const core = cores.receivers[i] ?? null;
    byCore.set(core, (byCore.get(core) ?? 0) + value);
  });
  return Math.max(...byCore.values());
}

function isCaughtUp({ lag, verdict }: RunResult, published: number): boolean {
  const perMessage = published === 0 ? 0 : verdict.expected / published;
  return (lag ?? 0) <= Math.max(MAX_LAG_SHARE * verdict.expected, MAX_LAG_MESSAGES * perMessage);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
