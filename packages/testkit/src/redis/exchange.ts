import { connect } from 'node:net';
import { patienceMs } from '../wait.js';

/**
 * Sends text to a Redis on 127.0.0.1, and resolves with what `read` makes of its answer.
 *
 * @param command what is asked, for errors
 * @param read null if the answer so far is not complete; what it throws ends the exchange
 * @throws Error if the connection fails, or there is no complete answer in time
 */
export function exchange(
  port: number,
  command: string,
  text: string,
  read: (answer: string) => string | null,
): Promise<string> {
  const timeoutMs = patienceMs();
  return new Promise<string>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    const fail = (error: unknown): void => {
      socket.destroy();
      reject(error);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => fail(new Error(`No answer to ${command} in ${timeoutMs} ms.`)));
    socket.on('connect', () => socket.write(text));
    socket.on('data', (more: string) => {
      answer += more;
      try {
        const result = read(answer);
        if (result === null) return;
        socket.destroy();
        resolve(result);
      } catch (error) {
        fail(error);
      }
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error(`The connection ended before ${command} was answered.`)));
  });
}
