import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const del = defineCommand(COMMANDS.DEL, {
  run: (context, { channel }) => context.unsubscribe(channel),
});
