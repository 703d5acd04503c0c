import { resolveCrs } from '@viaduct/geo-worker';
import type { AccountTerms } from '../auth/account.js';
import { Authenticator } from '../auth/authenticator.js';
import { HookRunner } from '../auth/hooks.js';
import { builtins } from '../commands/builtin/index.js';
import { loadCommands } from '../commands/load-commands.js';
import { CommandRegistry } from '../commands/registry.js';
import { type Config, ConfigError, ENVIRONMENT, loadConfig, VARIABLES } from '../config/config.js';
import { misspeltSettings } from '../config/misspelt.js';
import type { CheckReport } from './check-report.js';
import { count } from './terminal.js';

/** `check` tests a gateway that no program embeds. */
const NO_HOOKS = new HookRunner(null, {}, 0, () => {});

/** The unit of each limit of a key. */
const LIMIT_UNITS: Readonly<Record<keyof AccountTerms['limits'], string>> = {
  connections: 'connections',
  subscriptions: 'subscriptions',
  bytesPerSecond: 'bytes per second',
};

/**
 * Reports on the settings in an environment, without asking Redis.
 *
 * @returns the settings; null if they cannot be used
 */
export async function checkSettings(report: CheckReport, env: NodeJS.ProcessEnv): Promise<Config | null> {
  const config = readConfig(report, env);
  for (const { name, meant } of misspeltSettings(env))
    report.note('settings', `${name} is not a setting`, `did you mean ${meant}?`);
  if (config === null) return null;
  await attempt(report, 'commands', () => reportCommands(report, config));
  await attempt(report, 'projection', async () => {
    const { name } = await resolveCrs(config.delivery.defaultProjection);
    report.ok('projection', `a new session has ${config.delivery.defaultProjection} (${name})`);
  });
  await attempt(report, 'access', async () => reportAccess(report, config));
  return config;
}

function readConfig(report: CheckReport, env: NodeJS.ProcessEnv): Config | null {
  try {
    const config = loadConfig(env);
    const given = ENVIRONMENT.filter((name) => (env[name] ?? '').trim() !== '');
    const all = Object.keys(VARIABLES).length;
    const named = given.length === 0 ? '' : `: ${given.join(', ')}`;
    report.ok('settings', `${given.length} of ${all} are set${named}; the others have their defaults`);
    return config;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    report.problem('settings', error.message, 'viaduct --help describes every setting');
    return null;
  }
}

/** Runs one part of the check; an error that it throws is a problem. */
async function attempt(report: CheckReport, what: string, part: () => Promise<void>): Promise<void> {
  try {
    await part();
  } catch (error) {
    report.problem(what, error instanceof Error ? error.message : String(error));
  }
}

async function reportCommands(report: CheckReport, { commandModules }: Config): Promise<void> {
  const commands = await loadCommands(commandModules);
  const replaced: string[] = [];
  new CommandRegistry([...builtins, ...commands], (name) => replaced.push(name));
  const own = commands.map(({ name }) => name).join(', ');
  report.ok('commands', `the built-in ones${own === '' ? '' : `, and ${own}`}`);
  for (const name of replaced)
    report.note('commands', `yours replaces the built-in ${name}`, 'rename it to keep both');
}

function reportAccess(report: CheckReport, config: Config): void {
  if (config.channels.length === 0) {
    const remedy =
      "set CHANNELS to the names or globs that clients may read, such as CHANNELS='trains,buses_*'";
    report.problem('access', 'nothing is readable', remedy);
    return;
  }
  const { takesCredentials, keyAccounts } = new Authenticator(config, NO_HOOKS, () => {});
  const whose = takesCredentials ? 'with a token or key, of ' : '';
  report.ok('access', `readable: ${whose}${config.channels.join(', ')}`);
  if (keyAccounts.length > 0) reportLimits(report, keyAccounts);
}

function reportLimits(report: CheckReport, accounts: readonly AccountTerms[]): void {
  report.ok('limits', 'of all sessions of an API key together, on each gateway');
  const rows = accounts.map(({ keyName, limits }): [string, string] => {
    const set = Object.entries(LIMIT_UNITS).filter(([name]) =>
      Number.isFinite(limits[name as keyof typeof limits]),
    );
    const texts = set.map(([name, unit]) => `${count(limits[name as keyof typeof limits])} ${unit}`);
    return [keyName ?? '', texts.length === 0 ? 'none; its sessions are counted' : texts.join(', ')];
  });
  report.list(rows);
}
