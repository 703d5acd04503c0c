import type { Bbox, Crs, View } from '@viaduct/geo-worker';
import { type CommandArgs, CommandError, type CommandSyntax, type OkStatus } from '@viaduct/protocol';
import type { TransportName } from '../delivery/connection.js';
import type { BoxOptions, Filter, MemberView } from '../delivery/member.js';

/** How a client wants to be brought up to date when it subscribes. */
export interface SubscribeOptions {
  /** True: the hash of the channel's name is sent before anything that was published since. */
  snapshot?: boolean;
  /** Id of an entry of a Redis Stream: the entries after it are sent first. */
  since?: string | null;
  /** Comes back with the envelopes that say how that goes. */
  clientRef?: string | null;
}

/**
 * What a command can do. The built-in commands have no other access than this.
 * Every method that names a channel or key refuses what the configuration does not allow (`not_allowed`).
 */
export interface CommandContext {
  /** What the session sees now. Change it through the methods below. */
  readonly view: MemberView;
  /** How the client is connected. */
  readonly transport: TransportName;

  /**
   * Sends one envelope now, whatever the box, cut to the session's area. `content` is a value that JSON can hold.
   */
  answer(source: string, content: unknown, clientRef?: string | null): void;
  /** Tells the client something though the command succeeds. */
  warn(message: string): void;

  /**
   * Sends every value of a hash that passes the session's view, each as an envelope with source `key`, and resolves
   * with their number when the last is on its way.
   *
   * @param view in which CRS, if not the session's
   */
  sendHash(key: string, clientRef?: string | null, view?: View): Promise<number>;
  /**
   * Sends one field of a hash with source `key field`, whatever the box; `null` where it does not exist or is outside of
   * the session's area.
   */
  sendField(key: string, field: string, clientRef?: string | null, view?: View): Promise<void>;
  /** The values of a hash as JSON text, not cut to the session's area: for the command's own use, not to be sent. */
  readHash(key: string): Promise<readonly string[]>;
  /** One field of a hash as JSON text, for the command's own use like `readHash`; null where it does not exist. */
  readField(key: string, field: string): Promise<string | null>;

  /** Resolves when messages of the channel flow to this session, and the state that was asked for is on its way. */
  subscribe(channel: string, options?: SubscribeOptions): Promise<void>;
  unsubscribe(channel: string): void;

  /** @throws CommandError `unknown_crs` or `unsupported_crs` */
  resolveCrs(name: string): Promise<Crs>;
  setProjection(view: View): void;
  setBox(bbox: Bbox, options?: BoxOptions): void;
  clearBox(): void;
  /** Clears the box and holds features back until a box is set or cleared. */
  hold(): void;
  /**
   * Adds or replaces a named filter, which sees what is left within the session's area; null removes it. A pushed
   * message and a hash's values must pass all filters.
   */
  setFilter(name: string, filter: Filter | null): void;
  /** Pushed messages go out in lists of up to `size`, `ms` milliseconds after the first; zeros end it. */
  setBuffer(size: number, ms: number): void;
  /**
   * Publishes JSON text to a channel that the session may publish to. Resolves when the source has it.
   *
   * @throws CommandError `publish_disabled`, `not_allowed`, `rate_limited`, `message_too_big` or `invalid_json`
   */
  publish(channel: string, json: string): Promise<void>;
  /**
   * Lets the session do what a token says, instead of what it could do before. Subscriptions that it does not allow end,
   * each with an error to the client.
   *
   * @throws CommandError `invalid_token`, or `source_unavailable` where the token cannot be checked at the moment
   */
  renew(token: string): Promise<void>;
  /** Forgets pushed messages that have not left yet; answers are kept. */
  dropQueued(): void;
}

/** A command with its arguments bound, as the registry keeps it. */
export interface Command {
  /** In upper case. */
  readonly name: string;
  /** How it is written. */
  readonly syntax: CommandSyntax;
  /** True if it may have to wait because a session changes its view too often. */
  readonly changesView: boolean;
  /** Reads the arguments at once, so that bad ones are refused before anything happens. */
  prepare(args: CommandArgs): PreparedCommand;
}

export interface PreparedCommand {
  readonly clientRef: string | null;
  /** The channel or key among the arguments, for the log; null for none. */
  readonly channel: string | null;
  readonly replaceable: boolean;
  run(context: CommandContext): void | Promise<void>;
}

/** All commands of a gateway, by name. */
export class CommandRegistry {
  readonly #commands = new Map<string, Command>();

  /** @throws RangeError where two commands have the same name */
  constructor(commands: Iterable<Command>) {
    for (const command of commands) {
      if (this.#commands.has(command.name)) throw new RangeError(`two commands are called ${command.name}`);
      this.#commands.set(command.name, command);
    }
  }

  get names(): string[] {
    return [...this.#commands.keys()];
  }

  has(name: string): boolean {
    return this.#commands.has(name);
  }

  /** How a command is written, by its name in upper case; undefined if there is none. */
  readonly syntaxOf = (name: string): CommandSyntax | undefined => this.#commands.get(name)?.syntax;

  /** @throws CommandError `unknown_command` */
  get(name: string): Command {
    const command = this.#commands.get(name);
    if (command !== undefined) return command;
    throw new CommandError(
      'unknown_command',
      `no command is called "${name.slice(0, 40)}"; there are ${this.names.join(', ')}`,
    );
  }
}

/** What the client is told when a command is done. */
export function okStatus(command: string, warning: string | null): OkStatus {
  return warning === null ? { status: 'ok', command } : { status: 'ok', command, warning };
}
