import { ERROR_CODES, parseEnvelope, STATUS_SOURCE } from '@viaduct/protocol';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import { until } from '../time.js';
import type { Attack, Attacker } from './attack.js';

const name = fc.oneof(
  fc.constantFrom(
    'GET',
    'PGET',
    'SUB',
    'DEL',
    'PING',
    'BBOX',
    'PROJECTION',
    'BUFFER',
    'RESET',
    'PUB',
    'TOKEN',
    'get',
  ),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const word = fc.oneof(
  fc.constantFrom(
    'hash',
    'fuzz',
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
  fc.float({ noNaN: false }).map(String),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.integer({ min: 1, max: 2000 }).map((length) => 'é'.repeat(length)),
);
const line = fc
  .tuple(name, fc.array(word, { maxLength: 8 }), fc.constantFrom(' ', '  ', '\t', '\u00a0', '\n'))
  .map(([first, words, space]) => [first, ...words].join(space));

/** Commands of every broken kind. Each is answered or refused in the protocol's words, and the session goes on. */
export const COMMANDS: Attack<string[]> = {
  name: 'commands',
  input: fc.array(line, { minLength: 1, maxLength: 10 }),
  prepare: ({ gateway }) => CommandAttacker.open(gateway.url),
};

class CommandAttacker implements Attacker<string[]> {
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

  static async open(url: string): Promise<CommandAttacker> {
    const attacker = new CommandAttacker(url);
    await until('the connection', () => attacker.#socket.readyState === WebSocket.OPEN);
    return attacker;
  }

  async attack(lines: string[]): Promise<void> {
    for (const text of lines) this.#socket.send(text);
    this.#asked += 1;
    this.#socket.send(`PING client_ref=fuzz${this.#asked}`);
    await until('the answer to the PING behind the commands', () => {
      if (this.#problems.length > 0) throw new Error(this.#problems.splice(0).join('; '));
      return this.#answered === this.#asked;
    });
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
    if (code === 'internal') this.#problems.push(`an internal error: ${text}`);
  }
}
