import { setMaxListeners } from 'node:events';
import { getPriority, setPriority } from 'node:os';
import { Random } from '@viaduct/testkit/random';
import { Redis } from 'ioredis';
import type { Attack } from './attack.js';
import type { Order, Orders, Report } from './attackers.js';
import { ATTACKS } from './attacks/index.js';
import { Field } from './field.js';

/** Real attackers have machines of their own: on this one, they get the time that nobody else needs. */
const NICER_BY = 10;
const NICEST = 19;

setPriority(Math.min(NICEST, getPriority() + NICER_BY));

const { port, redisUrl, assaults, seed } = JSON.parse(process.argv[2] ?? '') as Orders;

process.on('disconnect', () => process.exit());

const redis = new Redis(redisUrl);
const ended = new AbortController();
setMaxListeners(0, ended.signal);
const fields = assaults.map(
  ({ sizes }, i) => new Field(port, redis, new Random(seed + i), sizes, ended.signal),
);

function each(act: (attack: Attack, field: Field) => Promise<unknown> | undefined): Promise<unknown> {
  return Promise.all(assaults.map(({ name }, i) => act(attackNamed(name), fields[i] as Field)));
}

function attackNamed(name: string): Attack {
  const attack = ATTACKS.find((other) => other.name === name);
  if (attack === undefined) throw new Error(`there is no attack ${name}`);
  return attack;
}

const acts: Record<Order, () => unknown> = {
  prepare: () => each((attack, field) => attack.prepare?.(field)),
  attack: () => each((attack, field) => attack.run(field)),
  end: () => ended.abort(),
  disperse() {
    for (const field of fields) field.disperse();
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
