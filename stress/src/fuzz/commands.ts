import { COMMANDS as BUILTINS, ERROR_CODES, parseEnvelope, STATUS_SOURCE } from '@viaduct/protocol';
import { until } from '@viaduct/testkit/wait';
import fc from 'fast-check';
import type { Redis } from 'ioredis';
import { WebSocket } from 'ws';
import { CONFINED_TOKEN, FULL_TOKEN } from './credentials.js';
import type { InputKind, InputSender } from './input-kind.js';
import { HASH, STREAM, WRITABLE } from './names.js';

const name = fc.oneof(
  fc.constantFrom(...Object.keys(BUILTINS), 'get'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const word = fc.oneof(
  fc.constantFrom(
    HASH,
    WRITABLE,
    STREAM,
    'calm',
    'text',
    '*',
    '__proto__',
    'epsg:3857',
    'EPSG:2056',
    'epsg:',
    'epsg:99999999',
  ),
  fc.constantFrom(
    'NaN',
    'Infinity',
    '-0',
    '1e308',
    '1e-320',
    '0x10',
    '90',
    '-180',
    '180',
    '1e999',
    '99999999999999999999',
  ),
  fc.constantFrom(
    'trim=true',
    'trim=maybe',
    'precision=0',
    'precision=1e-400',
    'axis_order=crs',
    'since=0-0',
    'since=1',
    'since=99-9',
    'since=18446744073709551615-18446744073709551616',
    'since=x',
  ),
  fc.constantFrom(
    'snapshot=true',
    'client_ref=',
    'client_ref=x',
    'channel=',
    '=',
    'a=b=c',
    '{"a":1}',
    '{',
    '\ud800',
  ),
  fc.constantFrom(
    FULL_TOKEN,
    CONFINED_TOKEN,
    FULL_TOKEN.slice(0, -3),
    'a.b.c',
    '{"type":"Point","coordinates":[8,47]}',
  ),
  fc.float({ noNaN: false }).map(String),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.integer({ min: 1, max: 2000 }).map((length) => 'é'.repeat(length)),
);
const line = fc
  .tuple(name, fc.array(word, { maxLength: 8 }), fc.constantFrom(' ', '  ', '\t', '\u00a0', '\n'))
  .map(([first, words, space]) => [first, ...words].join(space));

/** Settings that lift the rate limits, because these would refuse the commands before they are parsed. */
const LIMITS = ['rate_limited', 'too_many_commands'];

/**
 * Commands that are malformed in every way. Each is answered or refused according to the protocol, and the session
 * continues.
 */
export const COMMANDS: InputKind<string[]> = {
  name: 'commands',
  input: fc.array(line, { minLength: 1, maxLength: 10 }),
  async prepare({ gateway, redis }) {
    await fill(redis);
    return CommandSender.open(gateway.url);
  },
};

/** Data for the commands: a hash, and a stream whose first entries have been trimmed. */
async function fill(redis: Redis): Promise<void> {
  await redis.hset(HASH, 'a', '{"type":"Point","coordinates":[8,47]}', 'b', 'no JSON');
  for (let i = 1; i <= 5; i++) await redis.xadd(STREAM, '*', 'data', String(i));
  await redis.xtrim(STREAM, 'MAXLEN', '=', 3);
}

class CommandSender implements InputSender<string[]> {
  readonly #socket: WebSocket;
  readonly #problems: string[] = [];
  #answered = 0;
  #asked = 0;

  private constructor(url: string) {
    this.#socket = new WebSocket(url.replace('http', 'ws'));
    this.#socket.on('message', (data) => this.#take(String(data)));
    this.#socket.on('close', (code, reason) => this.#problems.push(`closed with ${code} ${reason}`));
    this.#socket.on('error', (error) => this.#problems.push(error.message));
  }

  static async open(url: string): Promise<CommandSender> {
    const sender = new CommandSender(url);
    await until(() => sender.#socket.readyState === WebSocket.OPEN, 'the connection');
    return sender;
  }

  async send(lines: string[]): Promise<void> {
    for (const text of lines) this.#socket.send(text);
    this.#asked += 1;
    this.#socket.send(`PING client_ref=fuzz${this.#asked}`);
    await until(() => {
      if (this.#problems.length > 0) throw new Error(this.#problems.splice(0).join('; '));
      return this.#answered === this.#asked;
    }, 'the answer to the PING after the commands');
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.close();
  }

  #take(text: string): void {
    const { source, content, client_reference: reference } = parseEnvelope(text);
    if (reference === `fuzz${this.#asked}`) this.#answered = this.#asked;
    if (source !== STATUS_SOURCE) return;
    const { status, code } = (content ?? {}) as { status?: unknown; code?: unknown };
    if (status !== 'error') return;
    if (typeof code !== 'string' || !(code in ERROR_CODES)) this.#problems.push(`an unknown error: ${text}`);
    if (LIMITS.includes(String(code))) this.#problems.push(`the run hides what it looks for: ${text}`);
    if (code === 'internal') this.#problems.push(`an internal error: ${text}`);
  }
}
