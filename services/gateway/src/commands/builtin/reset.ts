import { COMMANDS } from '@viaduct/protocol';
import { defineCommand } from '../define-command.js';

export const reset = defineCommand(COMMANDS.RESET, {
  changesView: true,
  run(context) {
    context.dropQueued();
    context.hold();
  },
});
