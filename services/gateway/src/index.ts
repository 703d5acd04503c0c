export {
  bindArgs,
  CommandError,
  parseBoolean,
  parseDecimal,
  parseInteger,
} from '@viaduct/protocol';
export { type Command, type CommandContext, type CommandDefinition, defineCommand } from './command.js';
export { builtins } from './commands/index.js';
export { type Config, ConfigError, loadConfig, VARIABLES } from './config.js';
export { configReference } from './config-reference.js';
export { createGateway, type Gateway, type GatewayOptions } from './gateway.js';
export { loadCommands } from './load-commands.js';
export { MemorySource } from './sources/memory.js';
export { type Source, SourceError, type SourceEvents } from './sources/source.js';
export type { BoxOptions, Filter, SessionView } from './view.js';
