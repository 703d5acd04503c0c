import { CLOSE_CODES, COMMANDS } from '../../../packages/protocol/dist/index.js';
import { optionsSchema } from './arguments.mjs';
import { envelopeSchemas, reference } from './schemas.mjs';

/** @typedef {keyof typeof COMMANDS} CommandName */

const NAMES = /** @type {CommandName[]} */ (Object.keys(COMMANDS));

const DOCUMENTATION = 'https://github.com/viaduct-geo/viaduct/blob/main/PROTOCOL.md';

/**
 * The AsyncAPI 3 document of a gateway. Actions are the gateway's: it receives commands and sends envelopes.
 *
 * @param {string} version of packages/protocol
 */
export function asyncapi(version) {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Viaduct gateway',
      version,
      description:
        'Live geodata from Redis to browsers: the commands that a client sends, and the envelopes that it receives, over a plain WebSocket or socket.io. PROTOCOL.md explains them.',
      license: { name: 'MIT' },
      externalDocs: { url: DOCUMENTATION, description: 'PROTOCOL.md, the contract' },
    },
    defaultContentType: 'application/json',
    servers: {
      raw: {
        host: 'localhost:8080',
        protocol: 'ws',
        title: 'Plain WebSocket',
        description:
          'On any path but `/socket.io/`; `wss` behind TLS. A text frame holds one command or one envelope.',
      },
      socketio: {
        host: 'localhost:8080',
        pathname: '/socket.io/',
        protocol: 'socket.io',
        title: 'socket.io 4',
        description: 'Commands as events with acknowledgements, in the namespace `/`.',
      },
    },
    channels: { raw: rawChannel(), socketio: socketIoChannel() },
    operations: { ...rawOperations(), ...socketIoOperations() },
    components: {
      messages: { ...rawMessages(), ...socketIoMessages() },
      schemas: envelopeSchemas(),
    },
    'x-close-codes': Object.entries(CLOSE_CODES).map(([name, rest]) => ({ name, ...rest })),
  };
}

function rawChannel() {
  return {
    address: '/',
    title: 'A raw connection',
    servers: [{ $ref: '#/servers/raw' }],
    messages: messageRefs([...NAMES.map(rawName), 'rawEnvelope']),
  };
}

function socketIoChannel() {
  return {
    address: '/',
    title: 'A socket.io connection',
    description: 'The name of a message is that of its event.',
    servers: [{ $ref: '#/servers/socketio' }],
    messages: messageRefs([
      ...NAMES.map(eventName),
      'event_command',
      'acknowledgement',
      'event_message',
      'event_messages',
      'event_closing',
    ]),
  };
}

function rawOperations() {
  const envelope = [{ $ref: '#/channels/raw/messages/rawEnvelope' }];
  const commands = NAMES.map((name) => [
    rawName(name),
    {
      action: 'receive',
      channel: { $ref: '#/channels/raw' },
      summary: COMMANDS[name].summary,
      messages: [{ $ref: `#/channels/raw/messages/${rawName(name)}` }],
      reply: { channel: { $ref: '#/channels/raw' }, messages: envelope },
    },
  ]);
  const send = {
    action: 'send',
    channel: { $ref: '#/channels/raw' },
    summary: 'Sends answers and the messages of subscribed channels.',
    messages: envelope,
  };
  return { ...Object.fromEntries(commands), rawSend: send };
}

function socketIoOperations() {
  const channel = { $ref: '#/channels/socketio' };
  const refs = (/** @type {string[]} */ names) =>
    names.map((name) => ({ $ref: `#/channels/socketio/messages/${name}` }));
  const commands = [...NAMES.map(eventName), 'event_command'].map((name) => [
    name,
    {
      action: 'receive',
      channel,
      messages: refs([name]),
      reply: { channel, messages: refs(['acknowledgement']) },
    },
  ]);
  const send = {
    action: 'send',
    channel,
    summary: 'Sends answers and the messages of subscribed channels, and gives the reason before it closes.',
    messages: refs(['event_message', 'event_messages', 'event_closing']),
  };
  return { ...Object.fromEntries(commands), eventSend: send };
}

function rawMessages() {
  const examples = NAMES.flatMap((name) => COMMANDS[name].example ?? []);
  const commands = NAMES.map((name) => [
    rawName(name),
    {
      name,
      title: COMMANDS[name].usage,
      summary: COMMANDS[name].summary,
      contentType: 'text/plain',
      payload: { type: 'string', pattern: `^\\s*${anyCase(name)}(\\s|$)` },
      examples: (COMMANDS[name].example ?? [])
        .filter(({ send }) => send.split(' ')[0] === name)
        .map(({ send }) => ({ payload: send })),
    },
  ]);
  const rawEnvelope = {
    name: 'envelope',
    title: 'Everything that a raw client receives',
    payload: reference('envelope'),
    examples: examples.flatMap(({ receive = [] }) => receive.map((payload) => ({ payload }))),
  };
  return { ...Object.fromEntries(commands), rawEnvelope };
}

function socketIoMessages() {
  const events = NAMES.map((name) => [
    eventName(name),
    {
      name: name.toLowerCase(),
      title: `The event "${name.toLowerCase()}"`,
      summary: COMMANDS[name].summary,
      payload: optionsSchema(COMMANDS[name]),
    },
  ]);
  const message = (
    /** @type {string} */ name,
    /** @type {string} */ title,
    /** @type {object} */ payload,
  ) => ({
    name,
    title,
    payload,
  });
  return {
    ...Object.fromEntries(events),
    event_command: message('command', 'Any command as a line of text', { type: 'string' }),
    acknowledgement: message('acknowledgement', 'The answer to an event', reference('acknowledgement')),
    event_message: message('message', 'One envelope', reference('envelope')),
    event_messages: message('messages', 'Envelopes that leave together, for clients that ask for batches', {
      type: 'array',
      items: reference('envelope'),
    }),
    event_closing: message('closing', 'Comes just before the gateway ends the session', reference('closing')),
  };
}

/** @param {readonly string[]} names */
function messageRefs(names) {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

/** @param {CommandName} name */
function rawName(name) {
  return `raw_${name}`;
}

/** @param {CommandName} name */
function eventName(name) {
  return `event_${name.toLowerCase()}`;
}

/**
 * A pattern for a word in any case.
 *
 * @param {string} word
 */
function anyCase(word) {
  return [...word].map((letter) => `[${letter}${letter.toLowerCase()}]`).join('');
}
