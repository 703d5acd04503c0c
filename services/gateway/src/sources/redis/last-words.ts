import { connect } from 'node:net';
import type { RedisNode } from './url.js';

/** The longest wait for an unrequested message of a server, in milliseconds. */
const WAIT_MS = 500;

/**
 * The reason that a server gives for closing connections as soon as they are open, such as that it is full or in protected
 * mode. On the original connection this message is usually lost, because commands sent to a closed connection reset it.
 */
export function lastWords({ host, port }: RedisNode): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host, port });
    const end = (): void => {
      socket.destroy();
      const [, reason = null] = /^-(.+)\r\n/u.exec(text) ?? [];
      resolve(reason);
    };
    socket.setTimeout(WAIT_MS, end);
    socket.setEncoding('utf8');
    socket.on('data', (data: string) => {
      text += data;
      if (text.includes('\n')) end();
    });
    socket.on('error', end);
    socket.on('close', end);
  });
}
