import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const pub = defineBuiltin(COMMANDS.PUB, {
  confirms: true,
  run: (context, { channel, message }) => context.publish(channel, message),
});
