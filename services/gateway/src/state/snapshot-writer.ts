import type { View } from '@viaduct/geo-worker';
import { passes, renderFor, withinArea } from '../delivery/audience.js';
import type { OutMessage } from '../delivery/messages.js';
import { type SessionView, viewKey } from '../session/view.js';
import type { BigSnapshots } from '../workers/big-snapshots.js';
import type { Snapshot } from './snapshots.js';

/** Who gets the values of a snapshot, and how. */
export interface SnapshotReading {
  /** What the session sees. */
  readonly session: SessionView;
  /** In which CRS. */
  readonly view: View;
  readonly clientRef: string | null;
}

/**
 * Writes the values of a snapshot for one session, by worker threads where the snapshot is large.
 *
 * @returns gives the value at an index as the session is sent it; null where it is not sent
 */
export function snapshotWriter(
  snapshot: Snapshot,
  bigSnapshots: BigSnapshots | null,
  { session, view, clientRef }: SnapshotReading,
): (i: number) => OutMessage | null | Promise<OutMessage | null> {
  const shared = clientRef === null && !session.boxOptions.trim ? viewKey(view, session.area) : null;
  const reading = bigSnapshots?.reading(snapshot, view, session) ?? null;
  const writtenHere = (i: number): OutMessage | null => {
    const content = withinArea(snapshot.content(i), session.area);
    if (content === null || !passes(content, session)) return null;
    return shared === null
      ? snapshot.envelope(i, renderFor(content, session, view), clientRef)
      : snapshot.message(i, content, view, shared);
  };
  return (i) => {
    const message = reading?.messageAt(i, session, clientRef);
    if (message instanceof Promise) {
      return message.then((read) => (read === undefined ? writtenHere(i) : read));
    }
    return message === undefined ? writtenHere(i) : message;
  };
}
