import { envelope, train } from '../example.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const GET = defineSpec({
  name: 'GET',
  summary: 'Sends every value of a hash that is in the box, or one field of the hash.',
  arguments: {
    key: {
      type: 'text',
      required: true,
      aliases: ['channel_name'],
      doc: 'name of a Redis hash whose values are JSON',
    },
    field: { type: 'text', aliases: ['ref'], doc: 'one field of the hash; all of them by default' },
    client_ref: CLIENT_REF,
  },
  answer:
    'Without a field, one envelope with source `key` for each value in the box, in no particular order, or exactly one with content `null` if there is none. With a field, exactly one envelope with source `key field`, in the box or not, with content `null` if the field does not exist.',
  errors: ['not_allowed', 'wrong_type', 'snapshot_too_big', 'overloaded', 'source_unavailable'],
  example: [
    {
      send: 'GET trains',
      receive: [envelope('trains', train(17, 7.44, 46.95)), envelope('trains', train(18, 8.54, 47.38))],
    },
    {
      send: 'GET trains 18 abc',
      receive: [envelope('trains 18', train(18, 8.54, 47.38), { after: 100, reference: 'abc' })],
    },
    { send: 'GET nothing_there', receive: [envelope('nothing_there', null, { after: 200 })] },
  ],
});
