export {
  type ArgsOf,
  type ArgumentSpecs,
  CLIENT_REF,
  CommandError,
  type CommandSpec,
} from '@viaduct/protocol';
export type { Identity } from './auth/grant.js';
export type {
  Authenticate,
  Client,
  Handshake,
  Hooks,
  Permission,
  PublishRequest,
  SessionClient,
  SessionEnd,
  SubscribeRequest,
} from './auth/hooks.js';
export { AccessRefusal, type AccessRefusalReason } from './auth/refusal.js';
export { builtins } from './commands/builtin/index.js';
export type { Command } from './commands/command.js';
export type { CommandContext, CommandView, SubscribeOptions } from './commands/context.js';
export { type CommandBehaviour, defineCommand } from './commands/define-command.js';
export { type Config, ConfigError, ENVIRONMENT, loadConfig, VARIABLES } from './config/config.js';
export { configReference } from './config/reference.js';
export type { BoxOptions, Filter } from './delivery/member.js';
export { createGateway } from './gateway.js';
export type { Gateway, GatewayOptions } from './gateway-options.js';
export { MemorySource } from './sources/memory/source.js';
export { MEMORY_URL } from './sources/memory-url.js';
export {
  type HashEntries,
  type HashLimits,
  HashMeter,
  type Source,
  SourceError,
  type SourceErrorCode,
  type SourceEvents,
  UNLIMITED,
} from './sources/source.js';
export { NO_STREAMS, type StreamLoss, type StreamReader } from './sources/streams.js';
