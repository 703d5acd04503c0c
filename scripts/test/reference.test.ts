import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import { RawClient, SocketIoClient } from '@viaduct/testkit/clients';
import { startGateway } from '@viaduct/testkit/gateway';
import { startWorld } from '@viaduct/testkit/world';
import { Ajv } from 'ajv';
import { describe, expect, it, test } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles } from '../lib/generated.mjs';
import { indexFiles } from '../lib/reference/indexes.mjs';
import { withCommandSections } from '../lib/reference/tables.mjs';
import { ROOT } from '../lib/workspace.mjs';

interface Message {
  payload: object;
  examples?: { payload: unknown }[];
}

interface Document {
  operations: Record<string, object>;
  components: { messages: Record<string, Message>; schemas: Record<string, object> };
}

const document = parse(readFileSync(join(ROOT, 'docs/asyncapi.yaml'), 'utf8')) as Document;
const { messages } = document.components;

/** A validator for payloads, which refer to the document's schemas. */
function validator(payload: object) {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, keywords: ['components'] });
  return ajv.compile({ ...payload, components: document.components });
}

/** What violates a JSON Schema; empty if nothing does. */
function faults(message: string, payload: unknown): string[] {
  const validate = validator(messages[message]?.payload ?? {});
  return validate(payload) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`);
}

/** All references in a value, with what they point to. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' ? [String(inner)] : references(inner),
  );
}

function resolve(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);
}

const generated = { ...indexFiles(), ...generatedFiles() };

test.each(Object.entries(generated))('%s is what the generator writes', (file, text) => {
  expect(readFileSync(join(ROOT, file), 'utf8'), 'run `npm run generate`').toBe(text);
});

test('a command without a section in PROTOCOL.md gets one after those of the other commands', () => {
  const section = (name: string, words = '') =>
    `### ${name}\n\n<!-- generated: command ${name} -->\n${words}<!-- /generated -->\n\n`;
  const before = `# Protocol\n\n## Commands\n\n${section('GET', 'table')}More words.\n\n`;
  const after = '## Gaps\n\n## Errors\n';
  expect(withCommandSections(before + after, ['COUNT', 'GET', 'GETALL'])).toBe(
    before + section('COUNT') + section('GETALL') + after,
  );
  expect(withCommandSections(before + after, ['GET'])).toBe(before + after);
});

describe('docs/asyncapi.yaml', () => {
  it('is valid according to the JSON Schema of AsyncAPI 3.0.0', () => {
    const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
    const validate = ajv.compile(specs.schemas['3.0.0'] as object);
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(validate({ ...document, operations: { bad: { action: 'shout' } } })).toBe(false);
  });

  it('refers only to parts that it contains', () => {
    const all = references(document);
    expect(all.length).toBeGreaterThan(50);
    for (const reference of all) expect(resolve(reference), reference).toBeDefined();
  });

  const examples = Object.entries(messages).flatMap(([name, { examples: list = [] }]) =>
    list.map(({ payload }) => ({ name, payload })),
  );

  it.each(examples)('allows the example of $name: $payload', ({ name, payload }) => {
    expect(faults(name, payload)).toEqual([]);
  });

  it.each([
    ['event_get', { key: 'trains', field: '17' }],
    ['event_bbox', {}],
    ['event_bbox', { client_ref: 'a', trim: true }],
    ['event_bbox', { left: 1, bottom: 2, right: 3, top: 4, trim: true, zoom: 9, mots: 'rail' }],
    ['event_buffer', {}],
    ['event_buffer', { size: 1, ms: 2 }],
    ['event_pub', { channel: 'reports', message: { any: ['JSON'] } }],
    ['event_ping', { anything: 1 }],
  ])('allows as %s: %o', (name, payload) => {
    expect(faults(name, payload)).toEqual([]);
  });

  it.each([
    ['rawEnvelope', { source: 'trains', content: 1, timestamp: 1 }],
    ['rawEnvelope', envelope('websocket', { status: 'unheard of' })],
    [
      'rawEnvelope',
      envelope('websocket', { status: 'error', code: 'no_such_code', message: '', command: '' }),
    ],
    ['rawEnvelope', envelope('buffer', 'no list')],
    ['raw_GET', 'GETTING trains'],
    ['event_get', { kee: 'trains' }],
    ['event_get', {}],
    ['event_bbox', { left: 'five' }],
    ['event_bbox', { left: 1, bottom: 2, right: 3 }],
    ['event_bbox', { minX: 1, minY: 2, maxX: 3, maxY: 4 }],
    ['event_buffer', { size: 1 }],
    ['event_projection', { projection: 'epsg:3857', precision: 0 }],
    ['acknowledgement', { status: 'ok' }],
  ])('does not allow as %s: %o', (name, payload) => {
    expect(faults(name, payload)).not.toEqual([]);
  });
});

test('everything that a gateway sends matches the document, on both transports', async () => {
  const { server, redis } = await startWorld();
  const gateway = await startGateway({ REDIS_URL: server.url, CHANNELS: 'trains' });
  const feature =
    '{"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[7,47]},"properties":{}}';
  await redis.hset('trains', 1, feature);
  const lines = [
    'GET trains',
    'GET trains 1 ref',
    'GET trains 2',
    'PING x',
    'SUB trains client_ref=s',
    'PROJECTION epsg:23032',
    'BUFFER 10 20',
    'SUB planes',
    'NO such command',
    'BBOX 1',
  ];
  const raw = await RawClient.connect(gateway.url);
  const io = await SocketIoClient.connect(gateway.url);
  for (const line of lines) {
    await raw.run(line);
    const { status } = await io.run(line);
    expect(faults('acknowledgement', status), line).toEqual([]);
  }
  await redis.publish('trains', feature);
  await raw.inbox.next(({ source }) => source === 'buffer');
  await io.inbox.next(({ source }) => source === 'buffer');
  const received = [...raw.inbox.all, ...io.inbox.all];
  expect(received.length).toBeGreaterThan(15);
  for (const one of received) expect(faults('rawEnvelope', one), JSON.stringify(one)).toEqual([]);
  const closing = new Promise((done) => io.socket.once('closing', done));
  gateway.signal('SIGINT');
  expect(faults('event_closing', await closing)).toEqual([]);
});

function envelope(source: string, content: unknown): object {
  return { source, content, timestamp: 1, client_reference: null };
}
