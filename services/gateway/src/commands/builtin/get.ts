import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const get = defineCommand(COMMANDS.GET, {
  async run(context, { key, field, clientRef }) {
    if (field !== null) return context.sendField(key, field, clientRef);
    const sent = await context.sendHash(key, clientRef);
    if (sent === 0) context.answer(key, null, clientRef);
  },
});
