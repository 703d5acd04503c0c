import { COMMANDS, STATUS_SOURCE } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const ping = defineCommand(COMMANDS.PING, {
  run: (context, { clientRef }) => context.answer(STATUS_SOURCE, 'PONG', clientRef),
});
