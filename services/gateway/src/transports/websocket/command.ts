import { CommandError, parseCommandLine } from '@viaduct/protocol';
import { weightOf } from '../../commands/command-rate.js';
import type { IncomingCommand } from '../../commands/incoming-command.js';

/** A text frame as a command. */
export function received(text: string): IncomingCommand {
  const weight = weightOf(text.length);
  return { text, weight, read: (syntaxOf) => parseCommandLine(text, syntaxOf), acknowledge: null };
}

/** A binary frame, which is not a command. */
export const BINARY: IncomingCommand = {
  text: '(binary)',
  weight: 1,
  read() {
    throw new CommandError('binary_not_supported', 'commands are text frames; this one was binary');
  },
  acknowledge: null,
};
