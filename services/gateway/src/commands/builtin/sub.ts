import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const sub = defineCommand(COMMANDS.SUB, {
  run: (context, { channel, ...options }) => context.subscribe(channel, options),
});
