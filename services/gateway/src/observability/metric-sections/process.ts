import type { MetricSection } from '../metric-spec.js';

export const PROCESS_METRICS = {
  viaduct_build_info: {
    type: 'gauge',
    unit: 'always 1',
    help: 'Version of the gateway and of Node.js.',
    labels: { version: 'of the gateway', node: 'version of Node.js' },
  },
  viaduct_memory_limit_bytes: {
    type: 'gauge',
    unit: 'bytes',
    help: 'Memory that the process may use: the limit of its container, or all memory of the machine.',
  },
  viaduct_internal_failures_total: {
    type: 'counter',
    unit: 'failures',
    help: 'Defects of the gateway or of custom code. Each has a line "internal failure" in the log.',
  },
  viaduct_uncaught_errors_total: {
    type: 'counter',
    unit: 'errors',
    help: 'Errors that nothing caught. The first one ends the process. Not in an embedded gateway.',
  },
} as const satisfies MetricSection;
