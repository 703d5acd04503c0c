import {
  CommandError,
  type CommandLine,
  type ErrorStatus,
  namedArgs,
  type OkStatus,
  parseCommandLine,
} from '@viaduct/protocol';
import type { Received } from '../command-queue.js';

/** An event as a command: positional arguments or one object of named ones, perhaps a callback at the end. */
export function received(event: string, args: unknown[]): Received {
  const last = args.at(-1);
  const acknowledge = typeof last === 'function' ? (last as (status: OkStatus | ErrorStatus) => void) : null;
  const values = acknowledge === null ? args : args.slice(0, -1);
  const text = `${event} ${JSON.stringify(values)}`;
  return {
    text,
    read: () => (event === 'command' ? commandLine(values) : eventCommand(event, values)),
    acknowledge,
  };
}

/** The `command` event: a line of the text protocol. */
function commandLine([line]: unknown[]): CommandLine {
  if (typeof line === 'string') return parseCommandLine(line);
  throw new CommandError('invalid_argument', 'the command event takes one line of text, such as "PING"');
}

function eventCommand(event: string, values: unknown[]): CommandLine {
  const [options] = values;
  if (values.length !== 1 || !isOptions(options)) {
    return { name: event.toUpperCase(), positional: values.map((value) => argument(value)), named: {} };
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const named = given.map(([name, value]) => [name, argument(value)] as const);
  return { name: event.toUpperCase(), positional: [], named: namedArgs(named) };
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
