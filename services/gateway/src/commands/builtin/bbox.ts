import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const bbox = defineCommand(COMMANDS.BBOX, {
  changesView: true,
  // Clearing the box removes it from the order of box and projection; a later box would not restore that.
  replaceable: ({ bbox: box }) => box !== null,
  run(context, { bbox: box, trim, hints, namedHints }) {
    if (box === null) context.clearBox();
    else context.setBox(box, { trim, hints, namedHints });
    if (hints.includes('trim'))
      context.warn('the word trim is kept as a hint; write trim=true to trim collections');
  },
});
