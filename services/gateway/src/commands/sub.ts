import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const sub = defineBuiltin(COMMANDS.SUB, {
  run: (context, { channel }) => context.subscribe(channel),
});
