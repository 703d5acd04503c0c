import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const bbox = defineBuiltin(COMMANDS.BBOX, {
  run(context, { bbox: box, trim, hints, namedHints }) {
    if (box === null) context.clearBox();
    else context.setBox(box, { trim, hints, namedHints });
  },
});
