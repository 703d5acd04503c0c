import type { OkStatus } from '@viaduct/protocol';
import { ConnectionError, ViaductError } from './errors.js';
import type { CommandEvent, Wire } from './transport.js';

/**
 * Maximum number of commands without an answer, and of commands in one burst; and the rate after a burst. Both are
 * below what a gateway allows by default (`COMMANDS_PER_SECOND`, `MAX_PENDING_COMMANDS`), so a client with many
 * subscriptions can reconnect without being refused. A gateway with lower limits refuses some, and the
 * client repeats them.
 */
const MAX_AT_ONCE = 80;
const PER_SECOND = 40;

/** Commands for which a gateway reads, writes or asks elsewhere, which may take long. */
const SLOW: ReadonlySet<CommandEvent> = new Set(['sub', 'get', 'pub', 'token']);

interface Command {
  readonly event: CommandEvent;
  readonly options: object;
  succeed(status: OkStatus): void;
  fail(error: Error): void;
}

/** The commands of a client: sent in order and at a limited rate, each with its answer. */
export class Commands {
  readonly #wire: Pick<Wire, 'send'>;
  #waiting: Command[] = [];
  readonly #sent = new Set<Command>();
  /** How many commands may be sent now. It outlasts sessions, because a gateway's limit does. */
  #credit = MAX_AT_ONCE;
  #creditAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(wire: Pick<Wire, 'send'>) {
    this.#wire = wire;
  }

  /**
   * Sends a command when its turn has come, and resolves when it has succeeded.
   *
   * @param timeoutMs how long to wait for that; null for as long as the connection lasts
   * @param succeeded called as soon as that is known, before anything that arrived later is received
   * @throws ViaductError if it is refused
   * @throws ConnectionError if the connection ends, or no answer arrives in time
   */
  run(
    event: CommandEvent,
    options: object,
    timeoutMs: number | null,
    succeeded: () => void,
  ): Promise<OkStatus> {
    return new Promise((resolve, reject) => {
      const settled = (): void => {
        clearTimeout(timer);
        this.#sent.delete(command);
      };
      const command: Command = {
        event,
        options,
        succeed: (status) => {
          settled();
          succeeded();
          resolve(status);
        },
        fail: (error) => {
          settled();
          reject(error);
        },
      };
      const late = (): void => {
        this.#waiting = this.#waiting.filter((other) => other !== command);
        command.fail(new ConnectionError('timeout', `no answer to ${event} in ${timeoutMs} ms`));
        this.#sendWaiting();
      };
      const timer = timeoutMs === null ? undefined : setTimeout(late, timeoutMs);
      this.#waiting.push(command);
      this.#sendWaiting();
    });
  }

  /** Whether the gateway may be busy with a command, after which it answers others. */
  get isBusy(): boolean {
    return [...this.#sent].some(({ event }) => SLOW.has(event));
  }

  /** The session has ended: no more commands are answered. */
  lost(): void {
    clearTimeout(this.#timer);
    const all = [...this.#sent, ...this.#waiting];
    this.#sent.clear();
    this.#waiting = [];
    for (const command of all) {
      const why = `the connection ended before ${command.event} was answered`;
      command.fail(new ConnectionError('unreachable', why));
    }
  }

  #sendWaiting(): void {
    this.#refill();
    while (this.#waiting.length > 0 && this.#credit >= 1 && this.#sent.size < MAX_AT_ONCE) {
      const command = this.#waiting.shift();
      if (command !== undefined) this.#send(command);
    }
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0 && this.#sent.size < MAX_AT_ONCE)
      this.#timer = setTimeout(() => this.#sendWaiting(), 1000 / PER_SECOND);
  }

  #refill(): void {
    const now = performance.now();
    const gained = ((now - this.#creditAt) / 1000) * PER_SECOND;
    this.#credit = Math.min(MAX_AT_ONCE, this.#credit + gained);
    this.#creditAt = now;
  }

  #send(command: Command): void {
    const { event, options } = command;
    this.#sent.add(command);
    try {
      this.#credit -= this.#wire.send(event, options, (answer) => {
        if (!this.#sent.has(command)) return;
        if (answer.status === 'ok') command.succeed(answer);
        else command.fail(new ViaductError(answer.code, answer.message, answer.command));
        this.#sendWaiting();
      });
    } catch (error) {
      const why = `cannot send ${event.toUpperCase()}: ${(error as Error).message}`;
      command.fail(new ViaductError('invalid_argument', why, event.toUpperCase()));
    }
  }
}
