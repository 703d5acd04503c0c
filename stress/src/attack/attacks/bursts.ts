import { clientFrame } from '@viaduct/testkit/frames';
import type { Attack } from '../attack.js';

const POLLING = '/socket.io/?EIO=4&transport=polling';

const burst: Attack<'frames'> = {
  name: 'burst',
  does: 'a fresh connection sends thousands of commands in one write, then the next one does',
  countedBy: [{ name: 'viaduct_errors_total' }],
  sizes: { frames: [3000, 10_000] },
  async run(field) {
    const bytes = Buffer.concat(
      Array.from({ length: field.sizes.frames }, (_, i) =>
        clientFrame(`GET attack_none_${i} client_ref=${i}`),
      ),
    );
    await field.repeat(500, async () => {
      const connection = await field.open();
      connection?.write(bytes);
    });
  },
};

const distributedBurst: Attack<'addresses' | 'frames'> = {
  name: 'distributed-burst',
  does: 'fresh connections from many addresses send a thousand commands each in one write, then reconnect',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'rate_limited' } }],
  sizes: { addresses: [5, 20], frames: [500, 1000] },
  async run(field) {
    const { addresses, frames } = field.sizes;
    const bytes = Buffer.concat(Array.from({ length: frames }, () => clientFrame('BBOX 1 2 3 4')));
    await field.repeat(1000, async () => {
      const opened = await field.openMany(addresses, { perAddress: 1 }, (connection) =>
        connection.write(bytes),
      );
      await field.wait(300);
      for (const connection of opened) field.close(connection);
    });
  },
};

const pollingPackets: Attack<'packets'> = {
  name: 'polling-packets',
  does: 'one polling POST carries a megabyte of packets, again and again',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'socket.io' } }],
  sizes: { packets: [20_000, 60_000] },
  async run(field) {
    const { packets } = field.sizes;
    const body = Array.from({ length: packets }, () => '42["command","PING"]')
      .join('\u001e')
      .slice(0, 1_000_000);
    await field.repeat(300, async () => {
      const opened = await field.answer({ path: POLLING });
      const sid = /"sid":"([^"]+)"/u.exec(opened?.text ?? '')?.[1];
      if (sid === undefined) return;
      const post = {
        path: `${POLLING}&sid=${sid}`,
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
      };
      await field.answer({ ...post, body: '40' });
      await field.answer({ ...post, body: body.slice(0, body.lastIndexOf('\u001e')) });
    });
  },
};

const longCommands: Attack<'sessions' | 'kilobytes'> = {
  name: 'long-commands',
  does: 'sessions send frames of the largest size with thousands of arguments, which the rate limit refuses',
  countedBy: [{ name: 'viaduct_errors_total' }],
  sizes: { sessions: [2, 6], kilobytes: [100, 125] },
  async run(field) {
    const { sessions, kilobytes } = field.sizes;
    const bytes = clientFrame(`BBOX ${'a=b '.repeat(kilobytes * 256)}`.slice(0, kilobytes * 1000));
    await field.openMany(sessions, { perAddress: 2 }, (connection) => {
      void field.repeat(10, () => {
        if (connection.isFluid) connection.write(bytes);
      });
    });
    await field.wait(600_000);
  },
};

const publishing: Attack<'sessions'> = {
  name: 'publishing',
  does: 'sessions publish to one channel as fast as they can, and subscribe to it',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'rate_limited' } }],
  settings: { PUBLISH_CHANNELS: 'attack_*' },
  sizes: { sessions: [10, 40] },
  async run(field) {
    const message = JSON.stringify({ pad: 'x'.repeat(10_000) });
    await field.openMany(field.sizes.sessions, {}, (connection) => {
      connection.send('SUB attack_published');
      void field.repeat(50, () => connection.send(`PUB attack_published ${message}`));
    });
    await field.wait(60_000);
  },
};

export const BURSTS = [burst, distributedBurst, pollingPackets, longCommands, publishing] as const;
