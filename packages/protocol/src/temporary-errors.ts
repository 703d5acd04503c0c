import type { ErrorCode } from './errors.js';

/**
 * The error codes after which the same command may succeed a few seconds later. They are a module of their own, so that a
 * page that needs only the codes does not load the explanations of {@link ERROR_CODES}.
 */
export const TEMPORARY_ERRORS: readonly ErrorCode[] = [
  'too_many_channels',
  'too_many_commands',
  'rate_limited',
  'overloaded',
  'source_unavailable',
];
