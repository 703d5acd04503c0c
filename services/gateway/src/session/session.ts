import { randomBytes } from 'node:crypto';
import type { CloseReason } from '@viaduct/protocol';
import { networkOf } from '../admission/client-address.js';
import type { Grant } from '../auth/grant.js';
import { SessionAccess } from '../auth/session-access.js';
import { CommandQueue } from '../commands/command-queue.js';
import type { CommandClient } from '../commands/command-services.js';
import type { CommandContext } from '../commands/context.js';
import type { IncomingCommand } from '../commands/incoming-command.js';
import { SessionRates } from '../commands/session-rates.js';
import type { Connection, SessionName } from '../delivery/connection.js';
import type { OutMessage } from '../delivery/messages.js';
import { Outbox } from '../delivery/outbox.js';
import type { Reader } from '../state/read-reservation.js';
import type { Reading } from '../state/shared-reads.js';
import type { Snapshot } from '../state/snapshots.js';
import { Answers } from './answers.js';
import { Membership } from './membership.js';
import { OutboxReports } from './outbox-reports.js';
import type { SessionParts } from './parts.js';
import { Publisher } from './publisher.js';
import { Reads } from './reads.js';
import type { SessionServices } from './services.js';
import { SessionContext } from './session-context.js';
import type { Subscriber } from './subscription.js';
import { Subscriptions } from './subscriptions.js';
import { SessionView } from './view.js';

/** Random bytes in a session's id: too many to guess. */
const ID_BYTES = 12;

/** One client. Connects its parts: view, access, subscriptions, commands and outbox. */
export class Session implements CommandClient, Subscriber, Reader {
  /** When the session began: milliseconds since the epoch. */
  readonly startedAt = Date.now();
  readonly view: SessionView;
  /** The queue of messages to the client. */
  readonly outbox: Outbox;
  readonly #services: SessionServices;
  readonly #parts: SessionParts;
  readonly #rates: SessionRates;
  readonly #commands: CommandQueue;
  #context: CommandContext | null = null;
  #reads: Reads | null = null;
  #publisher: Publisher | null = null;
  #id: string | null = null;
  /** Computed once, because parsing an IPv6 address takes time; empty before. */
  #network = '';
  #closed = false;
  #hasLeftRates = false;

  constructor(services: SessionServices, connection: Connection, grant: Grant) {
    this.#services = services;
    const subscriptions = new Subscriptions(services, this);
    const view = new SessionView(services.defaultCrs, services.precision, grant.area, () =>
      subscriptions.moved(),
    );
    const access = new SessionAccess(services.authenticator, grant, () => this.end('token_expired'));
    const reports = new OutboxReports(services, connection, this);
    const outbox = new Outbox(connection, services.flusher, services.limits, reports, services.queues);
    const membership = new Membership(services.accounts, grant, outbox, subscriptions);
    const rates = services.usedRates.take(connection.address) ?? new SessionRates(services.limits);
    const answers = new Answers(outbox, view);
    this.#parts = { connection, view, access, membership, outbox, answers, subscriptions };
    this.#rates = rates;
    this.#commands = new CommandQueue(services, connection, this, rates);
    this.view = view;
    this.outbox = outbox;
    // The transport must know the session first.
    if (membership.isRefused) queueMicrotask(() => this.end('account_full'));
  }

  /** The part of the session that commands can use. Created for the first command. */
  get context(): CommandContext {
    this.#context ??= new SessionContext(this.#services, this.#parts, this);
    return this.#context;
  }

  /** Created on first use, because many sessions never read. */
  get reads(): Reads {
    this.#reads ??= new Reads(this.#services, { ...this.#parts, reader: this });
    return this.#reads;
  }

  /** Created on first use, because few sessions publish. */
  get publisher(): Publisher {
    const { access } = this.#parts;
    this.#publisher ??= new Publisher(this.#services, { access, rates: this.#rates, session: this });
    return this.#publisher;
  }

  get transport(): Connection['transport'] {
    return this.#parts.connection.transport;
  }

  /** The fields that name the session in log lines. */
  get name(): SessionName {
    return { session: this.id, transport: this.transport };
  }

  /** Identifies the session to operators. Random, and generated on first use, because few sessions ever need it. */
  get id(): string {
    this.#id ??= randomBytes(ID_BYTES).toString('base64url');
    return this.#id;
  }

  /** Whether the session has this id; false if nothing has asked for its id yet. */
  hasId(id: string): boolean {
    return this.#id === id;
  }

  /** IP address of the client or of a proxy; null if the client had gone before it was known. */
  get address(): string | null {
    return this.#parts.connection.address;
  }

  /** The network that shares the limits of one address; empty if the address is unknown. */
  get network(): string {
    if (this.#network === '') this.#network = networkOf(this.address);
    return this.#network;
  }

  /** True if nothing more is sent. */
  get ended(): boolean {
    return this.outbox.closed;
  }

  /** Ends the session: its client reads too slowly. */
  giveUp(): void {
    this.outbox.giveUp();
  }

  get membership(): Membership {
    return this.#parts.membership;
  }

  get subscriptions(): Pick<
    Subscriptions,
    'has' | 'keys' | 'size' | 'afterGap' | 'afterLoss' | 'lost' | 'denied'
  > {
    return this.#parts.subscriptions;
  }

  /**
   * When the client was last active, in ms on the clock of `performance.now()`: the time of its last command, or now if
   * it has a subscription.
   */
  activeAt(now: number): number {
    return this.subscriptions.size > 0 ? now : this.#commands.activeAt(now);
  }

  /** Ends the session; queued messages are sent first. */
  end(reason: CloseReason): void {
    this.#commands.close();
    this.#leaveRates();
    this.outbox.leave();
    this.#parts.connection.close(reason);
  }

  /** From its end on, also if the connection stays open a while: the client may already be connecting again. */
  #leaveRates(): void {
    if (this.#hasLeftRates) return;
    this.#hasLeftRates = true;
    this.#services.usedRates.leave(this.address, this.#rates);
  }

  /** Receives a command from the transport. */
  receive(received: IncomingCommand): void {
    this.#commands.receive(received);
  }

  /** Receives a frame that is not a command, such as a ping. Too many of them end the session. */
  receiveOther(): void {
    if (!this.#rates.commands.bears(performance.now())) this.end('rate_limited');
  }

  push(message: OutMessage): void {
    this.outbox.push(message);
  }

  delayCommands(until: Promise<void>): void {
    this.#commands.delay(until);
  }

  /** Called by the transport when the connection has ended. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#leaveRates();
    this.#parts.access.close();
    this.#commands.close();
    this.outbox.close();
    this.#parts.subscriptions.close();
    this.#parts.membership.leave();
  }

  /** Sends an envelope that is not pushed: a status, or an answer. */
  sendEnvelope(message: OutMessage): void {
    this.outbox.answer(message);
  }

  takeWarning(): string | null {
    return this.#parts.answers.takeWarning();
  }

  sendSnapshot(snapshot: Reading<Snapshot>, stopped: () => boolean, first?: number): Promise<number> {
    return this.reads.sendSnapshot(snapshot, stopped, first);
  }

  inOrder(job: () => Promise<void>): void {
    this.#commands.add(job);
  }
}
