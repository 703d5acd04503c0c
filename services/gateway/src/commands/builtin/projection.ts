import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const projection = defineCommand(COMMANDS.PROJECTION, {
  changesView: true,
  async run(context, { projection: name, axisOrder, precision }) {
    const crs = await context.resolveCrs(name);
    context.setProjection({ crs, axisOrder, precision });
    if (crs.warning !== null) context.warn(crs.warning);
  },
});
