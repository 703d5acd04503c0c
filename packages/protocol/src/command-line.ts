import { CommandError } from './errors.js';

/** Arguments of a command, whichever door it came through. All values are text, as on the wire. */
export interface CommandArgs {
  positional: readonly string[];
  named: Readonly<Record<string, string>>;
}

/** One command as a client sends it: a name and its arguments. */
export interface CommandLine extends CommandArgs {
  /** In upper case; names are matched without regard to case. */
  name: string;
}

/** `name=value` starts with a letter or an underscore; anything else with an equals sign is positional. */
const NAMED = /^([A-Za-z_][\w-]*)=(.*)$/su;

const WHITESPACE = /\s/u;

/**
 * Reads one text frame: words divided by white space, the first being the command's name.
 * A word of the form `name=value` is a named argument; where a name comes twice, the last one counts.
 *
 * @throws CommandError `empty_command` where there is no word at all; nothing else, whatever the line holds
 */
export function parseCommandLine(line: string): CommandLine {
  const words = line.split(/\s+/u).filter((word) => word !== '');
  const [name, ...rest] = words;
  if (name === undefined)
    throw new CommandError('empty_command', 'empty frame: send a command, such as PING');
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const word of rest) {
    const match = NAMED.exec(word);
    if (match?.[1] !== undefined && match[2] !== undefined) named.set(match[1], match[2]);
    else positional.push(word);
  }
  return { name: name.toUpperCase(), positional, named: Object.fromEntries(named) };
}

/**
 * Writes one text frame. `parseCommandLine(encodeCommandLine(command))` gives the same command back.
 *
 * @throws RangeError where a part cannot be written as one word, or a positional argument would be read as a named one
 */
export function encodeCommandLine(command: CommandLine): string {
  const words = [command.name.toUpperCase(), ...command.positional];
  for (const word of command.positional) {
    if (NAMED.test(word)) throw new RangeError(`"${word}" would be read as a named argument`);
  }
  for (const [name, value] of Object.entries(command.named)) {
    const word = `${name}=${value}`;
    if (!NAMED.test(word))
      throw new RangeError(`"${name}" is not a name: letters, digits, _ and -, a letter first`);
    words.push(word);
  }
  for (const word of words) {
    if (word === '' || WHITESPACE.test(word)) throw new RangeError(`"${word}" is not one word`);
  }
  return words.join(' ');
}
