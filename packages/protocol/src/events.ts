import type { COMMANDS, CommandName } from './commands.js';
import type { Envelope } from './envelope.js';
import type { ArgumentSpecs, OptionsOf } from './spec.js';
import type { ErrorStatus, OkStatus } from './status.js';

/** How a command ended. */
export type Ack = (answer: OkStatus | ErrorStatus) => void;

/** The options of a built-in command, as socket.io clients give them. */
export type CommandOptions<Name extends CommandName> = (typeof COMMANDS)[Name] extends {
  arguments: infer Args extends ArgumentSpecs;
}
  ? OptionsOf<Args>
  : never;

type CommandEvents = {
  [Name in CommandName as Lowercase<Name>]: (options: CommandOptions<Name>, ack?: Ack) => void;
};

/**
 * Commands as socket.io events. The answers of GET and PGET arrive as `message` events (or in `messages`, see {@link
 * HandshakeAuth}); the acknowledgement follows the last of them. Each event also accepts the positional arguments of
 * the text protocol, so `socket.emit('get', 'trains', ack)` works in untyped code.
 */
export interface ClientToServerEvents extends CommandEvents {
  /** Any command as a line of text, also for custom commands from typed code. */
  command(line: string, ack?: Ack): void;
}

/** Why and how the gateway ends the session; sent just before that. Codes as in `CLOSE_CODES`. */
export interface ClosingNotice {
  code: number;
  reason: string;
}

/** What the gateway sends. */
export interface ServerToClientEvents {
  message(envelope: Envelope): void;
  /** One flush, to sessions that asked for batches. */
  messages(envelopes: Envelope[]): void;
  closing(notice: ClosingNotice): void;
}

/** What a client may put into socket.io's `auth`. */
export interface HandshakeAuth {
  /** True: messages of one flush arrive as one `messages` event. */
  batch?: boolean;
  /** A signed JWT. */
  token?: string;
  /** An API key. */
  key?: string;
}
