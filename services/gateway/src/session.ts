import { type Bbox, type Crs, resolveCrs, type View } from '@viaduct/geo-worker';
import {
  type CloseReason,
  type CommandArgs,
  CommandError,
  type CommandLine,
  type ErrorStatus,
  echo,
  type OkStatus,
  STATUS_SOURCE,
} from '@viaduct/protocol';
import type { Allowlist } from './access.js';
import { type Member, passes, renderFor } from './audience.js';
import { type CommandContext, type CommandRegistry, okStatus, type PreparedCommand } from './command.js';
import { type DefectLog, errorStatus } from './errors.js';
import type { Flusher } from './flusher.js';
import type { Hub } from './hub.js';
import { answerMessage, type OutMessage, type Queue, statusMessage } from './messages.js';
import type { GatewayMetrics } from './metrics.js';
import { Outbox, type OutboxLimits, type OutboxObserver, type Writer } from './outbox.js';
import type { SnapshotReader } from './snapshots.js';
import type { Source } from './sources/source.js';
import type { Turns } from './turns.js';
import { type BoxOptions, type Filter, SessionView, viewKey } from './view.js';

/** A connected client as a transport presents it. */
export interface Connection extends Writer {
  readonly door: 'raw' | 'socket.io';
  /** Ends the connection with the code of that reason. */
  close(reason: CloseReason): void;
  /** Asks the connection to bring no more commands for now, or to go on; not every transport can. */
  pauseReading(paused: boolean): void;
}

/** A command on its way in. */
export interface Received {
  /** As it came, for error messages. */
  readonly text: string;
  /** @throws CommandError where there is no command in it */
  read(): CommandLine;
  /** Tells the client the outcome, where its door has a way to; otherwise envelopes do. */
  readonly acknowledge: ((status: OkStatus | ErrorStatus) => void) | null;
}

/** What all sessions of a gateway share. */
export interface SessionServices {
  readonly hub: Hub;
  readonly source: Source;
  readonly snapshots: SnapshotReader;
  readonly registry: CommandRegistry;
  readonly allows: Allowlist;
  readonly metrics: GatewayMetrics;
  readonly flusher: Flusher;
  readonly turns: Turns;
  readonly defects: DefectLog;
  readonly defaultCrs: Crs;
  readonly limits: OutboxLimits & {
    /** Subscriptions of one session. */
    maxSubscriptions: number;
    /** Commands of one session that wait for earlier ones. */
    maxPendingCommands: number;
  };
}

/** A long answer is handed on in portions of so many bytes, so that it neither fills a queue nor delays others. */
const ANSWER_CHUNK_BYTES = 128 * 1024;

/** One client: its view, its subscriptions, its way out. Runs its commands one after the other. */
export class Session implements Member, CommandContext, OutboxObserver {
  readonly view: SessionView;
  readonly #outbox: Outbox;
  readonly #subscriptions = new Set<string>();
  #pending: Received[] = [];
  #running = false;
  #closed = false;
  /** Warnings of the command that runs. */
  #warning: string | null = null;

  constructor(
    private readonly services: SessionServices,
    private readonly connection: Connection,
  ) {
    this.view = new SessionView(services.defaultCrs);
    this.#outbox = new Outbox(connection, services.flusher, services.limits, this);
  }

  get door(): Connection['door'] {
    return this.connection.door;
  }

  /** Takes a command. Whatever is wrong with it, the client is told and the session goes on. */
  receive(received: Received): void {
    if (this.#closed) return;
    if (this.#running) {
      this.#enqueue(received);
      return;
    }
    const run = this.#execute(received);
    if (run !== undefined) void this.#runPending(run);
  }

  push(message: OutMessage): void {
    this.#outbox.push(message);
  }

  /** Called by the transport when the connection takes more again. */
  resume(): void {
    this.#outbox.resume();
  }

  /** Called by the transport when the connection has ended. */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending = [];
    this.#outbox.close();
    for (const channel of this.#subscriptions) this.services.hub.unsubscribe(channel, this);
    this.services.metrics.subscriptions -= this.#subscriptions.size;
    this.#subscriptions.clear();
  }

  flushed(queue: Queue, now: number): void {
    this.services.metrics.flushed(queue, now, this.connection.door);
  }

  overflowed(): void {
    this.services.metrics.overflowed();
    this.connection.close('slow_consumer');
  }

  answer(source: string, content: unknown, clientRef: string | null = null): void {
    this.#outbox.answer(answerMessage(source, JSON.stringify(content ?? null), clientRef));
  }

  warn(message: string): void {
    this.#warning = this.#warning === null ? message : `${this.#warning}; ${message}`;
  }

  async sendHash(key: string, clientRef: string | null = null, view: View = this.view): Promise<number> {
    this.#check(key);
    const snapshot = await this.services.snapshots.read(key);
    const shared = clientRef === null && !this.view.boxOptions.trim ? viewKey(view) : null;
    let sent = 0;
    let until = await this.services.turns.next();
    for (let i = 0; i < snapshot.values.length && !this.#closed; i++) {
      if (this.#outbox.bytes > ANSWER_CHUNK_BYTES || performance.now() > until) {
        await this.#outbox.drained();
        until = await this.services.turns.next();
      }
      const content = snapshot.content(i);
      if (content === null || !passes(content, this.view)) continue;
      this.#outbox.answer(
        shared === null
          ? snapshot.envelope(renderFor(content, this.view, view), clientRef)
          : snapshot.message(i, content, view, shared),
      );
      sent++;
    }
    return sent;
  }

  async sendField(
    key: string,
    field: string,
    clientRef: string | null = null,
    view: View = this.view,
  ): Promise<void> {
    const value = await this.readField(key, field);
    const content = value === null ? null : this.services.snapshots.parse(key, value);
    this.#outbox.answer(answerMessage(`${key} ${field}`, content?.render(view) ?? 'null', clientRef));
  }

  async readHash(key: string): Promise<readonly string[]> {
    this.#check(key);
    return (await this.services.snapshots.read(key)).values;
  }

  async readField(key: string, field: string): Promise<string | null> {
    this.#check(key);
    return this.services.source.hashField(key, field);
  }

  async subscribe(channel: string): Promise<void> {
    this.#check(channel);
    if (this.#subscriptions.has(channel)) return;
    const { hub, limits, metrics } = this.services;
    if (this.#subscriptions.size >= limits.maxSubscriptions) {
      throw new CommandError(
        'too_many_subscriptions',
        `a session may have ${limits.maxSubscriptions} subscriptions; end one with DEL first`,
      );
    }
    this.#subscriptions.add(channel);
    metrics.subscriptions++;
    try {
      await hub.subscribe(channel, this);
    } catch (error) {
      if (this.#subscriptions.delete(channel)) metrics.subscriptions--;
      throw error;
    }
  }

  unsubscribe(channel: string): void {
    if (!this.#subscriptions.delete(channel)) return;
    this.services.metrics.subscriptions--;
    this.services.hub.unsubscribe(channel, this);
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

  #moved(): void {
    for (const channel of this.#subscriptions) this.services.hub.moved(channel, this);
  }

  #check(name: string): void {
    if (this.services.allows(name)) return;
    throw new CommandError(
      'not_allowed',
      `"${name.slice(0, 100)}" is not readable here; ask the operator to allow it`,
    );
  }

  #enqueue(received: Received): void {
    const { maxPendingCommands } = this.services.limits;
    if (this.#pending.length >= maxPendingCommands) {
      this.#refuse(received, new CommandError('too_many_commands', 'wait for answers before you send more'));
    } else if (this.#pending.push(received) === Math.ceil(maxPendingCommands / 2)) {
      this.connection.pauseReading(true);
    }
  }

  async #runPending(first: Promise<void>): Promise<void> {
    this.#running = true;
    await first;
    for (
      let next = this.#pending.shift();
      next !== undefined && !this.#closed;
      next = this.#pending.shift()
    ) {
      if (this.#pending.length === 0) this.connection.pauseReading(false);
      await this.#execute(next);
    }
    this.#running = false;
  }

  /** Runs one command; returns a promise only where the command takes its time. Never throws or rejects. */
  #execute(received: Received): Promise<void> | undefined {
    const started = performance.now();
    let name = 'unknown';
    const failed = (error: unknown): void => {
      this.services.metrics.commandDone(name, 'error', performance.now() - started);
      this.#refuse(received, error);
    };
    try {
      const line = received.read();
      const command = this.services.registry.get(line.name);
      name = command.name;
      const prepared = command.prepare(line as CommandArgs);
      const done = (): void => {
        this.services.metrics.commandDone(name, 'ok', performance.now() - started);
        this.#confirm(received, name, command.answers, prepared);
      };
      const run = prepared.run(this);
      if (run instanceof Promise) return run.then(done).catch(failed);
      done();
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  #confirm(received: Received, command: string, answers: boolean, { clientRef }: PreparedCommand): void {
    const warning = this.#warning;
    this.#warning = null;
    const status = okStatus(command, warning);
    if (received.acknowledge !== null) {
      const { acknowledge } = received;
      if (answers) void this.#outbox.drained().then(() => acknowledge(status));
      else acknowledge(status);
      return;
    }
    if (warning !== null) {
      const content = { status: 'warning', message: warning, command: echo(received.text) };
      this.#outbox.answer(statusMessage(content, clientRef));
    }
    if (!answers && clientRef !== null) {
      this.#outbox.answer(statusMessage({ status: 'ok', command }, clientRef));
    }
  }

  #refuse(received: Received, error: unknown): void {
    this.#warning = null;
    const status = errorStatus(error, received.text, this.services.defects);
    this.services.metrics.errors.inc({ code: status.code });
    if (received.acknowledge !== null) received.acknowledge(status);
    else this.answer(STATUS_SOURCE, status, null);
  }
}
