import { compareStreamIds } from '@viaduct/protocol';
import { Conflation } from '../delivery/conflation.js';
import type { Member } from '../delivery/member.js';
import type { OutMessage, Queue } from '../delivery/messages.js';
import type { Outbox, OutboxLimits } from '../delivery/outbox.js';

/** The session for which messages are held back. */
export interface LiveMember extends Member {
  readonly outbox: Pick<Outbox, 'bytes' | 'congested' | 'count' | 'giveUp' | 'superseded'>;
}

/**
 * Stands in the hub for a session while its client is brought up to date in one channel: what is published meanwhile
 * waits here, within the limits of what may wait for the session, and past the soft one as the newest message of each
 * feature, too. Nobody else's messages take this way.
 */
export class LiveBuffer implements Member {
  readonly #member: LiveMember;
  readonly #limits: Omit<OutboxLimits, 'flushMs'>;
  readonly #needless: () => void;
  #holding = false;
  #held: Queue | Conflation | null = null;
  #sentUpTo: string | null = null;

  /**
   * @param needless called, in the midst of a delivery, when messages only pass: the session itself can take the
   *   hold's place
   */
  constructor(member: LiveMember, limits: Omit<OutboxLimits, 'flushMs'>, needless: () => void) {
    this.#member = member;
    this.#limits = limits;
    this.#needless = needless;
  }

  get view(): Member['view'] {
    return this.#member.view;
  }

  get name(): Member['name'] {
    return this.#member.name;
  }

  /** Whether messages only pass. */
  get isNeedless(): boolean {
    return !this.#holding && this.#sentUpTo === null;
  }

  settle(until: Promise<void>): void {
    this.#member.settle?.(until);
  }

  push(message: OutMessage): void {
    if (this.#holding) {
      this.#hold(message);
    } else if (!this.#isSent(message)) {
      this.#sentUpTo = null;
      this.#needless();
      this.#member.push(message);
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
    const { maxBytes, maxMessages, softBytes, softMessages, conflates } = this.#limits;
    const held = this.#held?.append(message) ?? message.head;
    this.#held = held;
    if (!this.#exceeds(held, softBytes, softMessages)) return;
    if (conflates && this.#member.outbox.congested && !(held instanceof Conflation)) {
      this.#held = new Conflation(held, () => this.#member.outbox.superseded());
    }
    if (!this.#exceeds(this.#held, maxBytes, maxMessages)) return;
    this.forget();
    this.#member.outbox.giveUp();
  }

  /** Whether what is held, with what waits for the session besides, is more than that. */
  #exceeds(held: Queue | Conflation, bytes: number, messages: number): boolean {
    const { outbox } = this.#member;
    return held.bytes + outbox.bytes > bytes || held.count + outbox.count > messages;
  }

  #isSent({ id }: OutMessage): boolean {
    return id !== null && this.#sentUpTo !== null && compareStreamIds(id, this.#sentUpTo) <= 0;
  }
}
