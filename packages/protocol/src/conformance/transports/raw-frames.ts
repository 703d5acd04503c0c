import assert from 'node:assert/strict';
import { STATUS_SOURCE } from '../../envelope.js';
import { CLOSE_CODES } from '../../errors.js';
import { expectAlive } from '../expect.js';
import type { RawClient } from '../raw-client.js';
import { closeCode, upgrade } from '../raw-socket.js';
import type { Cases, Scope } from '../scope.js';

/** How the raw transport handles special frames. */
export const rawFrameCases: Cases<RawClient> = {
  async 'a binary frame is refused as binary_not_supported'(scope) {
    const client = await scope.connect();
    for (const bytes of [Buffer.from('PING'), Buffer.alloc(0), Buffer.from([0xff, 0x00])]) {
      const mark = client.inbox.length;
      client.socket.send(bytes, { binary: true });
      await client.barrier();
      const contents = client.inbox.since(mark).map(({ envelope }) => envelope.content);
      const [error] = contents as [{ status: string; code: string }];
      assert.equal(contents.length, 2);
      assert.deepEqual([error.status, error.code], ['error', 'binary_not_supported']);
    }
    await expectAlive(client);
  },

  async 'a command may come in several fragments'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    client.socket.send('PING cli', { fin: false });
    client.socket.send('ent_r', { fin: false });
    client.socket.send('ef=r1', { fin: true });
    const { envelope } = await client.inbox.first('PONG', ({ source }) => source === STATUS_SOURCE, mark);
    assert.deepEqual([envelope.content, envelope.client_reference], ['PONG', 'r1']);
  },

  async 'a ping frame is answered with a pong frame of the same content'(scope) {
    const client = await scope.connect();
    const pong = new Promise<string>((resolve) => {
      client.socket.once('pong', (data) => resolve(data.toString()));
    });
    client.socket.ping('are you there?');
    await client.barrier();
    assert.equal(await scope.within('the pong frame', pong), 'are you there?');
  },

  async 'a close frame is answered'(scope) {
    const client = await scope.connect();
    client.socket.close(1000, 'bye');
    const { code } = await scope.within('the answer to the close frame', client.closed);
    assert.equal(code, CLOSE_CODES.normal.code);
  },

  async 'a frame of the largest size is accepted'(scope) {
    const client = await scope.connect();
    const mark = client.inbox.length;
    const command = 'PING client_ref=big';
    client.send(command.padEnd(scope.conformance.maxFrameBytes));
    await client.inbox.first('PONG', (envelope) => envelope.client_reference === 'big', mark);
    await expectAlive(client);
  },

  async 'a frame beyond the largest size closes the connection as too_big'(scope) {
    const client = await scope.connect();
    client.send('PING'.padEnd(scope.conformance.maxFrameBytes + 1));
    await expectClosed(scope, client, CLOSE_CODES.too_big.code);
    await expectServes(scope);
  },

  async 'a frame of ten times that size closes the connection as too_big'(scope) {
    const client = await scope.connect();
    client.send('PING'.padEnd(10 * scope.conformance.maxFrameBytes));
    await expectClosed(scope, client, CLOSE_CODES.too_big.code);
    await expectServes(scope);
  },

  async 'text that is not UTF-8 closes the connection as invalid_utf8'(scope) {
    for (const bytes of [
      [0xff, 0xfe],
      [0x50, 0xc3, 0x28],
      [0xed, 0xa0, 0x80],
      [0xc0, 0xaf],
    ]) {
      const client = await scope.connect();
      client.socket.send(Buffer.from(bytes), { binary: false });
      await expectClosed(scope, client, CLOSE_CODES.invalid_utf8.code);
    }
    await expectServes(scope);
  },

  async 'a frame that breaks RFC 6455 closes the connection as invalid_frame'(scope) {
    const { url, timeoutMs } = scope.conformance;
    const broken = {
      'an unmasked text frame': [0x81, 0x04, 0x50, 0x49, 0x4e, 0x47],
      'a reserved bit': [0xf1, 0x80, 0, 0, 0, 0],
      'an unknown opcode': [0x83, 0x80, 0, 0, 0, 0],
      'a continuation of nothing': [0x80, 0x80, 0, 0, 0, 0],
    };
    for (const [what, bytes] of Object.entries(broken)) {
      const socket = await upgrade(url, timeoutMs);
      const code = closeCode(socket);
      socket.write(Buffer.from(bytes));
      assert.equal(
        await scope.within(`the end of a connection with ${what}`, code),
        CLOSE_CODES.invalid_frame.code,
        what,
      );
      socket.destroy();
    }
    await expectServes(scope);
  },
};

async function expectClosed(scope: Scope<RawClient>, client: RawClient, code: number): Promise<void> {
  // The server may reset the connection after its close frame, while we still send: that is not a failure.
  client.socket.on('error', () => undefined);
  const closed = await scope.within('the connection to be closed', client.closed);
  assert.equal(closed.code, code);
}

/** Fails unless the server still serves others. */
async function expectServes(scope: Scope<RawClient>): Promise<void> {
  await expectAlive(await scope.connect());
}
