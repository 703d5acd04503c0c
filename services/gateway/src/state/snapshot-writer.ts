import type { Area, View } from '@viaduct/geo-worker';
import { isWithheld, passes, renderFor, withinArea } from '../delivery/audience.js';
import { type MemberView, viewKey } from '../delivery/member.js';
import type { OutMessage } from '../delivery/messages.js';
import type { Reader } from './read-reservation.js';
import type { Snapshot } from './snapshots.js';

/** The message to a session for a value: null for none, undefined if the main thread must decide. */
export type ValueMessage = OutMessage | null | undefined;

/** The values of one snapshot, as worker threads read them. */
export interface ValueReading {
  /** The message to a session for the value at `i`; a promise until that is known. */
  messageAt(i: number, session: MemberView, clientRef: string | null): ValueMessage | Promise<ValueMessage>;
}

/** The members of an envelope besides its content, and the session's area. */
export interface ValueAnswer {
  readonly source: string;
  readonly clientRef: string | null;
  /** The area of the session; null for no bounds. */
  readonly area: Area | null;
  /** The session. */
  readonly reader: Reader;
}

/** Reads values outside the main thread. */
export interface ValueReaders {
  /**
   * The values of a snapshot; null if the main thread must read them all.
   *
   * @throws CommandError `overloaded`
   */
  reading(snapshot: Snapshot, view: View, session: MemberView, reader: Reader): ValueReading | null;
  /**
   * One value in a view, in an envelope that answers a command.
   *
   * @returns undefined if the main thread must answer: the value is not big, is not JSON, fails or is outside the area
   * @throws CommandError `overloaded`
   */
  answer(text: string, view: View, to: ValueAnswer): Promise<OutMessage | undefined>;
}

/** The session that receives the values of a snapshot, and in which form. */
export interface SnapshotReading {
  /** The session's own view. */
  readonly session: MemberView;
  /** The CRS and format of the values. */
  readonly view: View;
  readonly clientRef: string | null;
  /** Called for each value that the session does not receive because it is not GeoJSON. */
  withheld(): void;
  /** The session. */
  readonly reader: Reader;
}

/**
 * Writes the values of a snapshot for one session.
 *
 * @param readers reads large snapshots; null if the main thread does everything
 * @returns a function that returns the message for the value at an index; null if the session does not receive it
 */
export function snapshotWriter(
  snapshot: Snapshot,
  readers: ValueReaders | null,
  { session, view, clientRef, withheld, reader }: SnapshotReading,
): (i: number) => OutMessage | null | Promise<OutMessage | null> {
  const reading = readers?.reading(snapshot, view, session, reader) ?? null;
  const writtenHere = (i: number): OutMessage | null => {
    const published = snapshot.content(i);
    const { area } = session;
    if (published !== null && isWithheld(published, area)) withheld();
    const content = withinArea(published, area);
    if (content === null || !passes(content, session)) return null;
    // The area may have changed since the last value.
    const shared = clientRef === null && !session.boxOptions.trim ? viewKey(view, area) : null;
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
