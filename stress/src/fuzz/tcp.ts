import { connect } from 'node:net';

/** How long we wait if bytes need no answer, in ms, before we hang up. */
const QUIET_MS = 5;

/** Longest wait for the first byte of a required answer, in ms. */
const ANSWER_MS = 10_000;

/**
 * Sends bytes over a new connection. With `head`, sends that first and waits for its answer. Then hangs up in the
 * middle, as a client that disappears does.
 */
export function sendBytes(port: number, body: Uint8Array, head = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let opened = head === '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error('no answer to a valid handshake'));
    }, ANSWER_MS);
    const hangUp = (): void => void setTimeout(() => socket.destroy(), QUIET_MS);
    socket.on('connect', () => {
      if (head !== '') socket.write(head);
      else socket.write(body, hangUp);
    });
    socket.on('data', () => {
      if (opened) return;
      opened = true;
      socket.write(body, hangUp);
    });
    // The gateway may cut us off at any byte.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(late);
      resolve();
    });
  });
}
