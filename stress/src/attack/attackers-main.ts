import { setMaxListeners } from 'node:events';
import { getPriority, setPriority } from 'node:os';
import { Random } from '@viaduct/testkit/random';
import { Redis } from 'ioredis';
import type { Attack } from './attack.js';
import type { Order, Orders, Report } from './attackers.js';
import { ATTACKS } from './attacks/index.js';
import { AttackContext } from './context.js';

/** Real attackers have machines of their own: on this one, they get only the CPU time that nobody else needs. */
const NICER_BY = 10;
const NICEST = 19;

setPriority(Math.min(NICEST, getPriority() + NICER_BY));

const { port, redisUrl, assaults, seed } = JSON.parse(process.argv[2] ?? '') as Orders;

process.on('disconnect', () => process.exit());

const redis = new Redis(redisUrl);
const ended = new AbortController();
setMaxListeners(0, ended.signal);
const contexts = assaults.map(
  ({ sizes }, i) => new AttackContext(port, redis, new Random(seed + i), sizes, ended.signal),
);

function each(
  act: (attack: Attack, context: AttackContext) => Promise<unknown> | undefined,
): Promise<unknown> {
  return Promise.all(assaults.map(({ name }, i) => act(attackNamed(name), contexts[i] as AttackContext)));
}

function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((other) => other.name === name);
  if (attack === undefined) throw new Error(`there is no attack ${name}`);
  return attack;
}

const acts: Record<Order, () => unknown> = {
  prepare: () => each((attack, context) => attack.prepare?.(context)),
  attack: () => each((attack, context) => attack.run(context)),
  end: () => ended.abort(),
  closeConnections() {
    for (const context of contexts) context.closeConnections();
  },
};

async function carryOut(order: Order): Promise<Report> {
  try {
    await acts[order]();
    return { done: order };
  } catch (error) {
    return { failed: error instanceof Error ? String(error.stack) : String(error) };
  }
}

process.on('message', (order: Order) => {
  void carryOut(order).then((report) => process.send?.(report));
});
