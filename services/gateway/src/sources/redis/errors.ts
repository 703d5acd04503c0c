import { SourceError } from '../source.js';

const DENIED =
  'Redis does not allow the gateway to do this; its operator can grant the right with ACL SETUSER';

const NOT_A_HASH = 'the key is not a hash; its producer must HSET each feature into a field of its own';

/** The codes with which a node of a Redis Cluster says that another one serves the key. */
const REDIRECTIONS = new Set(['MOVED', 'ASK']);

/** Whether Redis itself answered with an error, in which case the first word of the message is the error's code. */
function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** The code with which Redis refused a command, such as `WRONGTYPE`; empty if the failure did not come from Redis. */
export function replyCode(error: unknown): string {
  return isReplyError(error) ? (error.message.split(' ', 1)[0] ?? '') : '';
}

/** Whether Redis denied the gateway a command, key or channel. */
export function isDenied(error: unknown): boolean {
  return error instanceof SourceError && error.code === 'not_allowed';
}

/** An error for a request that may succeed later; `what` completes a sentence that begins with "Redis". */
export function unavailable(what: string, cause?: unknown): SourceError {
  return new SourceError('source_unavailable', `Redis ${what}; try again in a few seconds`, { cause });
}

/**
 * The error for the caller of a failed command.
 *
 * @param timeoutMs longest wait for an answer
 * @param report called if an operator should know: Redis answers, but refuses
 */
export function sourceErrorOf(
  error: unknown,
  timeoutMs: number,
  report: (message: string, failure: unknown) => void,
): SourceError {
  if (error instanceof SourceError) return error;
  const code = replyCode(error);
  if (code === '')
    return unavailable(`gave no answer: the connection was lost or ${timeoutMs} ms have passed`);
  if (code === 'WRONGTYPE') return new SourceError('wrong_type', NOT_A_HASH);
  if (REDIRECTIONS.has(code)) return unavailable(`says that the key is elsewhere (${code})`, error);
  report('Redis refused a command', error);
  if (code === 'NOPERM') return new SourceError('not_allowed', DENIED, { cause: error });
  return unavailable(`refused the command (${code})`, error);
}
