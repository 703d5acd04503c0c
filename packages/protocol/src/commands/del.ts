import { status } from '../example.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const DEL = defineSpec({
  name: 'DEL',
  summary: 'Ends the subscription to a channel.',
  arguments: {
    channel: { type: 'text', required: true, aliases: ['channel_name'], doc: 'as for SUB' },
    client_ref: CLIENT_REF,
  },
  example: [
    {
      send: 'DEL trains client_ref=d1',
      receive: [status({ status: 'ok', command: 'DEL' }, { reference: 'd1' })],
    },
  ],
});
