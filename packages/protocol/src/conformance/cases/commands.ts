import assert from 'node:assert/strict';
import { STATUS_SOURCE } from '../../envelope.js';
import { expectEnvelopes, expectOk } from '../expect.js';
import type { Cases } from '../scope.js';

const pong = (reference: string | null) => ({
  source: STATUS_SOURCE,
  content: 'PONG',
  client_reference: reference,
});

/** What all commands have in common. */
export const commandCases: Cases = {
  async 'PING is answered with PONG'(scope) {
    const client = await scope.connect();
    const reply = await client.run('PING');
    expectOk(reply, 'PING');
    expectEnvelopes(reply.envelopes, [pong(null)]);
  },

  async 'PING returns the client reference, by position or by name'(scope) {
    const client = await scope.connect();
    for (const line of ['PING r1', 'PING client_ref=r1', 'PING clientRef=r1']) {
      expectEnvelopes((await client.run(line)).envelopes, [pong('r1')]);
    }
  },

  async 'PING ignores further words and names'(scope) {
    const client = await scope.connect();
    for (const line of ['PING r1 and more words', 'PING r1 colour=red', 'PING r1 {"a": 1}']) {
      const reply = await client.run(line);
      expectOk(reply, 'PING');
      expectEnvelopes(reply.envelopes, [pong('r1')]);
    }
  },

  async 'the name of a command is matched without regard to case'(scope) {
    const client = await scope.connect();
    for (const line of ['ping', 'Ping', 'PiNg']) {
      const reply = await client.run(line);
      expectOk(reply, 'PING');
      expectEnvelopes(reply.envelopes, [pong(null)]);
    }
  },

  async 'commands of one session run in the order in which they were sent'(scope) {
    const client = await scope.connect();
    const key = scope.name('hash');
    await scope.hset(key, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i])));
    const mark = client.inbox.length;
    client.send(`GET ${key} client_ref=first`);
    client.send('PING client_ref=second');
    client.send(`GET ${key} f7 third`);
    client.send('PING client_ref=fourth');
    await client.inbox.first('the last PONG', (envelope) => envelope.client_reference === 'fourth', mark);
    const references = client.inbox.since(mark).map((arrival) => arrival.envelope.client_reference);
    const expected = [...Array.from({ length: 300 }, () => 'first'), 'second', 'third', 'fourth'];
    assert.deepEqual(references, expected);
  },

  async 'the subscription works when the PING after the SUB is answered'(scope) {
    const client = await scope.connect();
    client.send(`SUB ${scope.channel}`);
    client.send('PING client_ref=ready');
    await client.inbox.first('the PONG', (envelope) => envelope.client_reference === 'ready');
    assert.deepEqual(await scope.received(client, [1]), [1]);
  },

  async 'many commands in a row are answered one by one'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    const references = Array.from({ length: 40 }, (_, i) => `r${i}`);
    for (const reference of references) client.send(`PING ${reference}`);
    const all = await client.inbox.until(
      '40 PONGs',
      (arrivals) => arrivals.length >= mark + references.length,
    );
    assert.deepEqual(
      all.slice(mark).map((arrival) => arrival.envelope.client_reference),
      references,
    );
  },
};
