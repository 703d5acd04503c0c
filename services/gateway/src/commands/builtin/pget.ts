import { DATA_CRS, type View } from '@viaduct/geo-worker';
import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const pget = defineCommand(COMMANDS.PGET, {
  async run(context, { key, field, projection, clientRef }) {
    const crs = projection === null ? DATA_CRS : await context.resolveCrs(projection);
    const view: View = { crs, axisOrder: 'xy', precision: null };
    if (crs.warning !== null) context.warn(crs.warning);
    if (field !== null) return context.sendField(key, field, clientRef, view);
    const sent = await context.sendHash(key, clientRef, view);
    if (sent === 0) context.answer(key, null, clientRef);
  },
});
