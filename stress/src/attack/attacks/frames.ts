import { clientFrame, OPCODE } from '@viaduct/testkit/frames';
import type { Attack } from '../attack.js';

const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket';
const KB = 1000;

const fragments: Attack<'sessions'> = {
  name: 'fragments',
  does: 'sessions send messages in fragments of one byte that never end',
  countedBy: [{ name: 'viaduct_connections_closed_total', labels: { code: '1008' } }],
  sizes: { sessions: [40, 280] },
  async run(context) {
    const begin = clientFrame('x', { final: false });
    const more = Buffer.concat(
      Array.from({ length: 1000 }, () => clientFrame('x', { opcode: OPCODE.continuation, final: false })),
    );
    await context.openMany(context.sizes.sessions, {}, (connection) => {
      connection.write(begin);
      void context.repeat(50, () => {
        if (connection.acceptsData) connection.write(more);
      });
    });
    await context.wait(60_000);
  },
};

const unfinishedFrames: Attack<'sessions' | 'kilobytes'> = {
  name: 'unfinished-frames',
  does: 'sessions send all but the last byte of a frame of the largest size, on both transports',
  countedBy: [{ name: 'viaduct_connections_opened_total' }],
  sizes: { sessions: [100, 600], kilobytes: [120, 130] },
  async run(context) {
    const { sessions, kilobytes } = context.sizes;
    const bytes = clientFrame('x'.repeat(kilobytes * KB), { claimed: kilobytes * KB + 1 });
    await context.openMany(sessions / 2, {}, (connection) => connection.write(bytes));
    await context.openMany(sessions / 2, { path: SOCKET_IO, from: 5000 }, (connection) =>
      connection.write(bytes),
    );
    await context.wait(60_000);
  },
};

const pings: Attack<'sessions'> = {
  name: 'unread-pongs',
  does: 'clients that never read send pings, each of which needs a pong',
  countedBy: [{ name: 'viaduct_connections_closed_total' }],
  sizes: { sessions: [10, 40] },
  async run(context) {
    const bytes = Buffer.concat(
      Array.from({ length: 500 }, () => clientFrame('x'.repeat(100), { opcode: OPCODE.ping })),
    );
    await context.openMany(context.sizes.sessions, { reads: false }, (connection) => {
      void context.repeat(10, () => {
        if (connection.acceptsData) connection.write(bytes);
      });
    });
    await context.wait(60_000);
  },
};

const controlFrames: Attack<'sessions'> = {
  name: 'control-frames',
  does: 'clients send pongs, heartbeats and empty packets as fast as they can, and come back when they are closed',
  countedBy: [{ name: 'viaduct_connections_closed_total', labels: { code: '4006' } }],
  sizes: { sessions: [4, 20] },
  async run(context) {
    const many = (one: Buffer): Buffer => Buffer.concat(Array.from({ length: 5000 }, () => one));
    const kinds = [
      { path: '/', bytes: many(clientFrame('', { opcode: OPCODE.pong })) },
      { path: SOCKET_IO, bytes: many(clientFrame('3')) },
      { path: SOCKET_IO, bytes: many(clientFrame('6')) },
    ];
    let from = 0;
    const flood = async (): Promise<void> => {
      const { path, bytes } = kinds[from % kinds.length] ?? { path: '/', bytes: '' };
      const connection = await context.open({ path, from: from++ % 2000 });
      if (connection === null) return;
      if (path === SOCKET_IO) connection.write(clientFrame('40'));
      // The session must begin first.
      await context.wait(200);
      for (let round = 0; round < 100 && connection.isOpen; round++) {
        if (connection.acceptsData) connection.write(bytes);
        await context.wait(5);
      }
      context.close(connection);
    };
    await Promise.all(Array.from({ length: context.sizes.sessions }, () => context.repeat(100, flood)));
  },
};

const authMembers: Attack<'sessions' | 'members'> = {
  name: 'auth-members',
  does: 'socket.io clients connect with credentials of thousands of members',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'socket.io' } }],
  sizes: { sessions: [40, 200], members: [5000, 8000] },
  async run(context) {
    const { sessions, members } = context.sizes;
    const auth = Object.fromEntries(Array.from({ length: members }, (_, i) => [`member${i}`, i % 10]));
    // Some are small enough for any limit, so that there are sessions, too.
    const packets = [clientFrame(`40${JSON.stringify(auth)}`), clientFrame('40{"token":null}')];
    await context.openMany(sessions, { path: SOCKET_IO }, (connection, i) =>
      connection.write(packets[i % 4 === 0 ? 1 : 0] ?? ''),
    );
    await context.wait(60_000);
  },
};

const nullMembers: Attack<'sessions' | 'members'> = {
  name: 'null-members',
  does: 'socket.io clients send events with thousands of members that are null',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'too_many_arguments' } }],
  sizes: { sessions: [2, 6], members: [5000, 10_000] },
  async run(context) {
    const { sessions, members } = context.sizes;
    const options = Object.fromEntries(Array.from({ length: members }, (_, i) => [`m${i}`, null]));
    const event = clientFrame(`42${JSON.stringify(['bbox', { left: 1, ...options }])}`);
    await context.openMany(sessions, { path: SOCKET_IO }, (connection) => {
      connection.write(clientFrame('40'));
      void context.repeat(50, (round) => {
        // The session must begin first.
        if (round >= 5 && connection.acceptsData) connection.write(event);
      });
    });
    await context.wait(60_000);
  },
};

const attachments: Attack<'sessions' | 'kilobytes'> = {
  name: 'attachments',
  does: 'socket.io clients announce a thousand attachments to an event, and send all but the last',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'socket.io' } }],
  sizes: { sessions: [20, 60], kilobytes: [60, 120] },
  async run(context) {
    const { sessions, kilobytes } = context.sizes;
    const places = Array.from({ length: 1000 }, (_, num) => ({ _placeholder: true, num }));
    const event = clientFrame(`451000-${JSON.stringify(['sub', ...places])}`);
    const attachment = clientFrame(Buffer.alloc(kilobytes * KB), { opcode: OPCODE.binary });
    await context.openMany(sessions, { path: SOCKET_IO }, (connection) => {
      connection.write(clientFrame('40'));
      let left = 999;
      void context.repeat(50, (round) => {
        // The session must begin first.
        if (round < 5) return;
        if (round === 5) connection.write(event);
        if (connection.acceptsData && left-- > 0) connection.write(attachment);
      });
    });
    await context.wait(60_000);
  },
};

const abandonedPolling: Attack<'perSecond'> = {
  name: 'abandoned-polling',
  does: 'clients begin sessions over polling and never come back',
  countedBy: [{ name: 'viaduct_handshake_timeouts_total', labels: { stage: 'socket.io' } }],
  settings: { HANDSHAKE_TIMEOUT_MS: '2000' },
  sizes: { perSecond: [100, 400] },
  async run(context) {
    let from = 0;
    await context.repeat(100, async () => {
      const requests = Array.from({ length: context.sizes.perSecond / 10 }, () =>
        context.answer({ path: '/socket.io/?EIO=4&transport=polling', from: from++ % 4000 }),
      );
      await Promise.all(requests);
    });
  },
};

export const FRAMES = [
  fragments,
  unfinishedFrames,
  pings,
  controlFrames,
  authMembers,
  attachments,
  nullMembers,
  abandonedPolling,
] as const;
