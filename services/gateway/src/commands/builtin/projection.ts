import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const projection = defineBuiltin(COMMANDS.PROJECTION, {
  changesView: true,
  async run(context, { projection: name, axisOrder, precision }) {
    const crs = await context.resolveCrs(name);
    context.setProjection({ crs, axisOrder, precision });
    if (crs.warning !== null) context.warn(crs.warning);
  },
});
