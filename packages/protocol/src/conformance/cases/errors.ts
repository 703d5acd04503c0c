import assert from 'node:assert/strict';
import { COMMANDS } from '../../commands.js';
import type { CommandSyntax } from '../../syntax.js';
import { expectAlive, expectError, expectRefused } from '../expect.js';
import type { Cases } from '../scope.js';

const syntaxes: readonly CommandSyntax[] = Object.values(COMMANDS);

/** Errors of every command, which do not affect the connection. */
export const errorCases: Cases = {
  async 'an unknown command is refused as unknown_command'(scope) {
    const client = await scope.connect();
    const lines = [
      'FROBNICATE',
      'FROBNICATE a b c',
      'SUBSCRIBE x',
      '{"type":"subscribe"}',
      'CONSTRUCTOR',
      '__PROTO__',
    ];
    for (const line of [...lines, `${'X'.repeat(10_000)} y`])
      await expectRefused(client, line, 'unknown_command');
  },

  async 'a missing argument is refused as missing_argument'(scope) {
    const client = await scope.connect();
    const lines = syntaxes
      .filter(({ slots }) => slots.some(({ spec }) => spec.required))
      .map(({ name }) => name);
    for (const line of [...lines, 'PUB a', 'GET field=a', 'SUB client_ref=r1', 'BUFFER 1', 'BBOX 1 2 3']) {
      await expectRefused(client, line, 'missing_argument');
    }
  },

  async 'one argument too many is refused as too_many_arguments'(scope) {
    const client = await scope.connect();
    for (const { name, slots, json, takesHints, ignoresFurther } of syntaxes) {
      // JSON is the rest of a line, so nothing can follow it.
      if (json !== null || takesHints || ignoresFurther === true) continue;
      const count = slots.filter(({ position }) => position !== null).length;
      await expectRefused(client, `${name}${' 1'.repeat(count + 1)}`, 'too_many_arguments');
    }
  },

  async 'an argument with an unknown name is refused as unknown_argument'(scope) {
    const client = await scope.connect();
    const lines = [
      'GET a colour=red',
      'SUB a key=b',
      'RESET x=1',
      'BUFFER 1 2 unit=s',
      'PROJECTION epsg:3857 crs=x',
    ];
    for (const line of [...lines, 'GET a __proto__=1', 'RESET constructor=1']) {
      await expectRefused(client, line, 'unknown_argument');
    }
  },

  async 'a duplicate argument is refused as invalid_argument'(scope) {
    const client = await scope.connect();
    for (const line of ['GET a key=b', 'SUB a channel=b', 'PING r1 client_ref=r2', 'BUFFER 1 2 size=3']) {
      await expectRefused(client, line, 'invalid_argument');
    }
  },

  async 'publishing to a channel that does not allow it is refused'(scope) {
    const client = await scope.connect();
    const { status } = await client.run(`PUB ${scope.conformance.forbidden} {"a": 1}`);
    assert.ok(status.status === 'error', 'PUB of a forbidden channel is not refused');
    assert.ok(['publish_disabled', 'not_allowed'].includes(status.code), `the code is ${status.code}`);
    await expectAlive(client);
  },

  async 'an invalid token is refused as invalid_token, and is not repeated'(scope) {
    const client = await scope.connect();
    for (const token of ['no-token', 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c']) {
      const reply = await client.run(`TOKEN ${token}`);
      expectError(reply, 'invalid_token');
      assert.ok(!JSON.stringify(reply).includes(token), 'the error repeats the token');
    }
  },

  async 'a name that is too long is refused as invalid_argument'(scope) {
    const client = await scope.connect();
    const long = scope.name('x'.repeat(2000));
    for (const line of [`GET ${long}`, `SUB ${long}`, `PING ${long}`, `PROJECTION ${long}`]) {
      await expectRefused(client, line, 'invalid_argument');
    }
  },
};
