import { ERROR_CODES } from '@viaduct/protocol';
import { DELAY_BUCKETS, type MetricSection } from '../metric-spec.js';

/** Which rate a published message exceeds: that of messages, or that of the bytes that they cause. */
export const PUBLISH_REFUSALS = ['messages', 'bytes'] as const;
export type PublishRefusal = (typeof PUBLISH_REFUSALS)[number];

/** The label `command`, whose values depend on the custom commands. */
const COMMAND = 'name of the command, `unknown` if there is no such command';

export const COMMAND_METRICS = {
  viaduct_commands_total: {
    type: 'counter',
    unit: 'commands',
    help: 'Commands that succeeded (ok) or failed (error).',
    labels: { command: COMMAND, outcome: ['ok', 'error'] },
  },
  viaduct_command_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    help: 'Time from the start of a command to its end. Commands that wait for earlier ones have not started.',
    labels: { command: COMMAND },
    buckets: [0.0005, ...DELAY_BUCKETS],
  },
  viaduct_errors_total: {
    type: 'counter',
    unit: 'errors',
    help: 'Errors that were sent to clients, by error code.',
    labels: { code: Object.keys(ERROR_CODES) },
  },
  viaduct_published_bytes_total: {
    type: 'counter',
    unit: 'bytes',
    help: 'Bytes that published messages of clients cause here: those of their envelopes, once for each session that receives them. MAX_PUBLISHED_BYTES_PER_SECOND limits them.',
  },
  viaduct_publishes_refused_total: {
    type: 'counter',
    unit: 'messages',
    help: 'Messages of clients that were refused because their session published too many (messages: MAX_PUBLISHES_PER_SECOND), or because their network had used its share of the bytes (bytes: MAX_PUBLISHED_BYTES_PER_SECOND).',
    labels: { reason: PUBLISH_REFUSALS },
  },
  viaduct_delayed_view_changes_total: {
    type: 'counter',
    unit: 'commands',
    help: 'Changes of the box or projection that exceeded the rate, and therefore waited or were replaced by the next one.',
  },
} as const satisfies MetricSection;
