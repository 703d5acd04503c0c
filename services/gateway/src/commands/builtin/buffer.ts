import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const buffer = defineCommand(COMMANDS.BUFFER, {
  run: (context, { list }) => context.setBuffer(list?.size ?? 0, list?.ms ?? 0),
});
