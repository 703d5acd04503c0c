import { connect } from 'node:net';
import { patienceMs } from '../wait.js';

/**
 * Resolves once a Redis on 127.0.0.1 answers a PING. A server that requires a password (`-NOAUTH`) counts as one that
 * answers.
 *
 * @throws Error if the connection fails, if something else answers, or if there is no answer in time
 */
export function ping(port: number): Promise<void> {
  const timeoutMs = patienceMs();
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    let answer = '';
    const finish = (error?: Error): void => {
      socket.destroy();
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => finish(new Error(`No answer to PING in ${timeoutMs} ms.`)));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (text: string) => {
      answer += text;
      if (!answer.includes('\r\n')) return;
      const isRedis = answer.startsWith('+PONG') || answer.startsWith('-NOAUTH');
      finish(
        isRedis ? undefined : new Error(`The answer to PING was ${JSON.stringify(answer.slice(0, 80))}.`),
      );
    });
    socket.on('error', finish);
    socket.on('close', () => finish(new Error('The connection ended before PING was answered.')));
  });
}
