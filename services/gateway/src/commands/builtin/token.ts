import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const token = defineBuiltin(COMMANDS.TOKEN, {
  run: (context, { token: jwt }) => context.renew(jwt),
});
