import type { z } from 'zod';
import { redisProblem } from './redis-settings.js';
import { fileVariable, readSecretFiles } from './secret-files.js';
import type { Setting } from './setting.js';
import { AUTH_SETTINGS } from './settings/auth.js';
import { CHANNEL_SETTINGS } from './settings/channels.js';
import { DELIVERY_SETTINGS } from './settings/delivery.js';
import { HTTP_API_SETTINGS } from './settings/http-api.js';
import { CONNECTION_LIMITS, READ_LIMITS, SESSION_LIMITS } from './settings/limits.js';
import { LIVE_SETTINGS } from './settings/live.js';
import { REDIS_SETTINGS } from './settings/redis.js';
import { REPLICA_SETTINGS } from './settings/replicas.js';
import { SERVER_SETTINGS } from './settings/server.js';
import { WORKER_SETTINGS } from './settings/workers.js';

/** Every setting of the gateway by section, in the order of `--help` and docs/settings.md. */
export const SECTIONS = {
  Redis: REDIS_SETTINGS,
  Channels: CHANNEL_SETTINGS,
  Server: SERVER_SETTINGS,
  'Origins, tokens and API keys': AUTH_SETTINGS,
  Delivery: DELIVERY_SETTINGS,
  'Live views': LIVE_SETTINGS,
  'HTTP API': HTTP_API_SETTINGS,
  'Limits: connections': CONNECTION_LIMITS,
  'Limits: sessions': SESSION_LIMITS,
  'Limits: reads': READ_LIMITS,
  Workers: WORKER_SETTINGS,
  'Replicas and admin API': REPLICA_SETTINGS,
} as const satisfies Record<string, Readonly<Record<string, Setting<unknown>>>>;

/** Every setting of the gateway by its environment variable. */
export const VARIABLES = {
  ...REDIS_SETTINGS,
  ...CHANNEL_SETTINGS,
  ...SERVER_SETTINGS,
  ...AUTH_SETTINGS,
  ...DELIVERY_SETTINGS,
  ...LIVE_SETTINGS,
  ...HTTP_API_SETTINGS,
  ...CONNECTION_LIMITS,
  ...SESSION_LIMITS,
  ...READ_LIMITS,
  ...WORKER_SETTINGS,
  ...REPLICA_SETTINGS,
} as const;

export type VariableName = keyof typeof VARIABLES;

const SECRETS = Object.entries<Setting<unknown>>(VARIABLES)
  .filter(([, { isSecret }]) => isSecret)
  .map(([variable]) => variable);

/** All environment variables: those of the settings, and those that name the files of secret ones. */
export const ENVIRONMENT: readonly string[] = [...Object.keys(VARIABLES), ...SECRETS.map(fileVariable)];

/** Values by the path of their option. */
type ByOption = {
  readonly [Name in VariableName as (typeof VARIABLES)[Name]['option']]: z.output<
    (typeof VARIABLES)[Name]['parser']['schema']
  >;
};

/** `limits.maxConnections` as the member `maxConnections` of `limits`. */
type Nested<T> = {
  readonly [Path in keyof T as Path extends `${string}.${string}` ? never : Path]: T[Path];
} & {
  readonly [Group in keyof T as Group extends `${infer Name}.${string}` ? Name : never]: {
    readonly [Path in keyof T as Path extends `${Group extends `${infer Name}.${string}` ? Name : never}.${infer Member}`
      ? Member
      : never]: T[Path];
  };
};

/** All settings, validated, with their defaults. Names say which values are in milliseconds or bytes. */
export type Config = Nested<ByOption>;

/** A setting that cannot be used. The message names the setting and the remedy. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings from environment variables. Unset and empty ones have their default.
 *
 * @throws ConfigError that names every invalid variable, and valid values
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const isSet = (name: string): boolean => (env[name] ?? '').trim() !== '';
  const secrets = readSecretFiles(env, SECRETS);
  return readSettings(
    (variable) => {
      const { formerName } = VARIABLES[variable] as Setting<unknown>;
      const fromFile = secrets.values.get(variable);
      if (fromFile !== undefined) return fromFile;
      return isSet(variable) || formerName === undefined ? env[variable] : env[formerName];
    },
    (variable) => variable,
    [...renamed(isSet), ...setTwice(isSet), ...secrets.problems],
  );
}

/**
 * Reads all settings.
 *
 * @param given the text of a setting; undefined or blank for the default
 * @param call how messages name a setting
 * @param problems found before
 * @throws ConfigError
 */
export function readSettings(
  given: (variable: VariableName) => string | undefined,
  call: (variable: VariableName) => string,
  problems: readonly string[] = [],
): Config {
  const found = [...problems];
  const config: Record<string, unknown> = {};
  const isOff = given('LIMITS')?.trim() === 'off';
  for (const variable of Object.keys(VARIABLES) as VariableName[]) {
    const { option, parser, ...defaults } = VARIABLES[variable] as Setting<unknown>;
    const fallback = (isOff ? defaults.defaultWithoutLimits : undefined) ?? defaults.default;
    const text = given(variable)?.trim() ?? '';
    const result = parser.schema.safeParse(text === '' ? fallback : text);
    if (result.success) put(config, option, result.data);
    else found.push(`${call(variable)} ${result.error.issues.map(({ message }) => message).join(', ')}`);
  }
  if (found.length > 0) throw new ConfigError(found.join('\n'));
  const complete = config as unknown as Config;
  const problem = redisProblem(complete) ?? portProblem(complete);
  if (problem !== null) throw new ConfigError(problem);
  return complete;
}

function portProblem({ port, admin }: Config): string | null {
  if (port === 0 || admin.port !== port) return null;
  return `ADMIN_PORT and PORT are both ${port}: set ADMIN_PORT to another port, or unset it to have the admin API on PORT`;
}

/** Sets the member that a path such as `limits.maxConnections` names. */
function put(config: Record<string, unknown>, path: string, value: unknown): void {
  const [group = '', member] = path.split('.');
  if (member === undefined) config[group] = value;
  else config[group] = { ...(config[group] as object | undefined), [member]: value };
}

/** Variables that have a new name, and no longer work under their old one. */
const RENAMED = { CORS_ORIGINS: 'ALLOWED_ORIGINS' } as const satisfies Record<string, VariableName>;

function renamed(isSet: (name: string) => boolean): string[] {
  return Object.entries(RENAMED)
    .filter(([name]) => isSet(name))
    .map(([name, now]) => `${name} is now called ${now}, which applies to both transports; set that instead`);
}

/** Settings that are set under both their current and their former name. */
function setTwice(isSet: (name: string) => boolean): string[] {
  return Object.entries<Setting<unknown>>(VARIABLES).flatMap(([name, { formerName }]) =>
    formerName !== undefined && isSet(formerName) && isSet(name)
      ? [`${formerName} is the former name of ${name}; set only ${name}`]
      : [],
  );
}
