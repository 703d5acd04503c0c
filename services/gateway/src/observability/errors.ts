import { CrsError } from '@viaduct/geo-worker';
import { CommandError, type ErrorStatus, echo } from '@viaduct/protocol';
import { SourceError } from '../sources/source.js';

/** Where defects are reported: errors that no client caused. */
export type ReportInternalError = (error: unknown, context: string) => void;

/** What the client is told of an error. Anything unforeseen is a defect: logged in full, told as `internal`. */
export function errorStatus(
  error: unknown,
  command: string,
  reportInternalError: ReportInternalError,
): ErrorStatus {
  if (error instanceof CommandError || error instanceof SourceError || error instanceof CrsError) {
    return { status: 'error', code: error.code, message: error.message, command: echo(command) };
  }
  reportInternalError(error, 'command');
  return {
    status: 'error',
    code: 'internal',
    message: 'the gateway failed to carry this out; its log says why',
    command: echo(command),
  };
}
