import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const bbox = defineCommand(COMMANDS.BBOX, {
  changesView: true,
  // Clearing gives up the box's place in the order of box and projection, which no later box would make good.
  replaceable: ({ bbox: box }) => box !== null,
  run(context, { bbox: box, trim, hints, namedHints }) {
    if (box === null) context.clearBox();
    else context.setBox(box, { trim, hints, namedHints });
    if (hints.includes('trim'))
      context.warn('the word trim is kept as a hint; write trim=true to trim collections');
  },
});
