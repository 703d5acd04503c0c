import { envelope, status, train } from '../example.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const SUB = defineSpec({
  name: 'SUB',
  summary: 'Subscribes to a channel.',
  arguments: {
    channel: {
      type: 'text',
      required: true,
      aliases: ['channel_name'],
      doc: 'name of a Redis channel; `*` and other special characters have no special meaning',
    },
    client_ref: CLIENT_REF,
    snapshot: {
      type: 'boolean',
      named: true,
      default: false,
      doc: '`true`: the current state is sent first, with no gap before the messages that follow',
    },
    live: {
      type: 'boolean',
      named: true,
      default: false,
      doc: '`true`: the client is kept up to date with exactly the features in its view, see "Live views"',
    },
    since: {
      type: 'stream_id',
      named: true,
      doc: 'id of an entry of a Redis Stream: the entries after it are sent first, or, with `live=true`, what they have changed',
    },
  },
  errors: [
    'not_allowed',
    'too_many_subscriptions',
    'too_many_channels',
    'too_many_views',
    'source_unavailable',
    'wrong_type',
    'live_too_big',
    'snapshot_too_big',
    'overloaded',
  ],
  example: [
    {
      send: 'SUB trains client_ref=s1',
      receive: [
        status({ status: 'ok', command: 'SUB' }, { reference: 's1' }),
        envelope('trains', train(17, 7.45, 46.96), { after: 400 }),
      ],
    },
  ],
});
