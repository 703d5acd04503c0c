import type { CommandArgs } from './command-line.js';
import { CommandError } from './errors.js';
import { quote } from './text.js';

/** Longest argument, in characters (UTF-16 code units), where a parameter does not say otherwise. */
export const MAX_ARGUMENT_LENGTH = 1024;

/** One parameter of a command. It can be given by position or by name. */
export interface Param {
  name: string;
  required?: boolean;
  /** Other names under which clients in the field give it. */
  aliases?: readonly string[];
  /** True where it can be given by name only. */
  namedOnly?: boolean;
  /** Longest value, in characters; {@link MAX_ARGUMENT_LENGTH} where absent. */
  maxLength?: number;
}

/** What {@link bindArgs} found: values by parameter name; absent ones are undefined. */
export type BoundArgs<Name extends string = string> = Readonly<Record<Name, string | undefined>>;

/**
 * Gives each argument to its parameter.
 *
 * @param usage how the command is written, repeated in every error
 * @throws CommandError `missing_argument`, `too_many_arguments`, `unknown_argument`, or `invalid_argument` where one
 *   parameter is given twice or a value is too long
 */
export function bindArgs<const P extends readonly Param[]>(
  args: CommandArgs,
  params: P,
  usage: string,
): BoundArgs<P[number]['name']> {
  const bound = new Map<string, string>();
  const bind = (param: Param, value: string): void => {
    if (bound.has(param.name)) throw repeatedArgument(param.name, usage);
    checkLength(value, param.name, param.maxLength);
    bound.set(param.name, value);
  };
  const byPosition = params.filter((param) => param.namedOnly !== true);
  if (args.positional.length > byPosition.length) {
    throw new CommandError(
      'too_many_arguments',
      `${args.positional.length} arguments given, at most ${byPosition.length} taken; usage: ${usage}`,
    );
  }
  args.positional.forEach((value, i) => {
    const param = byPosition[i];
    if (param !== undefined) bind(param, value);
  });
  for (const [name, value] of Object.entries(args.named)) {
    const param = params.find((p) => p.name === name || p.aliases?.includes(name) === true);
    if (param === undefined) {
      throw new CommandError('unknown_argument', `no argument is called ${quote(name)}; usage: ${usage}`);
    }
    bind(param, value);
  }
  for (const param of params) {
    if (param.required === true && !bound.has(param.name)) throw missingArgument(param.name, usage);
  }
  return Object.fromEntries(params.map((p) => [p.name, bound.get(p.name)])) as BoundArgs<P[number]['name']>;
}

/** The error for a parameter that was left out. */
export function missingArgument(name: string, usage: string): CommandError {
  return new CommandError('missing_argument', `${name} is missing; usage: ${usage}`);
}

/** The error for a parameter that came more than once, by position, name or another name. */
export function repeatedArgument(name: string, usage: string): CommandError {
  return new CommandError('invalid_argument', `${name} is given twice; usage: ${usage}`);
}

/**
 * Makes sure that a value is no longer than it may be.
 *
 * @throws CommandError `invalid_argument`
 */
export function checkLength(value: string, name: string, maxLength: number = MAX_ARGUMENT_LENGTH): void {
  if (value.length <= maxLength) return;
  throw new CommandError(
    'invalid_argument',
    `${name} is ${value.length} characters long; it may have at most ${maxLength}`,
  );
}

/** A value that {@link bindArgs} has made sure of by `required`. */
export function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new CommandError('missing_argument', `${name} is missing`);
  return value;
}

/** Written so that each character can match in one way only: the time to refuse a text grows with its length alone. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/u;

/**
 * Reads a plain decimal number. Hexadecimal, separators, NaN and what overflows to infinity are refused.
 *
 * @throws CommandError `invalid_argument`
 */
export function parseDecimal(text: string, name: string): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new CommandError(
      'invalid_argument',
      `${name} is ${quote(text)}; it must be a plain decimal number`,
    );
  }
  return value;
}

/**
 * Reads a whole number from `min` to `max`.
 *
 * @throws CommandError `invalid_argument`
 */
export function parseInteger(text: string, name: string, min: number, max: number): number {
  const value = parseDecimal(text, name);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new CommandError(
      'invalid_argument',
      `${name} is ${quote(text)}; it must be a whole number from ${min} to ${max}`,
    );
  }
  return value;
}

/**
 * Reads `true` or `false` (also `1`, `0`).
 *
 * @throws CommandError `invalid_argument`
 */
export function parseBoolean(text: string, name: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new CommandError('invalid_argument', `${name} is ${quote(text)}; it must be true or false`);
}
