import { CommandError } from './errors.js';
import { MAX_ARGUMENT_LENGTH } from './limits.js';
import { quote } from './text.js';

/**
 * Checks that a value is not longer than allowed.
 *
 * @param maxLength in characters (UTF-16 code units)
 * @throws CommandError `invalid_argument`
 */
export function checkLength(value: string, name: string, maxLength: number = MAX_ARGUMENT_LENGTH): void {
  if (value.length <= maxLength) return;
  throw new CommandError(
    'invalid_argument',
    `${name} is ${value.length} characters long; it may have at most ${maxLength}`,
  );
}

/** Each character can match in only one way, so the time to refuse a text grows only with its length. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/u;

/**
 * Parses a plain decimal number. Hexadecimal numbers, separators, NaN and numbers that overflow to infinity are
 * refused.
 *
 * @param above the value must be greater, if given
 * @throws CommandError `invalid_argument`
 */
export function parseDecimal(text: string, name: string, above?: number): number {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new CommandError(
      'invalid_argument',
      `${name} is ${quote(text)}; it must be a plain decimal number`,
    );
  }
  if (above !== undefined && value <= above) {
    throw new CommandError(
      'invalid_argument',
      `${name} is ${value}; it must be above ${above === 0 ? 'zero' : above}`,
    );
  }
  return value;
}

/**
 * Parses a whole number from `min` to `max`.
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
 * Parses `true` or `false` (also `1`, `0`).
 *
 * @throws CommandError `invalid_argument`
 */
export function parseBoolean(text: string, name: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new CommandError('invalid_argument', `${name} is ${quote(text)}; it must be true or false`);
}

/**
 * Parses one of the given words.
 *
 * @throws CommandError `invalid_argument`
 */
export function parseChoice(text: string, name: string, choices: readonly string[]): string {
  if (choices.includes(text)) return text;
  throw new CommandError('invalid_argument', `${name} is ${quote(text)}; it must be ${choices.join(' or ')}`);
}
