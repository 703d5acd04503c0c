import {
  CommandError,
  type CommandLine,
  type ErrorStatus,
  jsonOr,
  MAX_WORDS,
  namedArgs,
  type OkStatus,
  parseCommandLine,
  type SyntaxLookup,
  tooManyWords,
} from '@viaduct/protocol';
import { isPacketValid, PacketType } from 'socket.io-parser';
import type { IncomingCommand } from '../../commands/incoming-command.js';
import { UNREAD } from './strict-decoder.js';

/**
 * An event as a command: positional arguments or one object of named ones, optionally followed by a callback.
 *
 * @param weight number of commands that it counts as
 * @param acknowledges called before each acknowledgement
 * @param unreadable called if the text of an unread event is not an event, when the command is read
 */
export function received(
  event: readonly unknown[],
  weight: number,
  acknowledges: () => void,
  unreadable: () => void,
): IncomingCommand {
  const last = event.at(-1);
  const callback = typeof last === 'function' ? (last as (status: OkStatus | ErrorStatus) => void) : null;
  const acknowledge =
    callback &&
    ((status: OkStatus | ErrorStatus) => {
      acknowledges();
      callback(status);
    });
  return new ReceivedEvent(
    acknowledge === null ? event : event.slice(0, -1),
    weight,
    acknowledge,
    unreadable,
  );
}

/**
 * An event as a command. A class, because V8 would keep the getter of an object literal, and with it the whole event, until
 * it collects the old generation.
 */
class ReceivedEvent implements IncomingCommand {
  readonly #content: readonly unknown[];
  readonly #unreadable: () => void;

  constructor(
    content: readonly unknown[],
    readonly weight: number,
    readonly acknowledge: IncomingCommand['acknowledge'],
    unreadable: () => void,
  ) {
    this.#content = content;
    this.#unreadable = unreadable;
  }

  get text(): string {
    return this.#isUnread ? textOfUnread(this.#unread) : textOf(this.#content);
  }

  read(syntaxOf: SyntaxLookup): CommandLine {
    const content = this.#isUnread ? valuesIn(this.#unread, this.#unreadable) : this.#content;
    return commandIn(content, syntaxOf);
  }

  get #isUnread(): boolean {
    return this.#content[0] === UNREAD;
  }

  get #unread(): string {
    return String(this.#content[1]);
  }
}

function commandIn([event, ...values]: readonly unknown[], syntaxOf: SyntaxLookup): CommandLine {
  return event === 'command' ? commandLine(values, syntaxOf) : eventCommand(event, values, syntaxOf);
}

/** The values of an event that was left unread. */
function valuesIn(text: string, unreadable: () => void): readonly unknown[] {
  try {
    const data = JSON.parse(text) as unknown[];
    if (isPacketValid({ type: PacketType.EVENT, nsp: '/', data })) return data;
  } catch {
    // It is not JSON.
  }
  unreadable();
  throw new CommandError('invalid_json', 'the event is not JSON, or has a name that socket.io reserves');
}

function textOf([event, ...values]: readonly unknown[]): string {
  const written = hasTooManyWords(values)
    ? '(too long to be repeated)'
    : jsonOr('(nested too deeply to be repeated)', values);
  return `${event} ${written}`;
}

/** The text that {@link textOf} writes for the event, as its client wrote it. */
function textOfUnread(text: string): string {
  return text.replace(/^\[\s*"([^"\\]*)"\s*,?/u, '$1 [');
}

/** The syntax of the command that an event names. */
type Syntax = ReturnType<SyntaxLookup>;

/** The `command` event: a line of the text protocol. */
function commandLine([line]: unknown[], syntaxOf: SyntaxLookup): CommandLine {
  if (typeof line === 'string') return parseCommandLine(line, syntaxOf);
  throw new CommandError('invalid_argument', 'the command event takes one line of text, such as "PING"');
}

function eventCommand(event: unknown, values: unknown[], syntaxOf: SyntaxLookup): CommandLine {
  if (typeof event !== 'string') {
    throw new CommandError('invalid_argument', 'an event\'s name is text, such as "ping"');
  }
  const name = event.toUpperCase();
  const syntax = syntaxOf(name);
  const [options] = values;
  if (hasTooManyWords(values)) throw tooManyWords();
  if (values.length !== 1 || !isOptions(options)) {
    const { position } = syntax?.json ?? {};
    const positional = values.map((value, i) => (i === position ? jsonText(value) : argument(value)));
    return { name, positional, named: {} };
  }
  return { name, positional: [], named: namedArgs(namedEntries(options, syntax)) };
}

/** Whether an event has more values, or members, than a command has words. */
function hasTooManyWords(values: readonly unknown[]): boolean {
  const [options] = values;
  const count = values.length === 1 && isOptions(options) ? Object.keys(options).length : values.length;
  return count >= MAX_WORDS;
}

function namedEntries(options: Record<string, unknown>, syntax: Syntax): [name: string, value: string][] {
  return Object.entries(options).flatMap(([name, value]): [string, string][] => {
    if (name === syntax?.json?.name) return value === undefined ? [] : [[name, jsonText(value)]];
    if (value === undefined || (value === null && isNotGiven(name, options, syntax))) return [];
    return [[name, argument(value)]];
  });
}

/**
 * Whether null counts as a missing value. For a number it does not, because NaN and Infinity arrive as null; nor for a
 * hint without the values that hints accompany: their names are then probably misspelt.
 */
function isNotGiven(name: string, options: Record<string, unknown>, syntax: Syntax): boolean {
  const type = syntax?.slotOf(name)?.spec.type;
  if (type !== undefined) return type !== 'number' && type !== 'integer';
  const isOfGroup = (option: string): boolean => syntax?.slotOf(option)?.group != null;
  return syntax?.takesHints !== true || Object.keys(options).some(isOfGroup);
}

/** A value as JSON text; if it has no JSON form, text that is not JSON. */
function jsonText(value: unknown): string {
  if (Buffer.isBuffer(value))
    throw new CommandError('invalid_json', 'the message is binary; it must be JSON');
  return jsonOr('', value);
}

function isOptions(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null;
  return isObject && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

function argument(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const kind = Array.isArray(value) ? 'an array' : value === null ? 'null' : 'an object';
  throw new CommandError(
    'invalid_argument',
    `an argument is ${kind}; it must be text, a number, true or false`,
  );
}
