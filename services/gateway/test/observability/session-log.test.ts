import { fileURLToPath } from 'node:url';
import { TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, type LogLine, startGateway } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { describe, expect, test } from 'vitest';

const STUMBLE = fileURLToPath(new URL('../fixtures/stumble.mjs', import.meta.url));
const DEBUG = 20;
const ERROR = 50;

/** Lines with this message, without the fields that every line has. */
function linesOf(gateway: GatewayProcess, msg: string): Record<string, unknown>[] {
  return gateway.log
    .filter((line) => line.msg === msg)
    .map(({ msg: _msg, time: _time, pid: _pid, hostname: _hostname, ...fields }: LogLine) => fields);
}

describe.each(TRANSPORT_NAMES)('LOG_LEVEL=debug, %s', (transport) => {
  test('the log follows one session from its beginning to its end, each line with its id', async () => {
    const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: 'trains', LOG_LEVEL: 'debug' });
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('SUB trains');
    await client.run('GET trains');
    await client.run('GET secret');
    await client.run('DEL trains');
    await client.run('NONSENSE');
    await client.run('SUB trains');
    await client.close();

    await eventually(() => expect(linesOf(gateway, 'session closed')).toHaveLength(1));
    const [opened] = linesOf(gateway, 'session opened');
    const { session } = opened ?? {};
    expect(session).toMatch(/^[\w-]{16}$/u);
    const name = { level: DEBUG, session, transport };
    expect(opened).toEqual({ ...name, address: '127.0.0.1' });

    // A raw client of these tests sends a PING after each command.
    const commands = linesOf(gateway, 'command ended').filter(({ command }) => command !== 'PING');
    const ms = expect.any(Number);
    expect(commands).toEqual([
      { ...name, command: 'SUB', channel: 'trains', outcome: 'ok', ms },
      { ...name, command: 'GET', channel: 'trains', outcome: 'ok', ms },
      { ...name, command: 'GET', channel: 'secret', outcome: 'not_allowed', ms },
      { ...name, command: 'DEL', channel: 'trains', outcome: 'ok', ms },
      { ...name, command: 'unknown', outcome: 'unknown_command', ms },
      { ...name, command: 'SUB', channel: 'trains', outcome: 'ok', ms },
    ]);
    const channel = { ...name, channel: 'trains' };
    expect(linesOf(gateway, 'subscription began')).toEqual([channel, channel]);
    expect(linesOf(gateway, 'subscription ended')).toEqual([channel, channel]);

    const [closed] = linesOf(gateway, 'session closed');
    expect(closed).toEqual({ ...name, code: 1000, seconds: ms, bytes: ms });
    expect(closed?.bytes).toBe((await gateway.scrape()).sum('viaduct_sent_bytes_total', { transport }));
  });

  test('a refused connection is logged with the reason and its address', async () => {
    const gateway = await startGateway({ REDIS_URL: 'memory:', MAX_CONNECTIONS: '1', LOG_LEVEL: 'debug' });
    await TRANSPORTS[transport](gateway.url);
    await expect(TRANSPORTS[transport](gateway.url)).rejects.toThrow();
    await eventually(() => {
      const refusal = { level: DEBUG, transport, reason: 'too_many_connections', address: '127.0.0.1' };
      expect(linesOf(gateway, 'connection refused')).toEqual([refusal]);
    });
  });

  test('a defect in a command is logged with its session, transport, command and channel', async () => {
    const gateway = await startGateway(
      { REDIS_URL: 'memory:', CHANNELS: '*', COMMANDS: STUMBLE },
      { defects: true },
    );
    const client = await TRANSPORTS[transport](gateway.url);
    expect((await client.run('STUMBLE failed trains')).status).toMatchObject({ code: 'internal' });
    // The line may arrive after the answer.
    await eventually(() => {
      expect(linesOf(gateway, 'internal failure')).toEqual([
        {
          level: ERROR,
          where: 'command',
          session: expect.any(String),
          transport,
          command: 'STUMBLE',
          channel: 'trains',
          err: expect.objectContaining({ message: 'a defect of the command' }),
        },
      ]);
    });
  });

  test("a defect in a session's filter is logged with the session and the channel", async () => {
    const { server, redis } = await startWorld();
    const gateway = await startGateway(
      { REDIS_URL: server.url, CHANNELS: '*', COMMANDS: STUMBLE },
      { defects: true },
    );
    const client = await TRANSPORTS[transport](gateway.url);
    await client.run('SUB trains');
    await client.run('STUMBLE filter');
    await redis.publish('trains', '1');
    await eventually(() => {
      expect(linesOf(gateway, 'internal failure')).toEqual([
        {
          level: ERROR,
          where: 'delivery',
          session: expect.any(String),
          transport,
          channel: 'trains',
          err: expect.objectContaining({ message: 'a defect of the filter' }),
        },
      ]);
    });
  });
});

test('by default the log does not grow with clients', async () => {
  const gateway = await startGateway({ REDIS_URL: 'memory:', CHANNELS: '*', MAX_CONNECTIONS: '1' });
  const before = gateway.log.length;
  const client = await TRANSPORTS.raw(gateway.url);
  await client.run('SUB trains');
  await client.run('NONSENSE');
  await expect(TRANSPORTS.raw(gateway.url)).rejects.toThrow();
  await client.close();
  await eventually(async () => {
    expect((await gateway.scrape()).sum('viaduct_connections_closed_total')).toBe(1);
  });
  expect(gateway.log).toHaveLength(before);
});
