import { joinWords } from '@viaduct/protocol';
import type { CommandEvent } from './transport.js';

/** The argument of PUB that is JSON text: the rest of its line. */
const JSON_ARGUMENT = 'message';

/**
 * A command as the text of a frame.
 *
 * @throws RangeError if a value has white space, or is empty: a line of words cannot express it
 */
export function commandText(event: CommandEvent, options: object): string {
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || name === JSON_ARGUMENT) continue;
    named[name] = String(value);
  }
  const words = wordsOf(event.toUpperCase(), named);
  if (!(JSON_ARGUMENT in options)) return words;
  return `${words} ${JSON_ARGUMENT}=${JSON.stringify(options[JSON_ARGUMENT]) ?? ''}`;
}

function wordsOf(name: string, named: Record<string, string>): string {
  try {
    return joinWords({ name, positional: [], named });
  } catch (error) {
    throw new RangeError(
      `${(error as Error).message}; a plain WebSocket cannot send that, but the transport socketIo() can`,
    );
  }
}
