import { STATUS_CODES } from 'node:http';
import { CommandError } from '@viaduct/protocol';
import { RETRY_LATER } from '../admission/refusal-answers.js';
import { SourceError } from '../sources/source.js';

/** The API refuses a request. The message says what is wrong and what is valid, and is safe for clients. */
export class Problem extends Error {
  override readonly name = 'Problem';

  /** @param headers additional headers of the answer */
  constructor(
    readonly status: 400 | 401 | 403 | 404 | 405 | 406 | 429 | 500 | 503 | 507,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }

  /** Its document, as RFC 9457 describes it. */
  get document(): object {
    return { title: STATUS_CODES[this.status], status: this.status, detail: this.message };
  }
}

/** A value of a parameter that is not valid. */
export function badValue(parameter: string, message: string): Problem {
  return new Problem(400, `${parameter} ${message}`);
}

/**
 * The problem that an error is for the client; null for a defect.
 *
 * @param error thrown while a request was answered
 */
export function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  if (!(error instanceof SourceError || error instanceof CommandError)) return null;
  if (error.code === 'not_allowed') return new Problem(403, error.message);
  if (error.code === 'wrong_type') return new Problem(404, error.message);
  if (error.code === 'rate_limited') return new Problem(429, error.message);
  // RFC 4918 section 11.5. Not 503, after which a proxy would ask every other gateway, too.
  if (error.code === 'live_too_big') return new Problem(507, error.message, RETRY_LATER);
  return new Problem(503, error.message, RETRY_LATER);
}
