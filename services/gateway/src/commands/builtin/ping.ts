import { COMMANDS, STATUS_SOURCE } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const ping = defineBuiltin(COMMANDS.PING, {
  answers: true,
  run: (context, { clientRef }) => context.answer(STATUS_SOURCE, 'PONG', clientRef),
});
