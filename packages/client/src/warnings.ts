import { ConnectionError, type ConnectionProblem } from './errors.js';

/** The texts that have been printed, by level, so that no number of hints keeps a warning back. */
const PRINTED = { warn: new Set<string>(), info: new Set<string>() };

/** Maximum number of different texts of a level; further ones would only be noise. */
const MAX_TEXTS = 100;

/**
 * Prints on the console what is wrong and what to do, if the program has no listener for it; the same text only once.
 */
export function warn(text: string): void {
  print('warn', text);
}

/** Prints on the console, once, what may be a mistake but need not be one. */
export function hint(text: string): void {
  print('info', text);
}

function print(level: keyof typeof PRINTED, text: string): void {
  const printed = PRINTED[level];
  if (printed.has(text) || printed.size >= MAX_TEXTS) return;
  printed.add(text);
  console[level](`Viaduct: ${text}`);
}

/** The error of a connection that failed, with its address and what to do about it. */
export function withRemedy(error: ConnectionError, url: string, final: boolean): ConnectionError {
  const text = `${url}: ${error.message}. ${remedyFor(error.problem, final)}`;
  // Passed as options, the error provides its own cause.
  return new ConnectionError(error.problem, text, error.closeCode, error);
}

function remedyFor(problem: ConnectionProblem, final: boolean): string {
  if (problem === 'no_credentials') return 'Check the token or key that you give to connect().';
  if (final) return 'There will be no further attempt.';
  const { location } = globalThis as { location?: { origin: string } };
  const origin = location === undefined ? '' : `, and do its ALLOWED_ORIGINS contain ${location.origin}`;
  return `Is a gateway running at this address${origin}? A network that blocks WebSockets needs the transport socketIo(). Attempts continue.`;
}
