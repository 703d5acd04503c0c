import { request } from 'node:http';
import { scaled } from './wait.js';

/** How long an answer may take on an idle machine, in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * Makes a GET request on a connection of its own: `fetch` keeps connections, and may wait for ever if the server closes one
 * to make room for others.
 *
 * @throws Error if there is no answer, or none in time
 */
export function get(url: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(
      url,
      { agent: false, signal: AbortSignal.timeout(scaled(ANSWER_MS)) },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    asking.on('error', reject).end();
  });
}
