import assert from 'node:assert/strict';
import { type Envelope, STATUS_SOURCE } from '../envelope.js';
import type { ErrorCode } from '../errors.js';
import type { Client, Reply } from './types.js';

/** Fails unless the command succeeded. */
export function expectOk(reply: Reply, command: string): void {
  assert.deepEqual(reply.status, { status: 'ok', command });
}

/** Fails unless the command was refused with that code, in the documented form, and without any other answer. */
export function expectError(reply: Reply, code: ErrorCode): void {
  const { status } = reply;
  assert.equal(status.status, 'error', `expected the error ${code}, got ${JSON.stringify(status)}`);
  if (status.status !== 'error') return;
  assert.deepEqual(Object.keys(status).sort(), ['code', 'command', 'message', 'status']);
  assert.equal(status.code, code, `expected the error ${code}, got ${status.code}: ${status.message}`);
  assert.ok(typeof status.message === 'string' && status.message !== '', 'an error has a message');
  assert.equal(typeof status.command, 'string');
  assert.deepEqual(reply.envelopes, [], 'a refused command has no other answer');
}

/** Fails unless the command is refused in this way, and the connection still works afterwards. */
export async function expectRefused(client: Client, line: string, code: ErrorCode): Promise<void> {
  try {
    expectError(await client.run(line), code);
    await expectAlive(client);
  } catch (error) {
    throw new Error(`${JSON.stringify(line.slice(0, 80))}: ${messageOf(error)}`, { cause: error });
  }
}

/** Fails unless the connection still answers a PING. */
export async function expectAlive(client: Client): Promise<void> {
  const { envelopes } = await client.run('PING');
  assert.deepEqual(
    envelopes.map(({ source, content }) => ({ source, content })),
    [{ source: STATUS_SOURCE, content: 'PONG' }],
  );
}

/** Fails unless the envelopes have these sources, contents and references, in any order. */
export function expectEnvelopes(
  envelopes: readonly Envelope[],
  expected: readonly Omit<Envelope, 'timestamp'>[],
): void {
  for (const { timestamp } of envelopes) expectTimestamp(timestamp);
  const bare = envelopes.map(({ timestamp: _, ...rest }) => rest);
  assert.deepEqual(sorted(bare), sorted(expected));
}

/** Largest difference between the server's clock and ours, in ms. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Fails unless the number is about now, in milliseconds since the epoch. */
export function expectTimestamp(timestamp: number): void {
  const apart = Math.abs(Date.now() - timestamp);
  assert.ok(apart < CLOCK_TOLERANCE_MS, `the timestamp ${timestamp} is ${apart} ms from now`);
}

/** Fails unless both lists contain the same values, in any order. */
export function expectSame(actual: readonly unknown[], expected: readonly unknown[], message?: string): void {
  assert.deepEqual(sorted(actual), sorted(expected), message);
}

function sorted(values: readonly unknown[]): unknown[] {
  return values
    .map((value) => [JSON.stringify(sortKeys(value)), value] as const)
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([, value]) => value);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sortKeys(inner)]));
}

/** Fails unless both are the same, except for numbers, which may differ by the tolerance. */
export function expectNear(actual: unknown, expected: unknown, tolerance: number, path = 'content'): void {
  if (typeof actual === 'number' && typeof expected === 'number') {
    const apart = Math.abs(actual - expected);
    assert.ok(apart <= tolerance, `${path} is ${actual}, which is ${apart} from ${expected}`);
    return;
  }
  if (!isObject(actual) || !isObject(expected)) {
    assert.deepEqual(actual, expected, path);
    return;
  }
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort(), `the members of ${path}`);
  for (const [key, value] of Object.entries(expected))
    expectNear(actual[key], value, tolerance, `${path}.${key}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The message of an error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
