import {
  CommandError,
  type CommandLine,
  type ErrorStatus,
  JSON_ARGUMENTS,
  namedArgs,
  type OkStatus,
  parseCommandLine,
} from '@viaduct/protocol';
import type { IncomingCommand } from '../../commands/command-queue.js';

/**
 * An event as a command: positional arguments or one object of named ones, perhaps a callback at the end.
 *
 * @param acknowledges called before each acknowledgement
 */
export function received(event: unknown, args: unknown[], acknowledges: () => void): IncomingCommand {
  const last = args.at(-1);
  const tell = typeof last === 'function' ? (last as (status: OkStatus | ErrorStatus) => void) : null;
  const acknowledge =
    tell &&
    ((status: OkStatus | ErrorStatus) => {
      acknowledges();
      tell(status);
    });
  const values = acknowledge === null ? args : args.slice(0, -1);
  return {
    get text() {
      return `${event} ${writtenOr('(nested too deep to be repeated)', values)}`;
    },
    read: () => (event === 'command' ? commandLine(values) : eventCommand(event, values)),
    acknowledge,
  };
}

/** The `command` event: a line of the text protocol. */
function commandLine([line]: unknown[]): CommandLine {
  if (typeof line === 'string') return parseCommandLine(line);
  throw new CommandError('invalid_argument', 'the command event takes one line of text, such as "PING"');
}

function eventCommand(event: unknown, values: unknown[]): CommandLine {
  if (typeof event !== 'string') {
    throw new CommandError('invalid_argument', 'an event\'s name is text, such as "ping"');
  }
  const name = event.toUpperCase();
  const json = JSON_ARGUMENTS.get(name);
  const [options] = values;
  if (values.length !== 1 || !isOptions(options)) {
    const positional = values.map((value, i) => (i === json?.position ? jsonText(value) : argument(value)));
    return { name, positional, named: {} };
  }
  const given = Object.entries(options).filter(
    ([option, value]) => value !== undefined && (value !== null || option === json?.name),
  );
  const named = given.map(
    ([option, value]) => [option, option === json?.name ? jsonText(value) : argument(value)] as const,
  );
  return { name, positional: [], named: namedArgs(named) };
}

/** A value as JSON; where it has none, such as binary data, text that is none. */
function jsonText(value: unknown): string {
  if (Buffer.isBuffer(value))
    throw new CommandError('invalid_json', 'the message is binary; it must be JSON');
  return writtenOr('', value);
}

/** The JSON text of a value; `none` for what has none, or is nested so deep that it could not be written. */
function writtenOr(none: string, value: unknown): string {
  try {
    return JSON.stringify(value) ?? none;
  } catch (error) {
    if (error instanceof RangeError) return none;
    throw error;
  }
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
