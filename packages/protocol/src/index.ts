export * from './args.js';
export * from './command-line.js';
export * from './commands.js';
export * from './envelope.js';
export * from './errors.js';
export * from './events.js';
export * from './state.js';
export * from './stream-id.js';
