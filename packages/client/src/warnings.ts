import { ConnectionError, type ConnectionProblem } from './errors.js';

/** What has been said, so that no number of hints keeps a warning back. */
const SAID = { warn: new Set<string>(), info: new Set<string>() };

/** The most different texts of a level. Further ones are only noise. */
const MAX_TEXTS = 100;

/**
 * Says on the console what is wrong and what to do, if the program has nothing that would notice; the same text only
 * once.
 */
export function warn(text: string): void {
  say('warn', text);
}

/** Says on the console, once, what may be a mistake, but may also be as it should. */
export function hint(text: string): void {
  say('info', text);
}

function say(level: keyof typeof SAID, text: string): void {
  const said = SAID[level];
  if (said.has(text) || said.size >= MAX_TEXTS) return;
  said.add(text);
  console[level](`Viaduct: ${text}`);
}

/** The error of a connection that failed, with its address and what to do about it. */
export function withRemedy(error: ConnectionError, url: string, final: boolean): ConnectionError {
  const text = `${url}: ${error.message}. ${remedyFor(error.problem, final)}`;
  // As options, an error gives its own cause.
  return new ConnectionError(error.problem, text, error.closeCode, error);
}

function remedyFor(problem: ConnectionProblem, final: boolean): string {
  if (problem === 'no_credentials') return 'Check the token or key that you give to connect().';
  if (final) return 'There will be no further attempt.';
  const { location } = globalThis as { location?: { origin: string } };
  const origin = location === undefined ? '' : `, and do its ALLOWED_ORIGINS contain ${location.origin}`;
  return `Is a gateway running at this address${origin}? A network that blocks WebSockets needs the transport socketIo(). Attempts continue.`;
}
