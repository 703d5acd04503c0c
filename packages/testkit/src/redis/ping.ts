import { exchange } from './exchange.js';

/**
 * Resolves once a Redis on 127.0.0.1 answers a PING. A server that requires a password (`-NOAUTH`) counts as one that
 * answers.
 *
 * @throws Error if the connection fails, if something else answers, or if there is no answer in time
 */
export async function ping(port: number): Promise<void> {
  await exchange(port, 'PING', 'PING\r\n', (answer) => {
    if (!answer.includes('\r\n')) return null;
    if (answer.startsWith('+PONG') || answer.startsWith('-NOAUTH')) return answer;
    throw new Error(`The answer to PING was ${JSON.stringify(answer.slice(0, 80))}.`);
  });
}
