import type { Attack } from '../attack.js';
import { fillHash } from '../data.js';

const bigFields: Attack<'sessions' | 'reads'> = {
  name: 'unread-answers',
  does: 'clients that never read request one field of 64 KB many times',
  countedBy: [{ name: 'viaduct_commands_total', labels: { command: 'GET' } }],
  sizes: { sessions: [60, 150], reads: [125, 125] },
  prepare: ({ redis }) => fillHash(redis, 'attack_fields', 10, 63_000),
  async run(context) {
    const { sessions, reads } = context.sizes;
    const connections = await context.openMany(sessions, { reads: false });
    const perRound = 10;
    await context.repeat(250, (round) => {
      if (round * perRound >= reads) return;
      const commands = Array.from({ length: perRound }, (_, i) => `GET attack_fields ${1 + i}`);
      for (const connection of connections) connection.send(...commands);
    });
  },
};

const stalledSubscribers: Attack<'sessions' | 'kilobytes'> = {
  name: 'unread-messages',
  does: 'clients that never read subscribe to a busy channel, each in a view of its own',
  countedBy: [{ name: 'viaduct_messages_total' }],
  sizes: { sessions: [60, 150], kilobytes: [20, 20] },
  async run(context) {
    const { sessions, kilobytes } = context.sizes;
    await context.openMany(sessions, { reads: false }, (connection, i) => {
      connection.send(`PROJECTION epsg:3857 precision=${[1, 2, 5][i % 3]}e${-(i % 4)}`, 'SUB attack_busy');
    });
    const pad = 'x'.repeat(kilobytes * 1000);
    const geometry = { type: 'Point', coordinates: [8.5, 47.4] };
    let id = 0;
    await context.repeat(20, () => {
      const feature = { type: 'Feature', id: id++, geometry, properties: { pad } };
      return context.redis.publish('attack_busy', JSON.stringify(feature));
    });
  },
};

export const QUEUES = [bigFields, stalledSubscribers] as const;
