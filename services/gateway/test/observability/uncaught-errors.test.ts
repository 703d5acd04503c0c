import { fileURLToPath } from 'node:url';
import { CLOSE_CODES } from '@viaduct/protocol';
import { RawClient } from '@viaduct/testkit/clients';
import { type GatewayProcess, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';

const STUMBLE = fileURLToPath(new URL('../fixtures/stumble.mjs', import.meta.url));

function start(defects: boolean): Promise<GatewayProcess> {
  return startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', COMMANDS: STUMBLE }, { defects });
}

test.each([
  ['thrown', 'uncaughtException', 'thrown in a timer'],
  ['rejected', 'unhandledRejection', 'a forgotten promise'],
])(
  'an error that is %s and not caught is logged and counted, clients are disconnected, and the process ends with code 1',
  async (fault, origin, message) => {
    const gateway = await start(true);
    const clients = [await RawClient.connect(gateway.url), await RawClient.connect(gateway.url)];
    clients[0]?.send(`STUMBLE ${fault}`);

    await eventually(() => expect(gateway.log.map(({ msg }) => msg)).toContain('uncaught error'));
    expect((await gateway.scrape()).sum('viaduct_uncaught_errors_total')).toBe(1);
    expect((await gateway.readiness()).status).toBe(503);
    const closed = await Promise.all(clients.map((client) => client.closed));
    expect(closed.map(({ code }) => code)).toEqual(clients.map(() => CLOSE_CODES.going_away.code));

    expect(await gateway.ended).toBe(1);
    const lines = gateway.log.filter(({ msg }) => msg === 'uncaught error');
    expect(lines).toMatchObject([{ level: 60, origin, err: { message } }]);
    expect(gateway.stderr).toBe('');
  },
);

test('what a library prints and what Node.js warns of are lines of the log', async () => {
  const gateway = await start(false);
  const client = await RawClient.connect(gateway.url);
  await client.run('STUMBLE printed');
  await client.run('STUMBLE warned');
  await eventually(() => {
    expect(gateway.log).toContainEqual(
      expect.objectContaining({ level: 40, msg: 'printed to the console', text: 'a library says hello' }),
    );
    expect(gateway.log).toContainEqual(
      expect.objectContaining({
        level: 40,
        msg: 'Node.js warning',
        err: expect.objectContaining({ message: 'something is deprecated' }),
      }),
    );
  });
  expect(gateway.stderr).toBe('');
});
