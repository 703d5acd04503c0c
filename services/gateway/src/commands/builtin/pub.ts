import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const pub = defineCommand(COMMANDS.PUB, {
  run: (context, { channel, message }) => context.publish(channel, message),
});
