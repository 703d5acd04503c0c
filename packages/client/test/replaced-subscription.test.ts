import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Ack, Envelope } from '@viaduct/protocol';
import { expect, onTestFinished, test } from 'vitest';
import { connect, LiveCollection } from '../src/index.js';
import type { CommandEvent, Transport, WireObserver } from '../src/transport.js';
import { idsOf, train } from './support/stack.js';

const CHANNEL = 'trains';

/** A gateway that answers and sends what a test says. */
class ScriptedGateway {
  readonly commands: CommandEvent[] = [];
  readonly #answers: Ack[] = [];
  #observer: WireObserver | undefined;

  readonly transport: Transport = (_address, _settings, observer) => {
    this.#observer = observer;
    return {
      open: () => observer.opened(),
      send: (event, _options, answered) => {
        this.commands.push(event);
        this.#answers.push(answered);
        return 1;
      },
      cut: () => {},
      close: () => {},
    };
  };

  /** Confirms the oldest command without an answer. */
  confirm(): void {
    this.#answers.shift()?.({ status: 'ok', command: '' });
  }

  /** Sends trains with these numbers, and statuses of the channel. */
  say(...contents: (number | object)[]): void {
    const envelopes = contents.map((content): Envelope => {
      const isTrain = typeof content === 'number';
      return {
        source: isTrain ? CHANNEL : 'websocket',
        content: isTrain ? train(content, content, 47) : { channel: CHANNEL, ...content },
        timestamp: 0,
        client_reference: null,
      };
    });
    this.#observer?.received(envelopes);
  }
}

const BEGIN = { status: 'snapshot_begin', reason: 'subscribed' };
const end = (count: number) => ({ status: 'snapshot_end', count });

test('a live view that is given up while its first command is on its way is no longer requested', async () => {
  const gateway = new ScriptedGateway();
  const viaduct = connect('http://gateway.test', { transport: gateway.transport });
  onTestFinished(() => viaduct.close());
  await viaduct.connected();
  const subscription = viaduct.subscribe(CHANNEL, { live: true, since: '1-0' });
  await expect.poll(() => gateway.commands).toEqual(['sub']);
  const ended = subscription.unsubscribe();
  gateway.confirm();
  gateway.confirm();
  await ended;
  await nextTurn();
  expect(gateway.commands).toEqual(['sub', 'del']);
});

test('a collection that replaces one whose features were still arriving is ready when it has its own', async () => {
  const gateway = new ScriptedGateway();
  const viaduct = connect('http://gateway.test', { transport: gateway.transport });
  onTestFinished(() => viaduct.close());
  const first = new LiveCollection(viaduct, CHANNEL);
  await expect.poll(() => gateway.commands).toEqual(['sub']);
  gateway.confirm();
  gateway.say(BEGIN, 1);
  const closed = first.close();
  const second = new LiveCollection(viaduct, CHANNEL);
  const states: string[] = [];
  second.on('state', ({ state }) => states.push(state));
  await expect.poll(() => gateway.commands).toEqual(['sub', 'del', 'sub']);
  gateway.say(2, end(2));
  await nextTurn();
  expect(states).toEqual([]);
  gateway.confirm();
  await closed;
  gateway.confirm();
  gateway.say(BEGIN, 1, 2, 3, end(3));
  await second.subscription.ready;
  expect(idsOf(second)).toEqual([1, 2, 3]);
  expect(states).toEqual(['snapshot', 'live']);
});
