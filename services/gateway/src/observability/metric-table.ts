import { ACCOUNT_METRICS } from './metric-sections/accounts.js';
import { COMMAND_METRICS } from './metric-sections/commands.js';
import { CONNECTION_METRICS } from './metric-sections/connections.js';
import { HTTP_API_METRICS } from './metric-sections/http-api.js';
import { LIVE_METRICS } from './metric-sections/live.js';
import { MESSAGE_METRICS } from './metric-sections/messages.js';
import { PROCESS_METRICS } from './metric-sections/process.js';
import { REPLICA_METRICS } from './metric-sections/replicas.js';
import { SOURCE_METRICS } from './metric-sections/source.js';
import { STATE_METRICS } from './metric-sections/state.js';
import { WORKER_METRICS } from './metric-sections/workers.js';
import type { MetricSection, MetricSpec } from './metric-spec.js';

/** Every metric of the gateway, in the order of docs/metrics.md. */
export const METRIC_SECTIONS: readonly { readonly title: string; readonly metrics: MetricSection }[] = [
  { title: 'Connections', metrics: CONNECTION_METRICS },
  { title: 'Limits of API keys and tokens', metrics: ACCOUNT_METRICS },
  { title: 'Commands', metrics: COMMAND_METRICS },
  { title: 'Messages', metrics: MESSAGE_METRICS },
  { title: 'Snapshots and gaps', metrics: STATE_METRICS },
  { title: 'Live views', metrics: LIVE_METRICS },
  { title: 'HTTP API', metrics: HTTP_API_METRICS },
  { title: 'Workers and big messages', metrics: WORKER_METRICS },
  { title: 'Source', metrics: SOURCE_METRICS },
  { title: 'Replicas and the admin API', metrics: REPLICA_METRICS },
  { title: 'Process', metrics: PROCESS_METRICS },
];

/** All metrics by name, which is how the code that counts refers to them. */
export const METRICS = {
  ...CONNECTION_METRICS,
  ...ACCOUNT_METRICS,
  ...COMMAND_METRICS,
  ...MESSAGE_METRICS,
  ...STATE_METRICS,
  ...LIVE_METRICS,
  ...HTTP_API_METRICS,
  ...WORKER_METRICS,
  ...SOURCE_METRICS,
  ...REPLICA_METRICS,
  ...PROCESS_METRICS,
} as const;

type Metrics = typeof METRICS;
export type MetricName = keyof Metrics;

/** Names of all metrics of one type. */
export type NameOf<Type extends MetricSpec['type']> = {
  [Name in MetricName]: Metrics[Name]['type'] extends Type ? Name : never;
}[MetricName];

/** Names of a metric's labels. */
export type LabelOf<Name extends MetricName> = Metrics[Name] extends { labels: infer Labels }
  ? keyof Labels & string
  : never;
