import { COMMANDS } from '@viaduct/protocol';
import { defineBuiltin } from '../command.js';

export const reset = defineBuiltin(COMMANDS.RESET, {
  run(context) {
    context.dropQueued();
    context.hold();
  },
});
