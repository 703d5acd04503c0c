import type { ErrorCode } from '@viaduct/protocol';

/**
 * The gateway refused a command. The connection continues as if the command had not been sent.
 *
 * @example
 * ```ts
 * import { connect, ViaductError } from '@viaduct/client';
 *
 * const viaduct = connect('http://localhost:8080');
 * try {
 *   await viaduct.get('secrets');
 * } catch (error) {
 *   if (error instanceof ViaductError) console.log(error.code); // prints: not_allowed
 * }
 * viaduct.close();
 * ```
 */
export class ViaductError extends Error {
  override readonly name = 'ViaductError';

  /**
   * @param code one of the error codes of PROTOCOL.md; stable
   * @param message what is wrong and what is valid, for people
   * @param command the beginning of the command
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly command: string,
  ) {
    super(message);
  }
}

/** Why there is no connection, for programs. */
export type ConnectionProblem =
  /** The gateway is unreachable, or the connection broke. */
  | 'unreachable'
  /** The gateway ended the session; `closeCode` says why. */
  | 'closed_by_gateway'
  /** No valid token or key was given, or the function that returns one failed. */
  | 'no_credentials'
  /** No answer arrived in time. */
  | 'timeout'
  /** `close()` was called. */
  | 'closed';

/**
 * There is no connection, or it ended before an answer arrived.
 *
 * @example
 * ```ts
 * import { ConnectionError, connect } from '@viaduct/client';
 *
 * const viaduct = connect('http://localhost:8080');
 * viaduct.close();
 * try {
 *   await viaduct.get('trains');
 * } catch (error) {
 *   if (error instanceof ConnectionError) console.log(error.problem); // prints: closed
 * }
 * ```
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  /**
   * @param problem for programs
   * @param message for people
   * @param closeCode the gateway's close code, one of PROTOCOL.md, if there is one
   */
  constructor(
    readonly problem: ConnectionProblem,
    message: string,
    readonly closeCode: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** An iteration over a subscription fell so far behind that its queue was dropped. */
export class BacklogError extends Error {
  override readonly name = 'BacklogError';
}
