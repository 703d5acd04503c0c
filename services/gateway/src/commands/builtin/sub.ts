import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const sub = defineBuiltin(COMMANDS.SUB, {
  run: (context, { channel, ...options }) => context.subscribe(channel, options),
});
