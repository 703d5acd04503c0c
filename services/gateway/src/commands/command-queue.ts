import {
  type CloseReason,
  CommandError,
  type CommandLine,
  type ErrorCode,
  type ErrorStatus,
  echo,
  namedClientRef,
  type OkStatus,
  type SyntaxLookup,
  type WarningStatus,
} from '@viaduct/protocol';
import type { Connection } from '../delivery/connection.js';
import { type OutMessage, statusMessage } from '../delivery/messages.js';
import type { Outbox } from '../delivery/outbox.js';
import { errorStatus, type ReportInternalError } from '../observability/errors.js';
import type { GatewayMetrics } from '../observability/metrics.js';
import type { LoggedSession, SessionLog } from '../observability/session-log.js';
import type { Claimant } from '../state/fair-queue.js';
import { type Command, okStatus, type PreparedCommand } from './command.js';
import type { CommandTurns } from './command-turns.js';
import type { CommandContext } from './context.js';
import type { CommandRegistry } from './registry.js';
import type { SessionRates } from './session-rates.js';

/** The longest command whose client reference is looked for when it is refused: to refuse one must cost nearly nothing. */
const MAX_REFERENCED_LENGTH = 4096;

/** A received command. */
export interface IncomingCommand {
  /** The received text, for error messages. */
  readonly text: string;
  /** As how many commands it counts, because of its length. */
  readonly weight: number;
  /**
   * @param syntaxOf the commands that exist
   * @throws CommandError if there is no command in it
   */
  read(syntaxOf: SyntaxLookup): CommandLine;
  /** Reports the outcome if the transport supports that; null if envelopes report it. */
  readonly acknowledge: ((status: OkStatus | ErrorStatus) => void) | null;
}

/** What the command queues of a gateway share. */
export interface CommandServices {
  readonly registry: CommandRegistry;
  readonly turns: CommandTurns;
  readonly metrics: Pick<GatewayMetrics, 'commandDone' | 'viewChangeDelayed' | 'errors'>;
  readonly reportInternalError: ReportInternalError;
  /** Null unless the log has the debug level. */
  readonly log: SessionLog | null;
  readonly limits: {
    /** Commands of one session that wait for earlier ones. */
    readonly maxPendingCommands: number;
  };
}

/** The client that sends the commands. */
export interface CommandClient extends LoggedSession, Claimant {
  /** The context of its commands. */
  readonly context: CommandContext;
  readonly outbox: Pick<Outbox, 'drained'>;
  /** The messages of {@link CommandContext.warn} since the last call; null for none. */
  takeWarning(): string | null;
  /** Sends a status envelope. */
  tell(message: OutMessage): void;
  /** Ends the session after sending what is queued. */
  end(reason: CloseReason): void;
}

/** What is known about a running command. */
interface About {
  command: string;
  channel: string | null;
  clientRef: string | null;
}

/** Work of the gateway that has its place among a session's commands. Never rejects. */
type Job = () => Promise<void>;

/** Runs the commands of one session one after the other, and reports the outcome of each. */
export class CommandQueue {
  readonly #services: CommandServices;
  readonly #connection: Pick<Connection, 'pauseReading'>;
  readonly #client: CommandClient;
  #pending: (IncomingCommand | Job)[] = [];
  /** How many of those are commands: the client's limit does not include the gateway's own jobs. */
  #pendingCommands = 0;
  #running = false;
  #closed = false;
  #receivedAt = performance.now();
  readonly #rates: Pick<SessionRates, 'commands' | 'viewChanges'>;
  /** No command may start before this; undefined if they may. */
  #settled: Promise<unknown> | undefined;

  constructor(
    services: CommandServices,
    connection: Pick<Connection, 'pauseReading'>,
    client: CommandClient,
    rates: Pick<SessionRates, 'commands' | 'viewChanges'>,
  ) {
    this.#services = services;
    this.#connection = connection;
    this.#client = client;
    this.#rates = rates;
  }

  /**
   * When the last command arrived, or the client connected: ms on the clock of `performance.now()`; `now` while a
   * command runs.
   */
  activeAt(now: number): number {
    return this.#running ? now : this.#receivedAt;
  }

  /** Receives a command. If anything is wrong with it, the client receives an error and the session continues. */
  receive(received: IncomingCommand): void {
    if (this.#closed) return;
    this.#receivedAt = performance.now();
    const verdict = this.#rates.commands.judge(this.#receivedAt, received.weight);
    if (verdict !== 'run') {
      this.#refuseUnread(received, 'rate_limited', 'too many commands per second; send fewer');
      if (verdict === 'close') this.#client.end('rate_limited');
      return;
    }
    if (this.#running) {
      this.#enqueue(received);
      return;
    }
    const { turns } = this.#services;
    if (turns.mustWait) {
      this.#enqueue(received);
      void this.#runPending(turns.next(this.#client));
      return;
    }
    const run = this.#execute(received);
    if (run !== undefined) void this.#runPending(run);
  }

  /** Runs a job after the queued commands and jobs. */
  add(job: Job): void {
    if (this.#closed) return;
    if (this.#running) this.#pending.push(job);
    else void this.#runPending(this.#run(job));
  }

  /** A job that fails is a defect; later commands run nevertheless. */
  async #run(job: Job): Promise<void> {
    try {
      await job();
    } catch (error) {
      this.#services.reportInternalError(error, { where: 'session', ...this.#client.name });
    }
  }

  /** Starts no further command until then. Commands that arrive meanwhile wait as behind a slow command. */
  settle(until: Promise<void>): void {
    const decided = this.#run(() => until);
    const settled = this.#settled === undefined ? decided : Promise.all([this.#settled, decided]);
    this.#settled = settled;
    void settled.then(() => {
      if (this.#settled === settled) this.#settled = undefined;
    });
    if (!this.#running) void this.#runPending(decided);
  }

  /** Drops the queue. A running command may end. */
  close(): void {
    this.#closed = true;
    this.#pending = [];
    this.#pendingCommands = 0;
  }

  #enqueue(received: IncomingCommand): void {
    const { maxPendingCommands } = this.#services.limits;
    if (this.#pendingCommands >= maxPendingCommands) {
      this.#refuseUnread(
        received,
        'too_many_commands',
        'too many commands are queued; wait for answers before you send more',
      );
      return;
    }
    this.#pending.push(received);
    if (++this.#pendingCommands === Math.ceil(maxPendingCommands / 2)) this.#connection.pauseReading(true);
  }

  async #runPending(first: Promise<void>): Promise<void> {
    this.#running = true;
    await first;
    while (this.#settled !== undefined) await this.#settled;
    for (
      let next = this.#pending.shift();
      next !== undefined && !this.#closed;
      next = this.#pending.shift()
    ) {
      if (typeof next === 'function') await this.#run(next);
      else {
        if (--this.#pendingCommands === 0) this.#connection.pauseReading(false);
        await this.#execute(next);
        await this.#turn();
      }
      while (this.#settled !== undefined) await this.#settled;
    }
    this.#running = false;
  }

  /** Waits for the session's turn if there are further commands. */
  async #turn(): Promise<void> {
    const { turns } = this.#services;
    if (this.#pendingCommands > 0 && turns.mustWait) await turns.next(this.#client);
  }

  /** Runs one command; returns a promise only if the command is asynchronous. Never throws or rejects. */
  #execute(received: IncomingCommand): Promise<void> | undefined {
    const started = performance.now();
    try {
      return this.#start(received, started);
    } finally {
      this.#services.turns.charge(performance.now() - started);
    }
  }

  #start(received: IncomingCommand, started: number): Promise<void> | undefined {
    const about: About = { command: 'unknown', channel: null, clientRef: null };
    const failed = (error: unknown): void => {
      this.#client.takeWarning();
      const ms = performance.now() - started;
      this.#services.metrics.commandDone(about.command, 'error', ms);
      this.#refuse(received, error, about, ms);
    };
    try {
      const line = received.read(this.#services.registry.syntaxOf);
      about.clientRef = namedClientRef(line);
      const command = this.#services.registry.get(line.name);
      about.command = command.name;
      const prepared = command.prepare(line);
      about.clientRef = prepared.clientRef;
      about.channel = prepared.channel;
      const done = (): void => {
        const ms = performance.now() - started;
        this.#services.metrics.commandDone(command.name, 'ok', ms);
        this.#services.log?.command(this.#client, { ...about, ms, outcome: 'ok' });
        this.#confirm(received, command, prepared);
      };
      const run = command.changesView
        ? this.#changeView(command, prepared)
        : prepared.run(this.#client.context);
      if (run instanceof Promise) return run.then(done).catch(failed);
      done();
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  #changeView(command: Command, prepared: PreparedCommand): Promise<void> | void {
    return this.#rates.viewChanges.take() ? this.#runCharged(prepared) : this.#runLater(command, prepared);
  }

  #runCharged(prepared: PreparedCommand): Promise<void> | void {
    const begun = performance.now();
    try {
      return prepared.run(this.#client.context);
    } finally {
      this.#rates.viewChanges.charge(performance.now() - begun);
    }
  }

  /** Runs a change of the view when the rate allows it, or not at all if the next command replaces it. */
  async #runLater(command: Command, prepared: PreparedCommand): Promise<void> {
    this.#services.metrics.viewChangeDelayed();
    const unnecessary = (): boolean => this.#closed || (prepared.replaceable && this.#nextReplaces(command));
    if (!(await this.#rates.viewChanges.wait(unnecessary))) return;
    while (this.#settled !== undefined) await this.#settled;
    await this.#runCharged(prepared);
  }

  /** Whether the next command replaces this one. */
  #nextReplaces(command: Command): boolean {
    const [next] = this.#pending;
    if (next === undefined || typeof next === 'function') return false;
    try {
      const line = next.read(this.#services.registry.syntaxOf);
      return this.#services.registry.get(line.name) === command && command.prepare(line).replaceable;
    } catch {
      return false;
    }
  }

  #confirm(received: IncomingCommand, command: Command, { clientRef }: PreparedCommand): void {
    const { name, syntax } = command;
    const answers = syntax.answer !== undefined;
    const warning = this.#client.takeWarning();
    const status = okStatus(name, warning);
    if (received.acknowledge !== null) {
      const { acknowledge } = received;
      if (answers) void this.#client.outbox.drained().then(() => acknowledge(status));
      else acknowledge(status);
      return;
    }
    if (warning !== null) {
      const content: WarningStatus = { status: 'warning', message: warning, command: echo(received.text) };
      this.#client.tell(statusMessage(content, clientRef));
    }
    if (syntax.confirms === true || (!answers && clientRef !== null)) {
      this.#client.tell(statusMessage({ status: 'ok', command: name }, clientRef));
    }
  }

  #refuseUnread(received: IncomingCommand, code: ErrorCode, message: string): void {
    const about = { command: 'unread', channel: null, clientRef: this.#referenceOf(received) };
    this.#refuse(received, new CommandError(code, message), about, null);
  }

  /** @param ms how long the command ran; null if it did not run */
  #refuse(received: IncomingCommand, error: unknown, about: About, ms: number | null): void {
    const { command, channel, clientRef } = about;
    const status = errorStatus(error, received.text, (defect) => {
      const named = channel === null ? { command } : { command, channel };
      this.#services.reportInternalError(defect, { where: 'command', ...this.#client.name, ...named });
    });
    this.#services.log?.command(this.#client, { command, channel, ms, outcome: status.code });
    this.#services.metrics.errors.inc({ code: status.code });
    if (received.acknowledge !== null) received.acknowledge(status);
    else this.#client.tell(statusMessage(status, clientRef));
  }

  /** The client reference of a command that is refused unread; null if it is long, or has no readable one. */
  #referenceOf(received: IncomingCommand): string | null {
    if (received.acknowledge !== null || received.text.length > MAX_REFERENCED_LENGTH) return null;
    try {
      return namedClientRef(received.read(this.#services.registry.syntaxOf));
    } catch {
      return null;
    }
  }
}
