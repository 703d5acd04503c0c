import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const get = defineBuiltin(COMMANDS.GET, {
  answers: true,
  async run(context, { key, field, clientRef }) {
    if (field !== null) return context.sendField(key, field, clientRef);
    const sent = await context.sendHash(key, clientRef);
    if (sent === 0) context.answer(key, null, clientRef);
  },
});
