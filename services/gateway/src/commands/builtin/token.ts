import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const token = defineCommand(COMMANDS.TOKEN, {
  changesView: true,
  run: (context, { token: jwt }) => context.renew(jwt),
});
