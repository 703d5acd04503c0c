import { namedClientRef } from '@viaduct/protocol';
import type { Connection } from '../delivery/connection.js';
import type { Command, PreparedCommand } from './command.js';
import { type AboutCommand, CommandOutcomes } from './command-outcomes.js';
import type { CommandClient, CommandServices } from './command-services.js';
import type { IncomingCommand } from './incoming-command.js';
import type { SessionRates } from './session-rates.js';

/** Work of the gateway that has its place among a session's commands. Never rejects. */
type Job = () => Promise<void>;

/** Runs the commands of one session one after the other, and reports the outcome of each. */
export class CommandQueue {
  readonly #services: CommandServices;
  readonly #connection: Pick<Connection, 'pauseReading'>;
  readonly #client: CommandClient;
  readonly #outcomes: CommandOutcomes;
  #pending: (IncomingCommand | Job)[] = [];
  /** The weights of queued commands: the client's limit does not include the gateway's own jobs. */
  #pendingWeight = 0;
  #running = false;
  #closed = false;
  #receivedAt = performance.now();
  readonly #rates: Pick<SessionRates, 'commands' | 'viewChanges'>;
  /** No command may start before this; undefined if they may. */
  #delayed: Promise<unknown> | undefined;

  constructor(
    services: CommandServices,
    connection: Pick<Connection, 'pauseReading'>,
    client: CommandClient,
    rates: Pick<SessionRates, 'commands' | 'viewChanges'>,
  ) {
    this.#services = services;
    this.#connection = connection;
    this.#client = client;
    this.#outcomes = new CommandOutcomes(services, client);
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
      this.#outcomes.refuseUnread(received, 'rate_limited', 'too many commands per second; send fewer');
      if (verdict === 'close') this.#client.end('rate_limited');
      return;
    }
    if (this.#running) {
      this.#enqueue(received);
      return;
    }
    const turn = this.#services.clientWork.turn(this.#client);
    if (turn !== undefined) {
      this.#enqueue(received);
      this.#continueAfter(turn);
      return;
    }
    const run = this.#execute(received);
    if (run !== undefined) this.#continueAfter(run);
  }

  /** Runs a job after the queued commands and jobs. */
  add(job: Job): void {
    if (this.#closed) return;
    if (this.#running) this.#pending.push(job);
    else this.#continueAfter(this.#run(job));
  }

  /** A job that fails is a defect; later commands run nevertheless. */
  async #run(job: Job): Promise<void> {
    try {
      await job();
    } catch (error) {
      this.#services.reportInternalError(error, { where: 'session', ...this.#client.name });
    }
  }

  /** Starts no further command until then. Commands that arrive meanwhile are queued, as behind a slow command. */
  delay(until: Promise<void>): void {
    const decided = this.#run(() => until);
    const delayed = this.#delayed === undefined ? decided : Promise.all([this.#delayed, decided]);
    this.#delayed = delayed;
    void delayed.then(() => {
      if (this.#delayed === delayed) this.#delayed = undefined;
    });
    if (!this.#running) this.#continueAfter(decided);
  }

  /** Drops the queue. A running command may end. */
  close(): void {
    this.#closed = true;
    // Otherwise the client's own end would not be read.
    if (this.#pendingWeight > 0) this.#connection.pauseReading(false);
    this.#pending = [];
    this.#pendingWeight = 0;
  }

  #enqueue(received: IncomingCommand): void {
    const { maxPendingCommands } = this.#services.limits;
    if (this.#pendingWeight >= maxPendingCommands) {
      this.#outcomes.refuseUnread(
        received,
        'too_many_commands',
        'too many commands are queued; wait for answers before you send more',
      );
      return;
    }
    this.#pending.push(received);
    this.#pendingWeight += received.weight;
    if (this.#pendingWeight >= maxPendingCommands / 2) this.#connection.pauseReading(true);
  }

  /**
   * Runs queued commands and jobs when this is done. Not an async function, which would allocate more for every
   * session, although most never queue anything.
   */
  #continueAfter(done: Promise<unknown>): void {
    this.#running = true;
    void done.then(() => this.#continue());
  }

  #continue(): void {
    let done: Promise<unknown> | undefined | null;
    do done = this.#delayed ?? this.#runNext();
    while (done === undefined);
    if (done === null) this.#running = false;
    else this.#continueAfter(done);
  }

  /** Runs the next queued command or job, and returns a promise if it takes time; null if nothing is queued. */
  #runNext(): Promise<void> | undefined | null {
    const next = this.#closed ? undefined : this.#pending.shift();
    if (next === undefined) return null;
    if (typeof next === 'function') return this.#run(next);
    this.#pendingWeight -= next.weight;
    if (this.#pendingWeight === 0) this.#connection.pauseReading(false);
    const run = this.#execute(next);
    return run === undefined ? this.#turn() : run.then(() => this.#turn());
  }

  /** Resolves when it is the session's turn again; undefined if that is now, or if it has no further commands. */
  #turn(): Promise<void> | undefined {
    return this.#pendingWeight > 0 ? this.#services.clientWork.turn(this.#client) : undefined;
  }

  /** Runs one command; returns a promise only if the command is asynchronous. Never throws or rejects. */
  #execute(received: IncomingCommand): Promise<void> | undefined {
    const started = performance.now();
    try {
      return this.#start(received, started);
    } finally {
      this.#services.clientWork.charge(performance.now() - started);
    }
  }

  #start(received: IncomingCommand, started: number): Promise<void> | undefined {
    const about: AboutCommand = { command: 'unknown', channel: null, clientRef: null };
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
        this.#outcomes.confirm(received, command, prepared);
      };
      const run = command.changesView
        ? this.#changeView(command, prepared)
        : prepared.run(this.#client.context);
      if (run instanceof Promise)
        return run.then(done).catch((error: unknown) => this.#failed(error, received, about, started));
      done();
    } catch (error) {
      this.#failed(error, received, about, started);
    }
    return undefined;
  }

  #failed(error: unknown, received: IncomingCommand, about: AboutCommand, started: number): void {
    this.#client.takeWarning();
    const ms = performance.now() - started;
    this.#services.metrics.commandDone(about.command, 'error', ms);
    this.#outcomes.refuse(received, error, about, ms);
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
    while (this.#delayed !== undefined) await this.#delayed;
    await this.#runCharged(prepared);
  }

  /** Whether the next command replaces this one. */
  #nextReplaces(command: Command): boolean {
    const [next] = this.#pending;
    // A long command is read when it is its turn. A change of the box is short.
    if (next === undefined || typeof next === 'function' || next.weight > 1) return false;
    try {
      const line = next.read(this.#services.registry.syntaxOf);
      return this.#services.registry.get(line.name) === command && command.prepare(line).replaceable;
    } catch {
      return false;
    }
  }
}
