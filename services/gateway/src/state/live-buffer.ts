import { compareStreamIds } from '@viaduct/protocol';
import { Conflation } from '../delivery/conflation.js';
import type { Member } from '../delivery/member.js';
import type { OutMessage, Queue } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import type { OutboxLimits } from '../delivery/outbox-limits.js';

/** The session whose messages are held back. */
export interface LiveMember extends Member {
  readonly outbox: Pick<Outbox, 'bytes' | 'count' | 'giveUp' | 'superseded'>;
}

/**
 * Replaces a session in the hub while its client is brought up to date in one channel. It holds the messages that are
 * published meanwhile, within the limits of the session's queue. Past the soft limit it keeps only the newest message
 * of each feature. Messages of other sessions do not pass through it.
 */
export class LiveBuffer implements Member {
  readonly #member: LiveMember;
  readonly #limits: Omit<OutboxLimits, 'flushMs'>;
  readonly #unneeded: () => void;
  #holding = false;
  #held: Queue | Conflation | null = null;
  #sentUpTo: string | null = null;

  /**
   * @param unneeded called, during a delivery, when nothing is held and the session can replace the buffer
   */
  constructor(member: LiveMember, limits: Omit<OutboxLimits, 'flushMs'>, unneeded: () => void) {
    this.#member = member;
    this.#limits = limits;
    this.#unneeded = unneeded;
  }

  get view(): Member['view'] {
    return this.#member.view;
  }

  get name(): Member['name'] {
    return this.#member.name;
  }

  /** True if the session can replace the buffer: nothing is held back or left out. */
  get isUnneeded(): boolean {
    return !this.#holding && this.#sentUpTo === null;
  }

  delayCommands(until: Promise<void>): void {
    this.#member.delayCommands?.(until);
  }

  push(message: OutMessage): void {
    if (this.#holding) {
      this.#hold(message);
    } else if (!this.#isSent(message)) {
      this.#sentUpTo = null;
      this.#unneeded();
      this.#member.push(message);
    }
  }

  /** Holds messages back from now on. */
  begin(): void {
    this.#holding = true;
  }

  /**
   * Leaves out the entries of a stream up to this one, also those that arrive later, because the client has them.
   *
   * @param id null to leave nothing out
   */
  leaveOutUpTo(id: string | null): void {
    this.#sentUpTo = id;
  }

  /** Gives the held messages to the session. */
  release(): void {
    const held = this.#held?.toArray() ?? [];
    this.forget();
    for (const message of held) this.push(message);
  }

  /** Drops the held messages and holds back no more. */
  forget(): void {
    this.#holding = false;
    this.#held = null;
  }

  #hold(message: OutMessage): void {
    const { maxBytes, maxMessages, softBytes, softMessages, conflates } = this.#limits;
    const held = this.#held?.append(message) ?? message.head;
    this.#held = held;
    if (!this.#exceeds(held, softBytes, softMessages)) return;
    // Also for a client that reads: it cannot read what is held here.
    if (conflates && !(held instanceof Conflation)) {
      this.#held = new Conflation(held, () => this.#member.outbox.superseded());
    }
    if (!this.#exceeds(this.#held, maxBytes, maxMessages)) return;
    this.forget();
    this.#member.outbox.giveUp();
  }

  /** Whether the held messages and the session's queue together exceed these limits. */
  #exceeds(held: Queue | Conflation, bytes: number, messages: number): boolean {
    const { outbox } = this.#member;
    return held.bytes + outbox.bytes > bytes || held.count + outbox.count > messages;
  }

  #isSent({ id }: OutMessage): boolean {
    return id !== null && this.#sentUpTo !== null && compareStreamIds(id, this.#sentUpTo) <= 0;
  }
}
