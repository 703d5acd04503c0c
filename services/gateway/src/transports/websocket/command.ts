import { CommandError, parseCommandLine } from '@viaduct/protocol';
import type { IncomingCommand } from '../../commands/command-queue.js';
import { weightOf } from '../../commands/command-rate.js';

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
