import { status } from '../example.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const PUB = defineSpec({
  name: 'PUB',
  summary: 'Publishes a message to a channel.',
  arguments: {
    channel: {
      type: 'text',
      required: true,
      aliases: ['channel_name'],
      doc: 'name of a Redis channel',
    },
    message: {
      type: 'json',
      required: true,
      placeholder: 'json',
      doc: 'the message as JSON: the rest of the line, including white space',
    },
    client_ref: CLIENT_REF,
  },
  confirms: true,
  errors: [
    'publish_disabled',
    'not_allowed',
    'rate_limited',
    'message_too_big',
    'invalid_json',
    'source_unavailable',
  ],
  example: [
    {
      send: 'PUB reports client_ref=p1 {"type":"Feature","geometry":{"type":"Point","coordinates":[7.44,46.95]},"properties":{"text":"road closed"}}',
      receive: [status({ status: 'ok', command: 'PUB' }, { reference: 'p1' })],
    },
    {
      send: 'PUB reports road closed',
      receive: [
        status(
          {
            status: 'error',
            code: 'invalid_json',
            message: 'the message is not JSON; write text in quotes',
            command: 'PUB reports road closed',
          },
          { after: 100 },
        ),
      ],
    },
  ],
});
