import { type CommandLine, namedArgs } from './command-args.js';
import { joinWords, NAMED } from './command-words.js';
import { COMMANDS, type CommandName } from './commands.js';
import { CommandError } from './errors.js';
import { MAX_WORDS } from './limits.js';
import type { CommandSyntax, JsonArgument } from './syntax.js';

/** Finds a command by its name in upper case; undefined if there is none. */
export type SyntaxLookup = (
  name: string,
) => Pick<CommandSyntax, 'json' | 'slotOf' | 'takesHints'> | undefined;

/** The syntax of a built-in command, by its name in upper case; undefined if there is none. */
export function builtinSyntax(name: string): CommandSyntax | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name as CommandName] : undefined;
}

/**
 * Parses one text frame: words separated by white space; the first one is the command's name. A word of the form
 * `name=value` is a named argument; if a name occurs twice, the last one applies. A JSON argument is the rest of its
 * line, unchanged.
 *
 * @param syntaxOf the commands that exist; the built-in ones by default
 * @throws CommandError `empty_command` if there is no word, `too_many_arguments` if there are more than
 *   {@link MAX_WORDS}; nothing else, whatever the line contains
 */
export function parseCommandLine(line: string, syntaxOf: SyntaxLookup = builtinSyntax): CommandLine {
  // With the empty words before and after them. Further words must cost nothing: they are not split.
  const words = line.split(/\s+/u, MAX_WORDS + 2);
  if (words[0] === '') words.shift();
  if (words.at(-1) === '') words.pop();
  const [first] = words;
  if (first === undefined)
    throw new CommandError('empty_command', 'empty frame: send a command, such as PING');
  const name = first.toUpperCase();
  const json = syntaxOf(name)?.json ?? null;
  if (json !== null) return parseWithJson(line, json);
  if (words.length > MAX_WORDS) throw tooManyWords();
  const positional: string[] = [];
  const named = namedArgs([]);
  for (let i = 1; i < words.length; i++) {
    const word = words[i] ?? '';
    const match = word.includes('=') ? NAMED.exec(word) : null;
    if (match?.[1] !== undefined && match[2] !== undefined) named[match[1]] = match[2];
    else positional.push(word);
  }
  return { name, positional, named };
}

/** Parses a line with at least one word, whose last argument is JSON. */
function parseWithJson(line: string, json: JsonArgument): CommandLine {
  const positional: string[] = [];
  const named = new Map<string, string>();
  const words = line.matchAll(/\S+/gu);
  const [name = ''] = words.next().value ?? [];
  let count = 1;
  for (const { 0: word, index } of words) {
    if (++count > MAX_WORDS) throw tooManyWords();
    const [, key, value = ''] = NAMED.exec(word) ?? [];
    // JSON never starts with a name and an equals sign.
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

/** The error of a command with more than {@link MAX_WORDS} words. */
export function tooManyWords(): CommandError {
  return new CommandError(
    'too_many_arguments',
    `the command has more than ${MAX_WORDS} words; send fewer arguments`,
  );
}

/**
 * Writes one text frame. `parseCommandLine(encodeCommandLine(command))` returns the same command.
 *
 * @throws RangeError if a part cannot be written as one word, or would be read as another argument
 */
export function encodeCommandLine(command: CommandLine): string {
  const name = command.name.toUpperCase();
  const json = builtinSyntax(name)?.json ?? null;
  if (json !== null && Object.hasOwn(command.named, json.name)) return encodeWithJson(command, json);
  if (json !== null && command.positional.length > json.position) {
    throw new RangeError(`${json.name} of ${name} needs its name`);
  }
  return joinWords({ ...command, name });
}

function encodeWithJson(command: CommandLine, json: JsonArgument): string {
  const { [json.name]: text = '', ...named } = command.named;
  if (text.trim() !== text) throw new RangeError(`${json.name} starts or ends with white space`);
  return `${encodeCommandLine({ ...command, named })} ${json.name}=${text}`;
}
