import { CommandError } from './errors.js';
import { quote } from './text.js';

/** Arguments of a command, whichever transport it came through. All values are text, as on the wire. */
export interface CommandArgs {
  positional: readonly string[];
  named: Readonly<Record<string, string>>;
}

/** One command as a client sends it: a name and its arguments. */
export interface CommandLine extends CommandArgs {
  /** In upper case; names are matched without regard to case. */
  name: string;
}

/** A name starts with a letter or an underscore; any other word with an equals sign is positional. */
const NAME = /^[A-Za-z_][\w-]*$/u;

/** `name=value`; the value may hold further equals signs, or nothing. */
const NAMED = /^([A-Za-z_][\w-]*)=(.*)$/su;

const WHITESPACE = /\s/u;

/**
 * Arguments by name, as an object without a prototype: whatever a client calls its arguments, `constructor` and
 * `__proto__` included, only what it sent is found there.
 */
export function namedArgs(entries: Iterable<readonly [name: string, value: string]>): Record<string, string> {
  const named: Record<string, string> = Object.create(null);
  for (const [name, value] of entries) named[name] = value;
  return named;
}

/** The argument of a command that is JSON text: on a line it is the rest of it, white space included. */
export interface JsonArgument {
  name: string;
  /** How many positional arguments stand before it. */
  position: number;
}

/** Commands, in upper case, with an argument that is JSON. */
export const JSON_ARGUMENTS: ReadonlyMap<string, JsonArgument> = new Map([
  ['PUB', { name: 'message', position: 1 }],
]);

/**
 * Reads one text frame: words divided by white space, the first being the command's name.
 * A word of the form `name=value` is a named argument; where a name comes twice, the last one counts. Commands of
 * {@link JSON_ARGUMENTS} end with JSON, which is taken as it stands.
 *
 * @throws CommandError `empty_command` where there is no word at all; nothing else, whatever the line holds
 */
export function parseCommandLine(line: string): CommandLine {
  const words = line.split(/\s+/u).filter((word) => word !== '');
  const [name, ...rest] = words;
  if (name === undefined)
    throw new CommandError('empty_command', 'empty frame: send a command, such as PING');
  const json = JSON_ARGUMENTS.get(name.toUpperCase());
  if (json !== undefined) return parseWithJson(line, json);
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const word of rest) {
    const match = NAMED.exec(word);
    if (match?.[1] !== undefined && match[2] !== undefined) named.set(match[1], match[2]);
    else positional.push(word);
  }
  return { name: name.toUpperCase(), positional, named: namedArgs(named) };
}

/** Reads a line with at least one word, whose last argument is JSON. */
function parseWithJson(line: string, json: JsonArgument): CommandLine {
  const positional: string[] = [];
  const named = new Map<string, string>();
  const words = line.matchAll(/\S+/gu);
  const [name = ''] = words.next().value ?? [];
  for (const { 0: word, index } of words) {
    const [, key, value = ''] = NAMED.exec(word) ?? [];
    // JSON never begins with a name and an equals sign.
    const isJson = key === undefined ? positional.length === json.position : key === json.name;
    if (isJson) {
      named.set(json.name, line.slice(index + (key === undefined ? 0 : key.length + 1)).trimEnd());
      break;
    }
    if (key === undefined) positional.push(word);
    else named.set(key, value);
  }
  return { name: name.toUpperCase(), positional, named: namedArgs(named) };
}

/**
 * Writes one text frame. `parseCommandLine(encodeCommandLine(command))` gives the same command back.
 *
 * @throws RangeError where a part cannot be written as one word, or would be read as another argument
 */
export function encodeCommandLine(command: CommandLine): string {
  const name = command.name.toUpperCase();
  const json = JSON_ARGUMENTS.get(name);
  if (json !== undefined && Object.hasOwn(command.named, json.name)) return encodeWithJson(command, json);
  if (json !== undefined && command.positional.length > json.position) {
    throw new RangeError(`${json.name} of ${name} must be given by name`);
  }
  const words = [name, ...command.positional];
  for (const word of command.positional) {
    if (NAMED.test(word)) throw new RangeError(`${quote(word)} would be read as a named argument`);
  }
  for (const [name, value] of Object.entries(command.named)) {
    if (!NAME.test(name))
      throw new RangeError(`${quote(name)} is not a name: letters, digits, _ and -, a letter or _ first`);
    words.push(`${name}=${value}`);
  }
  for (const word of words) {
    if (word === '' || WHITESPACE.test(word)) throw new RangeError(`${quote(word)} is not one word`);
  }
  return words.join(' ');
}

function encodeWithJson(command: CommandLine, json: JsonArgument): string {
  const { [json.name]: text = '', ...named } = command.named;
  if (text.trim() !== text) throw new RangeError(`${json.name} begins or ends with white space`);
  return `${encodeCommandLine({ ...command, named })} ${json.name}=${text}`;
}
