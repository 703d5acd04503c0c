import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const token = defineCommand(COMMANDS.TOKEN, {
  run: (context, { token: jwt }) => context.renew(jwt),
});
