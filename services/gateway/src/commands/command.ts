import type { CommandArgs, CommandSyntax } from '@viaduct/protocol';
import type { CommandContext } from './context.js';

/** A command with its arguments bound, as the registry keeps it. */
export interface Command {
  /** In upper case. */
  readonly name: string;
  /** Its syntax. */
  readonly syntax: CommandSyntax;
  /** True if it may have to wait because the session changes its view too often. */
  readonly changesView: boolean;
  /** Parses the arguments at once, so that invalid ones are refused before anything happens. */
  prepare(args: CommandArgs): PreparedCommand;
}

export interface PreparedCommand {
  readonly clientRef: string | null;
  /** The channel or key among the arguments, for the log; null for none. */
  readonly channel: string | null;
  readonly replaceable: boolean;
  run(context: CommandContext): void | Promise<void>;
}
