import type { Envelope } from '@viaduct/protocol';
import { RawClient, type TestClient, TRANSPORTS } from '@viaduct/testkit/clients';
import { SECRET, sign } from '@viaduct/testkit/credentials';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { startWorld, type World } from '@viaduct/testkit/world';
import { beforeAll, describe, expect, test } from 'vitest';
import { bigFeature, isFeature, KINDS } from '../support/areas.js';

const WEST = [0, 40, 10, 50];
const ALL = [0, 40, 20, 50];
const VALUES = 1_500;

function feature(id: string, x: number): string {
  return JSON.stringify(bigFeature(id, { type: 'Point', coordinates: [x, 45] }));
}

/** Envelopes, with those in lists. */
function flat(envelopes: readonly Envelope[]): Envelope[] {
  return envelopes.flatMap((envelope) =>
    envelope.source === 'buffer' ? flat(envelope.content as Envelope[]) : [envelope],
  );
}

function isMark({ content }: Envelope): boolean {
  return (content as { status?: unknown } | null)?.status === 'view';
}

describe.each(KINDS)(
  'a $transport session whose TOKEN narrows its area, by $worker',
  ({ transport, env }) => {
    let world: World;
    let gateway: GatewayProcess;

    beforeAll(async () => {
      world = await startWorld();
      gateway = await startGateway({
        REDIS_URL: world.server.url,
        CHANNELS: '*',
        JWT_SECRET: SECRET,
        COMMANDS_PER_SECOND: '0',
        ...env,
      });
      const fields = Array.from({ length: VALUES }, (_, i) => [
        `f${i}`,
        feature(`f${i} ${i % 2 ? 'east' : 'west'}`, i % 2 ? 15 : 5),
      ]);
      await world.redis.hset('places', Object.fromEntries(fields));
    });

    async function connect(): Promise<TestClient> {
      const token = await sign({ channels: ['*'], area: ALL });
      return TRANSPORTS[transport](gateway.url, { token });
    }

    const narrowed = async (): Promise<string> =>
      `TOKEN ${await sign({ channels: ['*'], area: WEST })} client_ref=narrowed`;

    /**
     * What has arrived after the answer to TOKEN, at the end of everything. Without the marks of a live view: they list what
     * the client must drop, by the ids that it holds.
     */
    async function afterToken(client: TestClient): Promise<string> {
      await client.run('BUFFER');
      await world.redis.publish('places', feature('the end', 5));
      await client.inbox.next(isFeature('the end'));
      const all = flat(client.inbox.all);
      const answer = all.findIndex(({ client_reference }) => client_reference === 'narrowed');
      expect(all[answer]?.content).toEqual({ status: 'ok', command: 'TOKEN' });
      expect(answer).toBeGreaterThan(0);
      return JSON.stringify(all.slice(answer).filter((envelope) => !isMark(envelope)));
    }

    test.each([
      ['in a BUFFER', ['SUB places', 'BUFFER 1000 60000']],
      ['in a BUFFER, after RESET and a box', ['SUB places', 'BUFFER 1000 60000', 'RESET', 'BBOX 0 40 20 50']],
      ['in a BUFFER, in a projection', ['PROJECTION epsg:3857', 'SUB places', 'BUFFER 1000 60000']],
      ['in a BUFFER, of a live view', ['SUB places live=true', 'BUFFER 1000 60000']],
    ])('receives nothing outside after the answer: what was queued %s', async (_, lines) => {
      const client = await connect();
      for (const line of lines) await client.run(line);
      const other = await connect();
      await other.run('SUB places');
      await world.redis.publish('places', feature('late east', 15));
      await world.redis.publish('places', feature('late west', 5));
      await other.inbox.next(isFeature('late west'));
      client.sendTogether([await narrowed()]);
      await client.run('PING');
      await world.redis.publish('places', feature('later east', 15));
      await world.redis.publish('places', feature('later west', 5));
      const received = await afterToken(client);
      expect(received).not.toContain('east');
      expect(received).toContain('later west');
    });

    test.each([
      ['a snapshot', ['SUB places snapshot=true']],
      ['a live view', ['SUB places live=true']],
      [
        'a live view in a projection that pans',
        [
          'PROJECTION epsg:3857',
          'SUB places live=true',
          'BBOX 0 0 1000000 9000000',
          'BBOX 0 0 2000000 9000000',
        ],
      ],
      ['a hash', ['SUB places', 'GET places']],
      ['a hash, after RESET', ['SUB places', 'RESET', 'BBOX 0 40 20 50', 'GET places']],
      [
        'a hash and a snapshot',
        ['GET places', 'SUB places snapshot=true', 'PGET places projection=epsg:3857'],
      ],
    ])('receives nothing outside after the answer: %s that is being sent', async (_, lines) => {
      const client = await connect();
      // Reads nothing meanwhile, so that the gateway has to wait in the middle.
      if (client instanceof RawClient) client.pause();
      client.sendTogether([...lines, await narrowed(), 'GET places']);
      await world.redis.publish('places', feature('late east', 15));
      if (client instanceof RawClient) client.resume();
      await client.run('PING');
      const received = await afterToken(client);
      expect(received).not.toContain('east');
      expect(received).toContain('west');
    });
  },
);
