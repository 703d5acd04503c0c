import { type Envelope, isLeaveEvent, type LeaveEvent, type Status } from '@viaduct/protocol';

/** Why a feature has left the view, for people. */
const LEFT: Record<LeaveEvent, string> = {
  leave: 'is no longer in the view',
  remove: 'was removed',
  expire: 'has expired: there was no news of it',
};

/** What an envelope means for a live view. */
export type LiveChange = { word: 'new' | 'entered' | 'changed' } | { word: 'left'; why: string };

/** Features that are in the live view of a channel, by id as JSON. */
interface Held {
  readonly ids: Set<string>;
  /** Features of the snapshot that is arriving. */
  arrived: Set<string>;
}

/** Follows the live views of channels: which features enter, change and leave. */
export class LiveLog {
  readonly #channels = new Map<string, Held>();

  /** What a message means; null if it is not about a feature with an id. */
  change({ source, content, event }: Envelope): LiveChange | null {
    const { type, id, geometry } = (content ?? {}) as { type?: unknown; id?: unknown; geometry?: unknown };
    // Nothing else identifies a feature.
    if (type !== 'Feature' || !(typeof id === 'string' || typeof id === 'number')) return null;
    const { ids, arrived } = this.#held(source);
    const key = JSON.stringify(id);
    const leave = isLeaveEvent(event) ? event : geometry === null ? 'remove' : null;
    if (leave !== null) {
      ids.delete(key);
      return { word: 'left', why: LEFT[leave] };
    }
    const word = ids.has(key) ? 'changed' : event === 'add' ? 'new' : 'entered';
    ids.add(key);
    arrived.add(key);
    return { word };
  }

  /** A line about a status of a live view; null for all others. */
  mark(status: Status): string | null {
    if (status.status === 'snapshot_begin') {
      this.#held(status.channel).arrived = new Set();
      return null;
    }
    if (status.status !== 'snapshot_end' && status.status !== 'view') return null;
    const held = this.#held(status.channel);
    const { ids } = held;
    const left =
      status.status === 'view'
        ? status.left.map((id) => JSON.stringify(id)).filter((id) => ids.has(id))
        : [...ids].filter((id) => !held.arrived.has(id));
    for (const id of left) ids.delete(id);
    const number = ids.size === 1 ? '1 feature' : `${ids.size} features`;
    const notes = [
      ...('outside' in status ? [`${status.outside} outside`] : []),
      ...(left.length === 0 ? [] : [`${left.length} left`]),
      ...('reason' in status && status.reason === 'gap' ? ['messages may have been missed before'] : []),
    ];
    return `${status.channel} is complete: ${[`${number} in the view`, ...notes].join(', ')}`;
  }

  #held(channel: string): Held {
    let held = this.#channels.get(channel);
    if (held === undefined) {
      held = { ids: new Set(), arrived: new Set() };
      this.#channels.set(channel, held);
    }
    return held;
  }
}
