import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A command line that cannot be understood. The message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * As `parseArgs` of Node.
 *
 * @throws UsageError where an option is unknown or lacks its value
 */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
