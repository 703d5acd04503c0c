import { compareStreamIds } from '@viaduct/protocol';
import type { Member } from './audience.js';
import type { OutMessage, Queue } from './messages.js';
import type { Outbox, OutboxLimits } from './outbox.js';

/** The session for which messages are held back. */
export interface HoldHost extends Member {
  readonly queued: Pick<Outbox, 'bytes' | 'count'>;
  /** What waits for the session has passed the hard limit. */
  overflowed(): void;
}

/**
 * Stands in the hub for a session while its client is brought up to date in one channel: what is published meanwhile
 * waits here, and counts to what may wait for the session. Nobody else's messages take this way.
 */
export class Hold implements Member {
  #holding = false;
  #held: Queue | null = null;
  #sentUpTo: string | null = null;

  /**
   * @param needless called, in the midst of a delivery, when messages only pass: the session itself can take the
   *   hold's place
   */
  constructor(
    private readonly host: HoldHost,
    private readonly limits: Pick<OutboxLimits, 'maxBytes' | 'maxMessages'>,
    private readonly needless: () => void,
  ) {}

  get view(): Member['view'] {
    return this.host.view;
  }

  /** Whether messages only pass. */
  get isNeedless(): boolean {
    return !this.#holding && this.#sentUpTo === null;
  }

  settle(until: Promise<void>): void {
    this.host.settle?.(until);
  }

  push(message: OutMessage): void {
    if (this.#holding) {
      this.#hold(message);
    } else if (!this.#isSent(message)) {
      this.#sentUpTo = null;
      this.needless();
      this.host.push(message);
    }
  }

  /** From now on messages are held back. */
  begin(): void {
    this.#holding = true;
  }

  /**
   * The client was sent the entries of a stream up to this one: they are left out here, also when they come later.
   *
   * @param id null where nothing is to be left out
   */
  leaveOutUpTo(id: string | null): void {
    this.#sentUpTo = id;
  }

  /** Gives the session what was held back. */
  release(): void {
    const held = this.#held?.toArray() ?? [];
    this.forget();
    for (const message of held) this.push(message);
  }

  /** Drops what is held back; from now on messages pass. */
  forget(): void {
    this.#holding = false;
    this.#held = null;
  }

  #hold(message: OutMessage): void {
    this.#held = this.#held?.append(message) ?? message.head;
    const { queued } = this.host;
    const { maxBytes, maxMessages } = this.limits;
    if (this.#held.bytes + queued.bytes <= maxBytes && this.#held.count + queued.count <= maxMessages) return;
    this.forget();
    this.host.overflowed();
  }

  #isSent({ id }: OutMessage): boolean {
    return id !== null && this.#sentUpTo !== null && compareStreamIds(id, this.#sentUpTo) <= 0;
  }
}
