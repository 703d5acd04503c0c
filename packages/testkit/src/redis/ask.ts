import { connect } from 'node:net';
import { patienceMs, until } from '../wait.js';

/** The answer to PING. */
const LAST = /(?:\+PONG|-NOAUTH.*)\r\n$/u;

/**
 * Sends one command to a Redis on 127.0.0.1 and resolves with its answer in wire format.
 *
 * @param command as typed into a terminal, without a line end
 * @throws Error if the connection fails, the answer is an error, or there is none in time
 */
export function ask(port: number, command: string): Promise<string> {
  const timeoutMs = patienceMs();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    const finish = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve(answer);
      else reject(error);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => finish(new Error(`No answer to ${command} in ${timeoutMs} ms.`)));
    // The answer to a PING follows the answer to the command; so the end of an answer of any kind is known.
    socket.on('connect', () => socket.write(`${command}\r\nPING\r\n`));
    socket.on('data', (text: string) => {
      answer += text;
      if (!LAST.test(answer)) return;
      answer = answer.replace(LAST, '');
      const error = /^-.*/mu.exec(answer)?.[0];
      finish(error === undefined ? undefined : new Error(`${command}: ${error}`));
    });
    socket.on('error', finish);
    socket.on('close', () => finish(new Error(`The connection ended before ${command} was answered.`)));
  });
}

/** Resolves when the condition holds. A server that does not answer yet counts as false. */
export async function untilAnswered(what: string, condition: () => Promise<boolean>): Promise<void> {
  let failure: unknown = 'no answer that fits';
  const holds = (): Promise<boolean> =>
    condition().catch((error: unknown) => {
      failure = error;
      return false;
    });
  await until(holds, what, { state: () => failure });
}
