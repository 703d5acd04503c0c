import type { HttpBindings } from '@hono/node-server';
import { type Reader, type Reservation, Use } from '../state/read-reservation.js';
import { hasGone } from './access.js';

/** Counts an answer as memory for reads until the client has it, and ends the connection if others need it first. */
export function keepUntilSent(
  reservation: Reservation,
  reader: Reader,
  { incoming, outgoing }: HttpBindings,
): void {
  const use = new Use(reader);
  reservation.uses.add(use);
  const { socket } = incoming;
  if (hasGone(incoming, outgoing)) {
    reservation.release();
    return;
  }
  void use.during(
    new Promise((resolve) => {
      const ended = (): void => {
        outgoing.off('close', ended);
        socket.off('close', ended);
        reservation.release();
        resolve();
      };
      outgoing.once('close', ended);
      // An answer that waits behind another one does not report its end with the connection's.
      socket.once('close', ended);
    }),
  );
}
