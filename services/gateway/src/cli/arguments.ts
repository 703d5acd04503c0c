import { type ParseArgsConfig, parseArgs } from 'node:util';

/** An invalid command line. The message says what is valid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Like `parseArgs` of Node.
 *
 * @throws UsageError if an option is unknown or lacks its value
 */
export function readArguments<const T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
