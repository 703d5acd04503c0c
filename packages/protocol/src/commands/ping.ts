import { STATUS_SOURCE } from '../envelope.js';
import { envelope } from '../example.js';
import { CLIENT_REF } from '../plan.js';
import { defineSpec } from '../syntax.js';

export const PING = defineSpec({
  name: 'PING',
  summary: 'Answers PONG; further words are ignored.',
  arguments: { client_ref: CLIENT_REF },
  ignoresFurther: true,
  answer: 'One envelope with source `websocket` and content `"PONG"`.',
  example: [{ send: 'PING abc', receive: [envelope(STATUS_SOURCE, 'PONG', { reference: 'abc' })] }],
});
