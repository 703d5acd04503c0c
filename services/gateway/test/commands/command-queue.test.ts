import { type ErrorCode, parseCommandLine } from '@viaduct/protocol';
import { until } from '@viaduct/testkit/wait';
import { expect, test } from 'vitest';
import { builtins } from '../../src/commands/builtin/index.js';
import { CommandQueue } from '../../src/commands/command-queue.js';
import type { CommandClient, CommandServices } from '../../src/commands/command-services.js';
import { CommandRegistry } from '../../src/commands/registry.js';
import { SessionRates } from '../../src/commands/session-rates.js';
import { createClientWork } from '../support/work.js';

/** The queue of a session that can do nothing but PING, with what is reported and answered. */
function queue() {
  const reported: [unknown, object][] = [];
  const answers: string[] = [];
  const refused: ErrorCode[] = [];
  const paused: boolean[] = [];
  const services: CommandServices = {
    registry: new CommandRegistry(builtins),
    clientWork: createClientWork(),
    metrics: {
      commandDone: () => {},
      viewChangeDelayed: () => {},
      errors: { inc: ({ code }: { code: ErrorCode }) => void refused.push(code) },
    } as never,
    reportInternalError: (error, context) => void reported.push([error, context]),
    log: null,
    limits: { maxPendingCommands: 10 },
  };
  const client = {
    name: { session: 'id', transport: 'raw' },
    network: '',
    ended: false,
    context: { answer: (_source: string, content: string) => void answers.push(content) },
    outbox: { drained: async () => {} },
    takeWarning: () => null,
    sendEnvelope: () => {},
    end: () => {},
  } as unknown as CommandClient;
  const rates = new SessionRates({ commandsPerSecond: 0, viewChangesPerSecond: 0, publishesPerSecond: 1 });
  const commands = new CommandQueue(services, { pauseReading: (is) => void paused.push(is) }, client, rates);
  const ping = (weight = 1): void =>
    commands.receive({
      text: 'PING',
      weight,
      read: (syntaxOf) => parseCommandLine('PING', syntaxOf),
      acknowledge: null,
    });
  return { commands, ping, reported, answers, refused, paused };
}

test.each(['a job', 'a worker'] as const)(
  'commands behind %s that fails are carried out, and the failure is reported',
  async (kind) => {
    const { commands, ping, reported, answers } = queue();
    let fail = (_: Error): void => {};
    const failure = new Promise<void>((_, reject) => {
      fail = reject;
    });
    if (kind === 'a job') commands.add(() => failure);
    else commands.delay(failure);
    ping();
    commands.add(() => Promise.reject(new Error('another')));
    ping();
    expect(answers).toEqual([]);
    const error = new Error('failed');
    fail(error);
    await until(() => answers.length === 2, 'both answers');
    const context = { where: 'session', session: 'id', transport: 'raw' };
    expect(reported).toEqual([
      [error, context],
      [new Error('another'), context],
    ]);
    ping();
    await until(() => answers.length === 3, 'the session to continue');
  },
);

test('long commands that wait count as several', async () => {
  const { commands, ping, answers, refused } = queue();
  let run = (): void => {};
  commands.delay(
    new Promise<void>((resolve) => {
      run = resolve;
    }),
  );
  // Ten may wait: the third begins before they are reached.
  for (let i = 0; i < 5; i++) ping(4);
  expect(refused).toEqual(['too_many_commands', 'too_many_commands']);
  run();
  await until(() => answers.length === 3, 'the answers to those that waited');
});

test('a connection that is not read because of queued commands is read again when its session ends', () => {
  const { commands, ping, paused } = queue();
  commands.delay(new Promise<void>(() => {}));
  for (let i = 0; i < 5; i++) ping();
  expect(paused).toEqual([true]);
  commands.close();
  expect(paused).toEqual([true, false]);
});
