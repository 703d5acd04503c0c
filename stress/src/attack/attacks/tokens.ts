import { KeyServer, keyPair, SECRET, sign } from '@viaduct/testkit/credentials';
import type { Attack } from '../attack.js';
import { lineFeature } from '../data.js';

const TOKENS = { JWT_SECRET: SECRET, ANONYMOUS_CHANNELS: '*' };

const polygonAreas: Attack<'sessions' | 'vertices'> = {
  name: 'polygon-areas',
  does: 'sessions are limited to areas of thousands of vertices, each to another one, and lines cross all of them',
  countedBy: [{ name: 'viaduct_messages_total' }],
  settings: TOKENS,
  sizes: { sessions: [4, 20], vertices: [1000, 4000] },
  async run(context) {
    const { sessions, vertices } = context.sizes;
    const connections = await context.openMany(sessions, {});
    for (const [i, connection] of connections.entries()) {
      const ring = Array.from({ length: vertices }, (_, k) => {
        const angle = (2 * Math.PI * k) / vertices;
        const radius = 0.05 + 0.01 * (k % 2) + i / 10_000;
        return [
          Number((8.45 + radius * Math.cos(angle)).toFixed(5)),
          Number((47.35 + radius * Math.sin(angle)).toFixed(5)),
        ];
      });
      const area = { type: 'Polygon', coordinates: [[...ring, ring[0]]] };
      const exp = Math.floor(Date.now() / 1000) + 3600;
      const token = await sign({ channels: ['*'], area, exp });
      connection.send(`TOKEN ${token}`, 'SUB attack_areas');
    }
    const line = lineFeature(1, 200, [8.4, 47.3]);
    await context.repeat(200, () => context.redis.publish('attack_areas', line));
  },
};

const tokenGuesses: Attack<'sessions'> = {
  name: 'token-guesses',
  does: 'sessions send tokens with wrong signatures as fast as they can',
  countedBy: [{ name: 'viaduct_errors_total', labels: { code: 'invalid_token' } }],
  settings: TOKENS,
  sizes: { sessions: [5, 20] },
  async run(context) {
    const token = await sign({ channels: ['*'] }, 'another secret, which the gateway does not know');
    const commands = Array.from({ length: 5 }, () => `TOKEN ${token}`);
    await context.openMany(context.sizes.sessions, {}, (connection) => {
      void context.repeat(50, () => connection.send(...commands));
    });
    await context.wait(60_000);
  },
};

const unknownKeys: Attack<'perSecond'> = {
  name: 'unknown-keys',
  does: 'handshakes carry tokens whose keys nobody knows, while the key server answers with hundreds of megabytes',
  countedBy: [{ name: 'viaduct_connections_refused_total', labels: { reason: 'keys_unavailable' } }],
  async settings() {
    const keys = await KeyServer.start();
    keys.padBytes = 400 * 1024 * 1024;
    return { JWT_JWKS_URL: keys.url, ANONYMOUS_CHANNELS: '*' };
  },
  sizes: { perSecond: [50, 200] },
  async run(context) {
    const pairs = Array.from({ length: 5 }, (_, i) => keyPair(`unknown-${i}`));
    const tokens = await Promise.all(pairs.map((pair) => sign({ channels: ['*'] }, pair)));
    let from = 0;
    await context.repeat(100, async (round) => {
      const headers = [`Authorization: Bearer ${tokens[round % tokens.length]}`];
      await context.openMany(context.sizes.perSecond / 10, { headers, perAddress: 1, from: from++ * 20 });
    });
  },
};

export const TOKEN_ATTACKS = [polygonAreas, tokenGuesses, unknownKeys] as const;
