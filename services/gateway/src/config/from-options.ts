import { MEMORY_URL } from '../sources/memory-url.js';
import { type Config, ConfigError, readSettings, VARIABLES, type VariableName } from './config.js';
import type { SettingOptions } from './options.js';

const REDIS_URL = VARIABLES.REDIS_URL.option;

/** Options of `createGateway` that are not settings, so that a misspelled option is an error. */
const NOT_SETTINGS = ['commands', 'source', 'logger', 'server', 'authenticate', 'hooks'];

/**
 * The settings in options. The rules are those of the environment variables.
 *
 * @throws ConfigError that names every invalid or unknown option, and valid values
 */
export function configFromOptions(options: SettingOptions & { readonly source?: unknown }): Config {
  const given = flatten(options);
  // A source replaces Redis, so the gateway connects to no Redis that the program does not name.
  if (options.source !== undefined && !given.has(REDIS_URL)) given.set(REDIS_URL, MEMORY_URL);
  const variables = Object.keys(VARIABLES) as VariableName[];
  const known = new Set<string>(variables.map((variable) => VARIABLES[variable].option));
  const unknown = [...given.keys()].filter((path) => !known.has(path));
  return readSettings(
    (variable) => given.get(VARIABLES[variable].option),
    (variable) => VARIABLES[variable].option,
    unknown.map((path) => `${path} is not an option; see the type GatewayOptions for all of them`),
  );
}

/** The settings among the options, by path, as text like that of an environment variable. */
function flatten(options: SettingOptions): Map<string, string> {
  const { redis, ...others } = options;
  const all = { ...others, redis: typeof redis === 'string' ? { url: redis } : redis };
  const settings = Object.entries(all).filter(([name]) => !NOT_SETTINGS.includes(name));
  const entries = settings.flatMap(([name, value]): [string, unknown][] => {
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isGroup) return [[name, value]];
    return Object.entries(value).map(([member, inner]) => [`${name}.${member}`, inner]);
  });
  return new Map(
    entries.filter(([, value]) => value !== undefined).map(([path, value]) => [path, textOf(path, value)]),
  );
}

function textOf(path: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.join(',');
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new ConfigError(`${path} must be a text, a number, a boolean or a list`);
}
