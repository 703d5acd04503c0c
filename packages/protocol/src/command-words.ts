import type { CommandLine } from './command-args.js';
import { quote } from './text.js';

/** A name starts with a letter or an underscore; any other word with an equals sign is positional. */
const NAME = /^[A-Za-z_][\w-]*$/u;

/** `name=value`; the value may hold further equals signs, or nothing. */
export const NAMED = /^([A-Za-z_][\w-]*)=(.*)$/su;

const WHITESPACE = /\s/u;

/**
 * The words of a command, as one line.
 *
 * @throws RangeError if a part cannot be written as one word, or would be read as another argument
 */
export function joinWords({ name, positional, named }: CommandLine): string {
  const words = [name, ...positional];
  for (const word of positional) {
    if (NAMED.test(word)) throw new RangeError(`${quote(word)} would be read as a named argument`);
  }
  for (const [key, value] of Object.entries(named)) {
    if (!NAME.test(key))
      throw new RangeError(`${quote(key)} is not a name: letters, digits, _ and -, a letter or _ first`);
    words.push(`${key}=${value}`);
  }
  for (const word of words) {
    if (word === '' || WHITESPACE.test(word)) throw new RangeError(`${quote(word)} is not one word`);
  }
  return words.join(' ');
}
