import { fileURLToPath } from 'node:url';
import { RawClient, TRANSPORT_NAMES, TRANSPORTS } from '@viaduct/testkit/clients';
import { type GatewayProcess, type LogLine, startGateway } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import { eventually, until } from '@viaduct/testkit/wait';
import { startWorld } from '@viaduct/testkit/world';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { createGateway, type HashEntries, MemorySource } from '../../src/index.js';
import type { HashLimits } from '../../src/sources/source.js';

const STUMBLE = fileURLToPath(new URL('../fixtures/stumble.mjs', import.meta.url));
const DEBUG = 20;
const ERROR = 50;

/** Lines with this message, without the fields that every line has. */
function linesOf(gateway: GatewayProcess, msg: string): Record<string, unknown>[] {
  return gateway.log
    .filter((line) => line.msg === msg)
    .map(({ msg: _msg, time: _time, pid: _pid, hostname: _hostname, ...fields }: LogLine) => fields);
}

/** A source whose hashes cannot be read before it is released. */
class HeldSource extends MemorySource {
  reads = 0;
  release = (): void => {};
  readonly #released = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  override async hashEntries(key: string, limits?: HashLimits): Promise<HashEntries> {
    this.reads++;
    await this.#released;
    return super.hashEntries(key, limits);
  }
}

test('a live subscription whose client leaves while the hash is read does not appear in the log', async () => {
  const lines: string[] = [];
  const log = { write: (line: string) => void lines.push((JSON.parse(line) as LogLine).msg) };
  const source = new HeldSource();
  source.hset('trains', '1', '1');
  const gateway = createGateway({
    port: 0,
    host: '127.0.0.1',
    channels: ['trains'],
    source,
    logger: pino({ level: 'debug' }, log),
  });
  atEnd(() => gateway.close());
  const { url } = await gateway.start();
  const client = await RawClient.connect(url);
  client.send('SUB trains live=true');
  await until(() => source.reads > 0, 'the hash to be read');
  client.terminate();
  await until(() => lines.includes('session closed'), 'the end of the session');
  source.release();
  await until(() => lines.includes('command ended'), 'the end of the command');
  expect(lines.filter((line) => line.startsWith('subscription'))).toEqual([]);
});

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
