import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError } from '../config/config.js';
import type { Command } from './command.js';

/**
 * Loads the modules that `COMMANDS` names. The default export of each is one command, or a list of them.
 *
 * @param paths relative to the working directory, or absolute
 * @throws ConfigError if a module is missing, fails, or exports something else
 */
export async function loadCommands(paths: readonly string[]): Promise<Command[]> {
  const commands: Command[] = [];
  for (const path of paths) {
    const exported = await importDefault(path);
    for (const command of Array.isArray(exported) ? exported : [exported]) {
      if (!isCommand(command)) {
        throw new ConfigError(
          `COMMANDS: ${path} must have what defineCommand() returned as its default export`,
        );
      }
      commands.push(command);
    }
  }
  return commands;
}

async function importDefault(path: string): Promise<unknown> {
  try {
    const module: { default?: unknown } = await import(pathToFileURL(resolve(path)).href);
    return module.default;
  } catch (error) {
    throw new ConfigError(
      `COMMANDS: ${path} cannot be loaded: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function isCommand(value: unknown): value is Command {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Command).name === 'string' &&
    typeof (value as Command).prepare === 'function'
  );
}
