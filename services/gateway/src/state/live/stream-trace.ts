import type { Arrival } from '../../delivery/hub-interfaces.js';

/** How far a live channel has followed its stream. */
export class StreamTrace {
  #latestId: string | null = null;
  #isBehind = false;

  /** Id of the latest entry if clients have it and all earlier ones; null if they lack some, or there is none. */
  get position(): string | null {
    return this.#isBehind ? null : this.#latestId;
  }

  /** Everything up to that entry is in the index. */
  reached(id: string | null): void {
    this.#latestId = id;
  }

  /** Messages are missing until the hash has been read. */
  missed(): void {
    this.#isBehind = true;
  }

  /** The hash has been read. @param isBehind whether messages were missed meanwhile */
  repaired(isBehind: boolean): void {
    this.#isBehind = isBehind;
  }

  /**
   * One part of a message as clients receive it. An id means that the client has the stream up to that entry, so only the last
   * part has one, and no part has one while earlier entries are missing.
   */
  part(arrival: Arrival, isLast: boolean): Arrival {
    return arrival.id === null || (isLast && !this.#isBehind) ? arrival : { ...arrival, id: null };
  }
}
