import { status } from '../example.js';
import { MAX_TOKEN_LENGTH } from '../limits.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const TOKEN = defineSpec({
  name: 'TOKEN',
  summary: "Replaces the session's permissions with those of a token.",
  arguments: {
    token: {
      type: 'text',
      required: true,
      maxLength: MAX_TOKEN_LENGTH,
      placeholder: 'jwt',
      doc: `a signed JWT of at most ${MAX_TOKEN_LENGTH} characters`,
    },
    client_ref: CLIENT_REF,
  },
  errors: ['invalid_token', 'account_full', 'source_unavailable'],
  example: [
    {
      send: 'TOKEN eyJhbGciOiJIUzI1NiJ9.eyJjaGFubmVscyI6WyJ0cmFpbnMiXX0.c2lnbmF0dXJl client_ref=t1',
      receive: [
        status({
          status: 'error',
          code: 'not_allowed',
          message: 'the subscription has ended: the new token does not allow it',
          command: 'SUB buses',
          channel: 'buses',
        }),
        status({ status: 'ok', command: 'TOKEN' }, { reference: 't1' }),
      ],
    },
  ],
});
