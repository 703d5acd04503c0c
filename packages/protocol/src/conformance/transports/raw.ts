import assert from 'node:assert/strict';
import { type Envelope, STATUS_SOURCE } from '../../envelope.js';
import { type ErrorStatus, MAX_ECHO, type OpenStatus } from '../../status.js';
import { PROTOCOL_VERSION, SUBPROTOCOL } from '../../version.js';
import { expectEnvelopes, expectRefused, expectTimestamp } from '../expect.js';
import type { RawClient } from '../raw-client.js';
import type { Cases } from '../scope.js';

/** What the raw transport sends, and when it is silent. */
export const rawCases: Cases<RawClient> = {
  async 'the first envelope says open, on any path'(scope) {
    for (const path of ['/', '/ws', '/some/long/path', '/v1/?key=abc&user=%C3%BC', '/socket.iox']) {
      const client = await scope.connect({ path });
      await client.barrier();
      const [first] = client.inbox.since(0);
      expectOpen(first?.envelope);
      await client.close();
    }
  },

  async 'a client that offers the subprotocol viaduct.v1 receives it in the answer, and any other client is served'(
    scope,
  ) {
    const offers: readonly [protocols: readonly string[], chosen: string | null][] = [
      [[SUBPROTOCOL], SUBPROTOCOL],
      [['other', SUBPROTOCOL], SUBPROTOCOL],
      [['other', 'another'], null],
      [[], ''],
    ];
    for (const [protocols, chosen] of offers) {
      const client = await scope.connect({ protocols });
      if (chosen !== null) assert.equal(client.socket.protocol, chosen, protocols.join(', '));
      await client.barrier();
      expectOpen(client.inbox.since(0)[0]?.envelope);
      await client.close();
    }
  },

  async 'the name of an option is not taken as the reference: SUB trains snapshot'(scope) {
    const client = await scope.connect();
    for (const option of ['snapshot', 'live', 'since'])
      await expectRefused(client, `SUB ${scope.channel} ${option}`, 'invalid_argument');
    assert.equal((await client.run(`SUB ${scope.channel} snapshots`)).status.status, 'ok');
  },

  async 'a published message arrives byte for byte'(scope) {
    const client = await scope.subscribed();
    const texts = [
      '{"n": 1.0, "big":12345678901234567890, "small": 1e-7}',
      '{"type":"Feature","geometry":{"type":"Point","coordinates":[7.50,47.0]},"properties":{"s":"\\u00e9é\\/"}}',
      ' [ 1,\t2 ] ',
      '"\\ud83d\\ude00 😀"',
      '{"a":1,"a":2,"__proto__":3}',
    ];
    const [arrivals] = await scope.arrivals([client], texts);
    const frames = arrivals?.map((arrival) => arrival.text ?? '') ?? [];
    assert.equal(frames.length, texts.length);
    for (const [i, text] of texts.entries()) {
      const [before, after] = [
        `{"source":"${scope.channel}","content":${text},"timestamp":`,
        ',"client_reference":null}',
      ];
      const frame = frames[i] ?? '';
      assert.ok(frame.startsWith(before) && frame.endsWith(after), `${frame} holds ${text} unchanged`);
      expectTimestamp(Number(frame.slice(before.length, -after.length)));
    }
  },

  async 'a command that succeeds and has no answer is silent'(scope) {
    const client = await scope.connect();
    await client.barrier();
    const mark = client.inbox.length;
    const key = scope.name('hash');
    await scope.hset(key, { a: 1 });
    const silent = [
      `SUB ${scope.channel}`,
      'PROJECTION epsg:3857',
      'BBOX 0 0 1 1',
      'BBOX',
      'BUFFER 5 100',
      'BUFFER',
    ];
    for (const line of [...silent, 'RESET', `DEL ${scope.channel}`]) client.send(line);
    await client.barrier();
    assert.equal(client.inbox.length, mark + 1, 'only the PONG of the barrier arrives');
  },

  async 'a command that has no answer is confirmed to a client that gives a reference'(scope) {
    const client = await scope.connect();
    const lines = [
      `SUB ${scope.channel}`,
      `DEL ${scope.channel}`,
      'PROJECTION epsg:3857',
      'BBOX 0 0 1 1',
      'BBOX',
      'BUFFER 5 100',
      'RESET',
    ];
    for (const line of lines) {
      const mark = client.inbox.length;
      client.send(`${line} client_ref=r1`);
      await client.barrier();
      const envelopes = client.inbox.since(mark).map((arrival) => arrival.envelope);
      const content = { status: 'ok', command: line.split(' ')[0] };
      expectEnvelopes(envelopes.slice(0, -1), [{ source: STATUS_SOURCE, content, client_reference: 'r1' }]);
    }
  },

  async 'a command that has an answer is not confirmed as well'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    client.send(`GET ${scope.name('nothing')} client_ref=r1`);
    client.send('PING client_ref=r2');
    await client.barrier();
    const references = client.inbox.since(mark).map(({ envelope }) => envelope.client_reference);
    assert.deepEqual(references.slice(0, -1), ['r1', 'r2']);
  },

  async 'an error names code, message and the command as it was sent'(scope) {
    const client = await scope.connect();
    for (const line of ['FROBNICATE  a\tb ', 'BBOX 1 2 3', `GET ${scope.conformance.forbidden}`]) {
      const error = await errorOf(client, line);
      assert.equal(error.command, line);
    }
    const long = await errorOf(client, `BBOX ${'ü'.repeat(1000)}`);
    assert.ok(long.command.startsWith('BBOX ü'));
    assert.ok(long.command.length <= MAX_ECHO + 1, 'the command is shortened');
    assert.ok(long.message.length <= 2 * MAX_ECHO, 'the message is short');
  },

  async 'an error carries the client reference of its command'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    client.send(`SUB ${scope.conformance.forbidden} client_ref=r1`);
    client.send('PROJECTION epsg:99999 client_ref=r2');
    client.send('BBOX 1 client_ref=r3');
    await client.barrier();
    const envelopes = client.inbox.since(mark).map((arrival) => arrival.envelope);
    assert.deepEqual(
      envelopes.slice(0, -1).map(({ client_reference: reference }) => reference),
      ['r1', 'r2', 'r3'],
    );
  },

  async 'a warning arrives as an envelope of its own'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    client.send('PROJECTION epsg:23032');
    await client.barrier();
    const [warning] = client.inbox.since(mark).map((arrival) => arrival.envelope);
    assert.equal(warning?.source, STATUS_SOURCE);
    const content = warning?.content as Record<string, unknown>;
    assert.deepEqual(Object.keys(content).sort(), ['command', 'message', 'status']);
    assert.equal(content.status, 'warning');
    assert.equal(content.command, 'PROJECTION epsg:23032');
    assert.match(String(content.message), /\d/u, 'the warning names the accuracy');
  },

  async 'words are divided by any white space'(scope) {
    const client = await scope.connect();
    const key = scope.name('nothing');
    const { envelopes } = await client.run(`  GET\t${key}\r\n  field   client_ref=r1\n`);
    expectEnvelopes(envelopes, [{ source: `${key} field`, content: null, client_reference: 'r1' }]);
  },

  async 'a frame without a word is refused as empty_command'(scope) {
    const client = await scope.connect();
    for (const line of ['', ' ', '\n', ' \t\r\n ']) await expectRefused(client, line, 'empty_command');
  },
};

/** The only error that answers a line; checks its envelope's source and shape. */
async function errorOf(client: RawClient, line: string): Promise<ErrorStatus> {
  const mark = client.inbox.length;
  client.send(line);
  await client.barrier();
  const [envelope, ...rest] = client.inbox.since(mark).map((arrival) => arrival.envelope);
  assert.equal(rest.length, 1, 'an error is one envelope, and the barrier follows');
  assert.equal(envelope?.source, STATUS_SOURCE);
  const content = envelope?.content as ErrorStatus;
  assert.equal(content.status, 'error');
  return content;
}

/** Fails unless the envelope says that the session is open, and names the version of the protocol. */
function expectOpen(envelope: Envelope | undefined): void {
  assert.ok(envelope !== undefined, 'there is no first envelope');
  expectTimestamp(envelope.timestamp);
  const { source, content, client_reference: reference } = envelope;
  const { version, ...known } = content as OpenStatus;
  assert.deepEqual(
    [source, known, reference],
    [STATUS_SOURCE, { status: 'open', protocol: PROTOCOL_VERSION }, null],
  );
  assert.match(version, /\S/u);
}
