import { parseArgs } from 'node:util';
import { GATEWAY, RESULTS } from './paths.js';
import { SCENARIOS } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';
import { SIZES, type SizeName, type Sizes } from './sizes.js';
import { SERVER_NAMES, type ServerName } from './subjects.js';

/** The options of the command line. */
export interface Options {
  task: 'run' | 'table' | 'document' | 'help';
  scenarios: readonly Scenario[];
  servers: readonly ServerName[];
  sizes: Sizes;
  size: SizeName;
  repeats: number;
  gateway: string;
  cores: readonly number[];
  pin: boolean;
  /** Folder of results. */
  folder: string;
  /** Results to show; the latest if it is empty. */
  files: readonly string[];
}

/** An invalid command line; the message says why. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

const FLAGS = {
  only: { type: 'string' },
  servers: { type: 'string' },
  secs: { type: 'string' },
  repeat: { type: 'string' },
  quick: { type: 'boolean' },
  gateway: { type: 'string' },
  cores: { type: 'string' },
  'no-pin': { type: 'boolean' },
  table: { type: 'boolean' },
  doc: { type: 'boolean' },
  from: { type: 'string' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/**
 * Reads the command line.
 *
 * @throws OptionError
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parsed(args);
  const size = values.quick === true ? 'quick' : 'full';
  const sizes = SIZES[size];
  return {
    task: values.help ? 'help' : values.doc ? 'document' : values.table ? 'table' : 'run',
    scenarios: chosen(
      values.only,
      SCENARIOS.map(({ id }) => id),
      '--only',
    ).flatMap((id) => SCENARIOS.filter((scenario) => scenario.id === id)),
    servers: chosen(values.servers, SERVER_NAMES, '--servers'),
    sizes: { ...sizes, seconds: number(values.secs, '--secs', sizes.seconds, 0.1, 600) },
    size,
    repeats: Math.floor(number(values.repeat, '--repeat', 1, 1, 100)),
    gateway: values.gateway ?? GATEWAY,
    cores: list(values.cores).map((core) => number(core, '--cores', 0, 0, 4096)),
    pin: values['no-pin'] !== true,
    folder: values.out ?? RESULTS,
    files: list(values.from),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS });
  } catch (error) {
    throw new OptionError(error instanceof Error ? error.message : String(error));
  }
}

function list(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((item) => item !== '');
}

function chosen<T extends string>(text: string | undefined, all: readonly T[], flag: string): T[] {
  const wanted = list(text);
  const unknown = wanted.filter((name) => !all.some((known) => known.toLowerCase() === name.toLowerCase()));
  if (unknown.length > 0) {
    throw new OptionError(`${flag} names ${unknown.join(', ')}; there are ${all.join(', ')}`);
  }
  if (wanted.length === 0) return [...all];
  return all.filter((known) => wanted.some((name) => name.toLowerCase() === known.toLowerCase()));
}

function number(text: string | undefined, flag: string, fallback: number, min: number, max: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (value >= min && value <= max) return value;
  throw new OptionError(`${flag} is ${text}; it must be a number from ${min} to ${max}`);
}
