import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const del = defineBuiltin(COMMANDS.DEL, {
  run: (context, { channel }) => context.unsubscribe(channel),
});
