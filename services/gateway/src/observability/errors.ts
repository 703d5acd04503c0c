import { CrsError } from '@viaduct/geo-worker';
import { CommandError, type ErrorStatus, echo } from '@viaduct/protocol';
import type { ClientKind } from '../delivery/connection.js';
import { SourceError } from '../sources/source.js';

/** The context of an error that no client caused. */
export interface FailureContext {
  /** What the gateway was doing, such as `command` or `delivery`. */
  readonly where: string;
  readonly session?: string;
  readonly transport?: ClientKind;
  readonly command?: string;
  /** A channel or key. */
  readonly channel?: string;
  readonly [field: string]: string | undefined;
}

/** Reports defects: errors that no client caused. */
export type ReportInternalError = (error: unknown, context: FailureContext) => void;

/** The error for the client. An unexpected one is a defect: it is logged in full and sent as `internal`. */
export function errorStatus(
  error: unknown,
  command: string,
  reportInternalError: (error: unknown) => void,
): ErrorStatus {
  if (error instanceof CommandError || error instanceof SourceError || error instanceof CrsError) {
    return { status: 'error', code: error.code, message: error.message, command: echo(command) };
  }
  reportInternalError(error);
  return {
    status: 'error',
    code: 'internal',
    message: 'the gateway failed to do this; its log says why',
    command: echo(command),
  };
}
