import { randomBytes } from 'node:crypto';
import { type Bbox, type Crs, GeoMessage, resolveCrs, type View } from '@viaduct/geo-worker';
import type { CloseReason } from '@viaduct/protocol';
import type { Grant } from '../auth/grant.js';
import { SessionAccess, withdrawnStatus } from '../auth/session-access.js';
import type { SubscribeOptions } from '../commands/command.js';
import { type CommandHost, CommandQueue, type IncomingCommand } from '../commands/command-queue.js';
import { withinArea } from '../delivery/audience.js';
import type { Connection, SessionName } from '../delivery/connection.js';
import type { BoxOptions, Filter } from '../delivery/member.js';
import { answerMessage, type OutMessage, type Queue, statusMessage } from '../delivery/messages.js';
import { Outbox, type OutboxObserver } from '../delivery/outbox.js';
import { sendInChunks } from '../state/chunked-send.js';
import type { SnapshotRecipient } from '../state/snapshot-memory-budget.js';
import { snapshotWriter } from '../state/snapshot-writer.js';
import type { Snapshot } from '../state/snapshots.js';
import type { SessionDeps } from './deps.js';
import { Publisher } from './publisher.js';
import { Subscriptions, type SubscriptionsHost } from './subscriptions.js';
import { SessionView, withPrecision } from './view.js';

/** Random bytes in a session's id: too many to guess. */
const ID_BYTES = 12;

/** One client: its view, its subscriptions, its way out, and all that commands can do with them. */
export class Session implements SubscriptionsHost, CommandHost, OutboxObserver, SnapshotRecipient {
  readonly view: SessionView;
  /** When the session began: milliseconds since the epoch. */
  readonly since = Date.now();
  #id: string | null = null;
  readonly #outbox: Outbox;
  readonly #subscriptions: Subscriptions;
  readonly #commands: CommandQueue;
  readonly #access: SessionAccess;
  readonly #publisher: Publisher;
  #closed = false;
  #overflowed = false;
  /** Warnings of the command that runs. */
  #warning: string | null = null;

  constructor(
    private readonly services: SessionDeps,
    private readonly connection: Connection,
    grant: Grant,
  ) {
    this.view = new SessionView(services.defaultCrs, services.precision, grant.area);
    this.#outbox = new Outbox(connection, services.flusher, services.limits, this);
    this.#subscriptions = new Subscriptions(services, this);
    this.#commands = new CommandQueue(services, connection, this);
    this.#access = new SessionAccess(services.authenticator, grant, () => this.end('token_expired'));
    this.#publisher = new Publisher(services.source, services.publish, this.#access);
  }

  get transport(): Connection['transport'] {
    return this.connection.transport;
  }

  /** How log lines name the session. */
  get name(): SessionName {
    return { session: this.id, transport: this.connection.transport };
  }

  /** By what operators call the session: random, and made when somebody asks, because few sessions ever need it. */
  get id(): string {
    this.#id ??= randomBytes(ID_BYTES).toString('base64url');
    return this.#id;
  }

  /** Whether that is the id under which the session was shown to somebody. */
  hasId(id: string): boolean {
    return this.#id === id;
  }

  /** Address of the other end of the connection; null where it has ended. */
  get address(): string | null {
    return this.connection.address;
  }

  /** Channels to which the session is subscribed. */
  get subscriptions(): Pick<Subscriptions, 'has' | 'keys' | 'size' | 'afterGap' | 'afterLoss' | 'lost'> {
    return this.#subscriptions;
  }

  /** What waits to be sent, and how the client wants it. */
  get queued(): Pick<Outbox, 'bytes' | 'congested' | 'count' | 'bufferSize' | 'bufferMs'> {
    return this.#outbox;
  }

  /**
   * When the client last showed that it wants something, in ms on the clock of `performance.now()`: by a command, or by
   * a subscription, which lasts until now.
   */
  activeAt(now: number): number {
    return this.#subscriptions.size > 0 ? now : this.#commands.activeAt(now);
  }

  /** Ends the session; what was gathered for it leaves first. */
  end(reason: CloseReason): void {
    this.#commands.close();
    this.#outbox.leave();
    this.connection.close(reason);
  }

  /** Takes a command from the transport. */
  receive(received: IncomingCommand): void {
    this.#commands.receive(received);
  }

  push(message: OutMessage): void {
    this.#outbox.push(message);
  }

  settle(until: Promise<void>): void {
    this.#commands.settle(until);
  }

  /** Called by the transport when the connection takes more again. */
  resume(): void {
    this.#outbox.resume();
  }

  /** Called by the transport when the connection has ended. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#access.close();
    this.#commands.close();
    this.#outbox.close();
    this.#subscriptions.close();
  }

  flushed(queue: Queue, now: number): void {
    this.services.metrics.flushed(queue, now, this.connection.transport);
    this.services.log?.sent(this, queue.bytes);
  }

  /** Called for each bound that is passed: by the queue, by messages held back and by snapshots. The first one counts. */
  overflowed(): void {
    if (this.#overflowed) return;
    this.#overflowed = true;
    this.#outbox.close();
    this.services.metrics.overflowed();
    this.connection.close('slow_consumer');
  }

  tooSlow(): void {
    this.overflowed();
  }

  conflating(on: boolean): void {
    this.services.metrics.conflating += on ? 1 : -1;
  }

  superseded(): void {
    this.services.metrics.superseded();
  }

  answer(source: string, content: unknown, clientRef: string | null = null): void {
    const json = JSON.stringify(content ?? null);
    this.#outbox.answer(answerMessage(source, this.#withinArea(json), clientRef));
  }

  warn(message: string): void {
    this.#warning = this.#warning === null ? message : `${this.#warning}; ${message}`;
  }

  takeWarning(): string | null {
    const warning = this.#warning;
    this.#warning = null;
    return warning;
  }

  tell(message: OutMessage): void {
    this.#outbox.answer(message);
  }

  drained(): Promise<void> {
    return this.#outbox.drained();
  }

  inOrder(job: () => Promise<void>): void {
    this.#commands.add(job);
  }

  async sendHash(key: string, clientRef: string | null = null, wanted?: View): Promise<number> {
    this.#access.checkReadable(key);
    const view = wanted === undefined ? this.view : withPrecision(wanted, this.services.precision);
    const snapshot = await this.#readSnapshot(key);
    return this.#send(snapshot, view, clientRef, () => this.#closed);
  }

  sendSnapshot(snapshot: Snapshot, stopped: () => boolean): Promise<number> {
    return this.#send(snapshot, this.view, null, stopped);
  }

  async sendField(key: string, field: string, clientRef: string | null = null, wanted?: View): Promise<void> {
    const view = wanted === undefined ? this.view : withPrecision(wanted, this.services.precision);
    const value = await this.readField(key, field);
    const { area } = this.view;
    const to = { source: `${key} ${field}`, clientRef, area };
    const big = value === null ? undefined : await this.services.bigSnapshots?.answer(value, view, to);
    if (big !== undefined) {
      this.#outbox.answer(big);
      return;
    }
    const content = withinArea(value === null ? null : this.services.snapshots.parse(key, value), area);
    this.#outbox.answer(answerMessage(to.source, content?.render(view) ?? 'null', clientRef));
  }

  async readHash(key: string): Promise<readonly string[]> {
    this.#access.checkReadable(key);
    return (await this.#readSnapshot(key)).values;
  }

  async readField(key: string, field: string): Promise<string | null> {
    this.#access.checkReadable(key);
    return this.services.source.hashField(key, field);
  }

  async subscribe(channel: string, options?: SubscribeOptions): Promise<void> {
    this.#access.checkReadable(channel);
    await this.#subscriptions.subscribe(channel, options);
  }

  unsubscribe(channel: string): void {
    this.#subscriptions.unsubscribe(channel);
  }

  resolveCrs(name: string): Promise<Crs> {
    return resolveCrs(name);
  }

  setProjection(view: View): void {
    this.view.setProjection(view);
    this.#moved();
  }

  setBox(bbox: Bbox, options?: BoxOptions): void {
    this.view.setBox(bbox, options);
    this.#moved();
  }

  clearBox(): void {
    this.view.clearBox();
    this.#moved();
  }

  hold(): void {
    this.view.hold();
    this.#moved();
  }

  setFilter(name: string, filter: Filter | null): void {
    this.view.setFilter(name, filter);
    this.#moved();
  }

  setBuffer(size: number, ms: number): void {
    this.#outbox.buffer(size, ms);
  }

  dropQueued(): void {
    this.#outbox.drop();
  }

  /** JSON text as the session may see it; `null` where it is outside of its area. */
  #withinArea(json: string): string {
    const { area } = this.view;
    return area === null ? json : (GeoMessage.parse(json).within(area)?.text ?? 'null');
  }

  publish(channel: string, json: string): Promise<void> {
    return this.#publisher.publish(channel, json);
  }

  async renew(token: string): Promise<void> {
    await this.#access.renew(token);
    this.view.setArea(this.#access.area);
    this.#moved();
    for (const channel of [...this.#subscriptions.keys()]) {
      if (!this.#access.mayRead(channel)) this.#withdraw(channel);
    }
  }

  /** Ends a subscription that is not allowed any more, and says so. */
  #withdraw(channel: string): void {
    this.unsubscribe(channel);
    this.services.metrics.errors.inc({ code: 'not_allowed' });
    this.tell(statusMessage(withdrawnStatus(channel), null));
  }

  #moved(): void {
    this.#subscriptions.moved();
  }

  #readSnapshot(key: string): Promise<Snapshot> {
    return this.services.snapshots.read(key, this.#subscriptions.since(key));
  }

  /** Sends the values that the session sees, in the CRS of `view`. */
  #send(snapshot: Snapshot, view: View, clientRef: string | null, stopped: () => boolean): Promise<number> {
    const reading = { session: this.view, view, clientRef };
    const messageAt = snapshotWriter(snapshot, this.services.bigSnapshots, reading);
    const { scheduler, snapshots } = this.services;
    return sendInChunks(snapshot.values.length, messageAt, {
      outbox: this.#outbox,
      scheduler,
      drained: () => snapshots.held.during(this.#outbox.drained(), snapshot, this),
      stopped: () => this.#outbox.closed || stopped(),
    });
  }
}
