import type { Area, View } from '@viaduct/geo-worker';
import { passes, renderFor, withinArea } from '../delivery/audience.js';
import { type MemberView, viewKey } from '../delivery/member.js';
import type { OutMessage } from '../delivery/messages.js';
import type { Snapshot } from './snapshots.js';

/** What a session is sent for a value: null for nothing, undefined if the main thread must find out. */
export type ValueMessage = OutMessage | null | undefined;

/** The values of one snapshot as others than the main thread read them. */
export interface ValueReading {
  /** What a session is sent for the value at `i`; a promise while that is being found out. */
  messageAt(i: number, session: MemberView, clientRef: string | null): ValueMessage | Promise<ValueMessage>;
}

/** What an envelope says besides its content. */
export interface ValueAnswer {
  readonly source: string;
  readonly clientRef: string | null;
  /** The area of the session; null for no bounds. */
  readonly area: Area | null;
}

/** Reads values away from the main thread. */
export interface ValueReaders {
  /** The values of a snapshot; null if the main thread must read them all. */
  reading(snapshot: Snapshot, view: View, session: MemberView): ValueReading | null;
  /**
   * One value in a view, in an envelope that answers a command.
   *
   * @returns undefined if the main thread must do it: the value is not big, is not JSON, fails, or nothing of it may be seen
   */
  answer(text: string, view: View, to: ValueAnswer): Promise<OutMessage | undefined>;
}

/** Who gets the values of a snapshot, and how. */
export interface SnapshotReading {
  /** What the session sees. */
  readonly session: MemberView;
  /** In which CRS. */
  readonly view: View;
  readonly clientRef: string | null;
}

/**
 * Writes the values of a snapshot for one session.
 *
 * @param readers read large snapshots; null if the main thread does all
 * @returns gives the value at an index as the session is sent it; null where it is not sent
 */
export function snapshotWriter(
  snapshot: Snapshot,
  readers: ValueReaders | null,
  { session, view, clientRef }: SnapshotReading,
): (i: number) => OutMessage | null | Promise<OutMessage | null> {
  const shared = clientRef === null && !session.boxOptions.trim ? viewKey(view, session.area) : null;
  const reading = readers?.reading(snapshot, view, session) ?? null;
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
