export { connectRedis } from './redis-backend.js';
export { type Reporter, reporter } from './report.js';
export { type CaseResult, DEFAULTS, openConformance, type RunOptions, runConformance } from './runner.js';
export { conformanceCases } from './suite.js';
export {
  type Backend,
  type Conformance,
  type ConformanceCase,
  type ConformanceOptions,
  TRANSPORTS,
  type TransportName,
} from './types.js';
