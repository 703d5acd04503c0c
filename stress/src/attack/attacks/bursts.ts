import { clientFrame } from '@viaduct/testkit/frames';
import type { Attack } from '../attack.js';

const POLLING = '/socket.io/?EIO=4&transport=polling';

const burst: Attack<'frames'> = {
  name: 'burst',
  does: 'a fresh connection sends thousands of commands in one write, then the next one does',
  countedBy: [{ name: 'viaduct_errors_total' }],
  sizes: { frames: [3000, 10_000] },
  async run(context) {
    const bytes = Buffer.concat(
      Array.from({ length: context.sizes.frames }, (_, i) =>
        clientFrame(`GET attack_none_${i} client_ref=${i}`),
      ),
    );
    await context.repeat(500, async () => {
      const connection = await context.open();
      connection?.write(bytes);
    });
  },
};

const distributedBurst: Attack<'addresses' | 'frames'> = {
  name: 'distributed-burst',
  does: 'fresh connections from many addresses send a thousand commands each in one write, then reconnect',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'rate_limited' } }],
  sizes: { addresses: [5, 20], frames: [500, 1000] },
  async run(context) {
    const { addresses, frames } = context.sizes;
    const bytes = Buffer.concat(Array.from({ length: frames }, () => clientFrame('BBOX 1 2 3 4')));
    await context.repeat(1000, async () => {
      const opened = await context.openMany(addresses, { perAddress: 1 }, (connection) =>
        connection.write(bytes),
      );
      await context.wait(300);
      for (const connection of opened) context.close(connection);
    });
  },
};

const pollingPackets: Attack<'packets'> = {
  name: 'polling-packets',
  does: 'one polling POST carries a megabyte of packets, again and again',
  countedBy: [{ name: 'viaduct_connections_opened_total', labels: { transport: 'socket.io' } }],
  sizes: { packets: [20_000, 60_000] },
  async run(context) {
    const { packets } = context.sizes;
    const body = Array.from({ length: packets }, () => '42["command","PING"]')
      .join('\u001e')
      .slice(0, 1_000_000);
    await context.repeat(300, async () => {
      const opened = await context.answer({ path: POLLING });
      const sid = /"sid":"([^"]+)"/u.exec(opened?.text ?? '')?.[1];
      if (sid === undefined) return;
      const post = {
        path: `${POLLING}&sid=${sid}`,
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
      };
      await context.answer({ ...post, body: '40' });
      await context.answer({ ...post, body: body.slice(0, body.lastIndexOf('\u001e')) });
    });
  },
};

const longCommands: Attack<'sessions' | 'kilobytes'> = {
  name: 'long-commands',
  does: 'sessions send frames of the largest size with thousands of arguments, which the rate limit refuses',
  countedBy: [{ name: 'viaduct_errors_total' }],
  sizes: { sessions: [2, 6], kilobytes: [100, 125] },
  async run(context) {
    const { sessions, kilobytes } = context.sizes;
    const bytes = clientFrame(`BBOX ${'a=b '.repeat(kilobytes * 256)}`.slice(0, kilobytes * 1000));
    await context.openMany(sessions, { perAddress: 2 }, (connection) => {
      void context.repeat(10, () => {
        if (connection.acceptsData) connection.write(bytes);
      });
    });
    await context.wait(600_000);
  },
};

const publishing: Attack<'sessions'> = {
  name: 'publishing',
  does: 'sessions publish to one channel as fast as they can, and subscribe to it',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'rate_limited' } }],
  settings: { PUBLISH_CHANNELS: 'attack_*' },
  sizes: { sessions: [10, 40] },
  async run(context) {
    const message = JSON.stringify({ pad: 'x'.repeat(10_000) });
    await context.openMany(context.sizes.sessions, {}, (connection) => {
      connection.send('SUB attack_published');
      void context.repeat(50, () => connection.send(`PUB attack_published ${message}`));
    });
    await context.wait(60_000);
  },
};

export const BURSTS = [burst, distributedBurst, pollingPackets, longCommands, publishing] as const;
