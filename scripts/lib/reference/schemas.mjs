import {
  BUFFER_SOURCE,
  ENVELOPE_MEMBERS,
  ERROR_CODES,
  STATUS_SOURCE,
  STATUSES,
} from '../../../packages/protocol/dist/index.js';

/** Members that every envelope has. */
const REQUIRED_MEMBERS = ['source', 'content', 'timestamp', 'client_reference'];

const STATUS_NAMES = /** @type {(keyof typeof STATUSES)[]} */ (Object.keys(STATUSES));

/**
 * JSON Schemas (draft 7) of everything that a client receives.
 *
 * @returns {Record<string, object>}
 */
export function envelopeSchemas() {
  return {
    envelope: {
      oneOf: ['pushed', 'statusEnvelope', 'buffered'].map((name) => reference(name)),
    },
    pushed: envelope('A message of a channel, or a value of a hash.', {
      source: {
        type: 'string',
        description: 'The channel of a pushed message; `key` or `key field` in answers to GET and PGET.',
        not: { enum: [STATUS_SOURCE, BUFFER_SOURCE] },
      },
      content: { description: ENVELOPE_MEMBERS.content.doc },
      id: { type: 'string', description: ENVELOPE_MEMBERS.id.doc },
      unlocated: { const: true, description: ENVELOPE_MEMBERS.unlocated.doc },
    }),
    statusEnvelope: envelope('A status of the gateway.', {
      source: { const: STATUS_SOURCE },
      content: { oneOf: [reference('pong'), ...STATUS_NAMES.map((name) => reference(schemaName(name)))] },
    }),
    buffered: envelope('A list of envelopes, oldest first; see BUFFER.', {
      source: { const: BUFFER_SOURCE },
      content: { type: 'array', items: reference('pushed'), minItems: 1 },
    }),
    pong: { const: 'PONG', description: 'The answer to PING.' },
    ...Object.fromEntries(STATUS_NAMES.map((name) => [schemaName(name), statusSchema(name)])),
    errorCode: {
      type: 'string',
      enum: Object.keys(ERROR_CODES),
      description: Object.entries(ERROR_CODES)
        .map(([code, meaning]) => `- \`${code}\`: ${meaning}`)
        .join('\n'),
    },
    closing: {
      type: 'object',
      description: 'Why the gateway is about to end the session.',
      properties: { code: { type: 'integer' }, reason: { type: 'string' } },
      required: ['code', 'reason'],
      additionalProperties: false,
    },
    acknowledgement: {
      description: 'How a command ended.',
      oneOf: [reference(schemaName('ok')), reference(schemaName('error'))],
    },
  };
}

/**
 * @param {string} name of a schema
 * @returns {{ $ref: string }}
 */
export function reference(name) {
  return { $ref: `#/components/schemas/${name}` };
}

/**
 * @param {string} description
 * @param {{ source: object, content: object, [further: string]: object }} properties
 */
function envelope(description, { source, content, ...further }) {
  return {
    type: 'object',
    description,
    properties: {
      source,
      content,
      timestamp: { type: 'integer', description: ENVELOPE_MEMBERS.timestamp.doc },
      client_reference: { type: ['string', 'null'], description: ENVELOPE_MEMBERS.client_reference.doc },
      ...further,
    },
    required: REQUIRED_MEMBERS,
  };
}

/** @param {string} status */
function schemaName(status) {
  return `status_${status}`;
}

/** @param {keyof typeof STATUSES} status */
function statusSchema(status) {
  const { when, members } = STATUSES[status];
  const entries = Object.entries(members);
  return {
    type: 'object',
    description: when,
    properties: {
      status: { const: status },
      ...Object.fromEntries(
        entries.map(([name, { schema, doc }]) => [
          name,
          doc === undefined ? schema : { ...schema, description: doc },
        ]),
      ),
    },
    required: ['status', ...entries.filter(([, { optional }]) => optional !== true).map(([name]) => name)],
    additionalProperties: false,
  };
}
