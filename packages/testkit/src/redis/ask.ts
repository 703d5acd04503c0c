import { until } from '../wait.js';
import { exchange } from './exchange.js';

/** The answer to PING. */
const LAST = /(?:\+PONG|-NOAUTH.*)\r\n$/u;

/**
 * Sends one command to a Redis on 127.0.0.1 and resolves with its answer in wire format.
 *
 * @param command as typed into a terminal, without a line end
 * @throws Error if the connection fails, the answer is an error, or there is none in time
 */
export function ask(port: number, command: string): Promise<string> {
  // The answer to a PING follows the answer to the command; so the end of an answer of any kind is known.
  return exchange(port, command, `${command}\r\nPING\r\n`, (text) => {
    if (!LAST.test(text)) return null;
    const answer = text.replace(LAST, '');
    const error = /^-.*/mu.exec(answer)?.[0];
    if (error !== undefined) throw new Error(`${command}: ${error}`);
    return answer;
  });
}

/** Resolves when the condition holds. A server that does not answer yet counts as false. */
export async function untilAnswered(what: string, condition: () => Promise<boolean>): Promise<void> {
  let failure: unknown = 'no matching answer';
  const holds = (): Promise<boolean> =>
    condition().catch((error: unknown) => {
      failure = error;
      return false;
    });
  await until(holds, what, { state: () => failure });
}
