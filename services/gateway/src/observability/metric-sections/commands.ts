import { ERROR_CODES } from '@viaduct/protocol';
import { DELAY_BUCKETS, type MetricSection } from '../metric-spec.js';

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
  viaduct_delayed_view_changes_total: {
    type: 'counter',
    unit: 'commands',
    help: 'Changes of the box or projection that exceeded the rate, and therefore waited or were replaced by the next one.',
  },
} as const satisfies MetricSection;
