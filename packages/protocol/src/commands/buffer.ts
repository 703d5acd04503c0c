import { envelope } from '../example.js';
import { BUFFER_LIMITS } from '../limits.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const BUFFER = defineSpec({
  name: 'BUFFER',
  summary: 'Sends pushed messages in lists; without arguments, one by one again.',
  arguments: {
    list: {
      type: 'group',
      members: {
        size: {
          type: 'integer',
          min: 0,
          max: BUFFER_LIMITS.size,
          unit: 'messages',
          doc: 'send as soon as this many messages are queued; 0 ends buffering',
        },
        ms: {
          type: 'integer',
          min: 0,
          max: BUFFER_LIMITS.ms,
          unit: 'ms',
          doc: 'send at the latest this long after the first of them arrived; 0 ends buffering',
        },
      },
    },
    client_ref: CLIENT_REF,
  },
  example: [
    {
      send: 'BUFFER 100 250',
      receive: [
        envelope('buffer', [envelope('trains', { id: 17 }), envelope('buses', { id: 4 }, { after: 90 })], {
          after: 250,
        }),
      ],
    },
    { send: 'BUFFER' },
  ],
});
