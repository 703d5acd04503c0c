import {
  BUFFER_SOURCE,
  ERROR_CODES,
  MAX_ECHO,
  MAX_GAP_CHANNELS,
  STATUS_SOURCE,
} from '../../../packages/protocol/dist/index.js';

/**
 * @typedef {import('./protocol-md.mjs').Status} Status
 * @typedef {import('./protocol-md.mjs').Described & { type: string }} Member
 */

/** Members that every envelope has. */
export const ENVELOPE_MEMBERS = ['source', 'content', 'timestamp', 'client_reference'];

/** JSON Schemas of members of statuses about which there is more to say than their type. */
const MEMBERS = {
  code: { $ref: '#/components/schemas/errorCode' },
  command: {
    type: 'string',
    maxLength: MAX_ECHO + 1,
    description: 'The command: its name, or what was sent, shortened.',
  },
  message: { type: 'string', description: 'For a person to read; the wording may change.' },
  channels: { type: 'array', items: { type: 'string' }, maxItems: MAX_GAP_CHANNELS },
  count: { type: 'integer', minimum: 0 },
  recovered: { type: 'boolean' },
  id: { type: 'string', description: 'Id of an entry of a Redis Stream.' },
};

/**
 * JSON Schemas (draft 7) of all that a client receives.
 *
 * @param {readonly Status[]} statuses
 * @param {readonly Member[]} further members of pushed envelopes that not all have
 * @returns {Record<string, object>}
 */
export function envelopeSchemas(statuses, further) {
  return {
    envelope: {
      oneOf: ['pushed', 'statusEnvelope', 'buffered'].map((name) => reference(name)),
    },
    pushed: envelope('A message of a channel, or a value of a hash.', {
      source: {
        type: 'string',
        description: 'The channel of a pushed message; `key` or `key field` for an answer of GET and PGET.',
        not: { enum: [STATUS_SOURCE, BUFFER_SOURCE] },
      },
      content: { description: 'The message or value: any JSON; null where there is none.' },
      ...Object.fromEntries(further.map(({ name, type, description }) => [name, { type, description }])),
    }),
    statusEnvelope: envelope('What the gateway itself says.', {
      source: { const: STATUS_SOURCE },
      content: { oneOf: [reference('pong'), ...statuses.map(({ status }) => reference(statusName(status)))] },
    }),
    buffered: envelope('A list of envelopes, oldest first; see BUFFER.', {
      source: { const: BUFFER_SOURCE },
      content: { type: 'array', items: reference('pushed'), minItems: 1 },
    }),
    pong: { const: 'PONG', description: 'The answer to PING.' },
    ...Object.fromEntries(statuses.map((status) => [statusName(status.status), statusSchema(status)])),
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
      oneOf: [
        {
          type: 'object',
          properties: {
            status: { const: 'ok' },
            command: MEMBERS.command,
            warning: { type: 'string', description: 'Something to know though the command succeeded.' },
          },
          required: ['status', 'command'],
          additionalProperties: false,
        },
        reference(statusName('error')),
      ],
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
      timestamp: { type: 'integer', description: 'Milliseconds since 1970-01-01 UTC.' },
      client_reference: {
        type: ['string', 'null'],
        description:
          'What the client gave as `client_ref` with the command that this answers; null on pushed messages.',
      },
      ...further,
    },
    required: [...ENVELOPE_MEMBERS],
  };
}

/** @param {string} status */
function statusName(status) {
  return `status_${status}`;
}

/** @param {Status} status */
function statusSchema({ status, members, when }) {
  const known = /** @type {Record<string, object>} */ (MEMBERS);
  return {
    type: 'object',
    description: when,
    properties: {
      status: { const: status },
      ...Object.fromEntries(members.map(({ name, schema }) => [name, known[name] ?? schema])),
    },
    required: ['status', ...members.filter(({ required }) => required).map(({ name }) => name)],
    additionalProperties: false,
  };
}
