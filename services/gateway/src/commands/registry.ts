import { CommandError, type CommandSyntax } from '@viaduct/protocol';
import { ConfigError } from '../config/config.js';
import { builtins } from './builtin/index.js';
import type { Command } from './command.js';

/** All commands of a gateway, by name. */
export class CommandRegistry {
  readonly #commands = new Map<string, Command>();

  /**
   * A custom command replaces a built-in one with the same name.
   *
   * @param commands built-in and custom ones, in any order
   * @param replaced called with the name of each built-in command that is replaced
   * @throws ConfigError if two custom commands have the same name
   */
  constructor(commands: Iterable<Command>, replaced: (name: string) => void = () => {}) {
    const own = new Map<string, Command>();
    for (const command of commands) {
      if (builtins.includes(command)) this.#commands.set(command.name, command);
      else if (!own.has(command.name)) own.set(command.name, command);
      else throw new ConfigError(`two custom commands are called ${command.name}; rename one of them`);
    }
    for (const [name, command] of own) {
      if (this.#commands.has(name)) replaced(name);
      this.#commands.set(name, command);
    }
  }

  get names(): string[] {
    return [...this.#commands.keys()];
  }

  has(name: string): boolean {
    return this.#commands.has(name);
  }

  /** The syntax of a command, by its name in upper case; undefined if there is none. */
  readonly syntaxOf = (name: string): CommandSyntax | undefined => this.#commands.get(name)?.syntax;

  /** @throws CommandError `unknown_command` */
  get(name: string): Command {
    const command = this.#commands.get(name);
    if (command !== undefined) return command;
    throw new CommandError(
      'unknown_command',
      `no command is called "${name.slice(0, 40)}"; there are ${this.names.join(', ')}`,
    );
  }
}
