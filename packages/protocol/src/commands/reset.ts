import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const RESET = defineSpec({
  name: 'RESET',
  summary: 'Drops queued messages and clears the box. No features are sent until the next BBOX.',
  arguments: { client_ref: CLIENT_REF },
  example: [{ send: 'RESET' }, { send: 'BBOX 5.9 45.8 10.5 47.9' }],
});
