import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { atEnd } from './teardown.js';
import { until } from './wait.js';

/** An answer over HTTP that does not end by itself, as it arrives. The connection ends with the test. */
export class EndlessAnswer {
  text = '';
  /** Status and headers; null until they have arrived. */
  head: IncomingMessage | null = null;
  hasEnded = false;
  readonly #request: ClientRequest;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#request = get(url, { agent: false, headers }, (answer) => {
      this.head = answer;
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        this.text += chunk;
      });
      answer.once('close', () => {
        this.hasEnded = true;
      });
    });
    this.#request.on('error', () => {});
    atEnd(() => this.close());
  }

  /** Resolves when the text has this part. */
  async has(part: string): Promise<void> {
    await until(() => this.text.includes(part), part, { state: () => this.text.slice(-1_000) });
  }

  close(): void {
    this.#request.destroy();
  }
}
