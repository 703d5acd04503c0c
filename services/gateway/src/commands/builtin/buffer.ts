import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const buffer = defineBuiltin(COMMANDS.BUFFER, {
  run: (context, { size, ms }) => context.setBuffer(size, ms),
});
