import { clientFrame, OPCODE } from '@viaduct/testkit/frames';
import type { Attack } from '../attack.js';

const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket';
const KB = 1000;

const fragments: Attack<'sessions'> = {
  name: 'fragments',
  does: 'sessions send messages in fragments of one byte that never end',
  countedBy: [{ name: 'viaduct_connections_closed_total', labels: { code: '1008' } }],
  sizes: { sessions: [40, 280] },
  async run(field) {
    const begin = clientFrame('x', { final: false });
    const more = Buffer.concat(
      Array.from({ length: 1000 }, () => clientFrame('x', { opcode: OPCODE.continuation, final: false })),
    );
    await field.openMany(field.sizes.sessions, {}, (connection) => {
      connection.write(begin);
      void field.repeat(50, () => {
        if (connection.isFluid) connection.write(more);
      });
    });
    await field.wait(60_000);
  },
};

const unfinishedFrames: Attack<'sessions' | 'kilobytes'> = {
  name: 'unfinished-frames',
  does: 'sessions send all but the last byte of a frame of the largest size, on both transports',
  countedBy: [{ name: 'viaduct_connections_opened_total' }],
  sizes: { sessions: [100, 600], kilobytes: [120, 130] },
  async run(field) {
    const { sessions, kilobytes } = field.sizes;
    const bytes = clientFrame('x'.repeat(kilobytes * KB), { claimed: kilobytes * KB + 1 });
    await field.openMany(sessions / 2, {}, (connection) => connection.write(bytes));
    await field.openMany(sessions / 2, { path: SOCKET_IO, from: 5000 }, (connection) =>
      connection.write(bytes),
    );
    await field.wait(60_000);
  },
};

const pings: Attack<'sessions'> = {
  name: 'unread-pongs',
  does: 'clients that never read send pings, each of which needs a pong',
  countedBy: [{ name: 'viaduct_connections_closed_total' }],
  sizes: { sessions: [10, 40] },
  async run(field) {
    const bytes = Buffer.concat(
      Array.from({ length: 500 }, () => clientFrame('x'.repeat(100), { opcode: OPCODE.ping })),
    );
    await field.openMany(field.sizes.sessions, { reads: false }, (connection) => {
      void field.repeat(10, () => {
        if (connection.isFluid) connection.write(bytes);
      });
    });
    await field.wait(60_000);
  },
};

const controlFrames: Attack<'sessions'> = {
  name: 'control-frames',
  does: 'clients send pongs, heartbeats and empty packets as fast as they can, and come back when they are closed',
  countedBy: [{ name: 'viaduct_connections_closed_total', labels: { code: '4006' } }],
  sizes: { sessions: [4, 20] },
  async run(field) {
    const many = (one: Buffer): Buffer => Buffer.concat(Array.from({ length: 5000 }, () => one));
    const kinds = [
      { path: '/', bytes: many(clientFrame('', { opcode: OPCODE.pong })) },
      { path: SOCKET_IO, bytes: many(clientFrame('3')) },
      { path: SOCKET_IO, bytes: many(clientFrame('6')) },
    ];
    let from = 0;
    const flood = async (): Promise<void> => {
      const { path, bytes } = kinds[from % kinds.length] ?? { path: '/', bytes: '' };
      const connection = await field.open({ path, from: from++ % 2000 });
      if (connection === null) return;
      if (path === SOCKET_IO) connection.write(clientFrame('40'));
      // The session has to come about first.
      await field.wait(200);
      for (let round = 0; round < 100 && connection.isOpen; round++) {
        if (connection.isFluid) connection.write(bytes);
        await field.wait(5);
      }
      field.close(connection);
    };
    await Promise.all(Array.from({ length: field.sizes.sessions }, () => field.repeat(100, flood)));
  },
};

const authMembers: Attack<'sessions' | 'members'> = {
  name: 'auth-members',
  does: 'socket.io clients connect with credentials of thousands of members',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'socket.io' } }],
  sizes: { sessions: [40, 200], members: [5000, 8000] },
  async run(field) {
    const { sessions, members } = field.sizes;
    const auth = Object.fromEntries(Array.from({ length: members }, (_, i) => [`member${i}`, i % 10]));
    // Some are small enough for any limit: sessions must come about, too.
    const packets = [clientFrame(`40${JSON.stringify(auth)}`), clientFrame('40{"token":null}')];
    await field.openMany(sessions, { path: SOCKET_IO }, (connection, i) =>
      connection.write(packets[i % 4 === 0 ? 1 : 0] ?? ''),
    );
    await field.wait(60_000);
  },
};

const nullMembers: Attack<'sessions' | 'members'> = {
  name: 'null-members',
  does: 'socket.io clients send events with thousands of members that are null',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'too_many_arguments' } }],
  sizes: { sessions: [2, 6], members: [5000, 10_000] },
  async run(field) {
    const { sessions, members } = field.sizes;
    const options = Object.fromEntries(Array.from({ length: members }, (_, i) => [`m${i}`, null]));
    const event = clientFrame(`42${JSON.stringify(['bbox', { left: 1, ...options }])}`);
    await field.openMany(sessions, { path: SOCKET_IO }, (connection) => {
      connection.write(clientFrame('40'));
      void field.repeat(50, (round) => {
        // The session has to come about first.
        if (round >= 5 && connection.isFluid) connection.write(event);
      });
    });
    await field.wait(60_000);
  },
};

const attachments: Attack<'sessions' | 'kilobytes'> = {
  name: 'attachments',
  does: 'socket.io clients announce a thousand attachments to an event, and send all but the last',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'socket.io' } }],
  sizes: { sessions: [20, 60], kilobytes: [60, 120] },
  async run(field) {
    const { sessions, kilobytes } = field.sizes;
    const places = Array.from({ length: 1000 }, (_, num) => ({ _placeholder: true, num }));
    const event = clientFrame(`451000-${JSON.stringify(['sub', ...places])}`);
    const attachment = clientFrame(Buffer.alloc(kilobytes * KB), { opcode: OPCODE.binary });
    await field.openMany(sessions, { path: SOCKET_IO }, (connection) => {
      connection.write(clientFrame('40'));
      let left = 999;
      void field.repeat(50, (round) => {
        // The session has to come about first.
        if (round < 5) return;
        if (round === 5) connection.write(event);
        if (connection.isFluid && left-- > 0) connection.write(attachment);
      });
    });
    await field.wait(60_000);
  },
};

const abandonedPolling: Attack<'perSecond'> = {
  name: 'abandoned-polling',
  does: 'clients begin sessions over polling and never come back',
  countedBy: [{ name: 'viaduct_handshake_timeouts_total', labels: { stage: 'socket.io' } }],
  settings: { HANDSHAKE_TIMEOUT_MS: '2000' },
  sizes: { perSecond: [100, 400] },
  async run(field) {
    let from = 0;
    await field.repeat(100, async () => {
      const requests = Array.from({ length: field.sizes.perSecond / 10 }, () =>
        field.answer({ path: '/socket.io/?EIO=4&transport=polling', from: from++ % 4000 }),
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
