/** One metric. */
export interface MetricSpec {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What the value counts or measures: things such as `messages`, or `seconds` and `bytes`. */
  readonly unit: string;
  /** One or two sentences. */
  readonly help: string;
  /** By name: every possible value of the label, or a sentence about its values if they are not known in advance. */
  readonly labels?: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds of a histogram's buckets, in its unit. */
  readonly buckets?: readonly number[];
}

/** The metrics of one section of docs/metrics.md, by name. */
export type MetricSection = Readonly<Record<`viaduct_${string}`, MetricSpec>>;

/** The values of the label `transport`. */
export const TRANSPORTS = ['raw', 'socket.io', 'sse'] as const;

/** Bounds in seconds, from those of a single message, which is sent at once, to those of slow clients. */
export const DELAY_BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;
