import type { CommandArgs } from './command-args.js';
import * as COMMANDS from './commands/all.js';
import { MAX_ARGUMENT_LENGTH } from './limits.js';

/** The built-in commands, by their name in upper case. */
export { COMMANDS };

/** Name of one built-in command. */
export type CommandName = keyof typeof COMMANDS;

/**
 * The client reference that a command gives by name; null if there is none, or if it is too long to repeat. For the
 * answer to a command whose arguments cannot be parsed.
 */
export function namedClientRef({ named }: CommandArgs): string | null {
  const reference = named.client_ref ?? named.clientRef;
  return reference === undefined || reference.length > MAX_ARGUMENT_LENGTH ? null : reference;
}
