import type { RedisPlace } from './place.js';
import { askNode } from './question.js';
import { describeNode, type RedisNode, type SentinelAddress, sameNode } from './url.js';

interface Nomination extends RedisNode {
  /** Grows with each failover: of two Sentinels, the one with the higher number is right. */
  epoch: number;
}

/** The master that Sentinels agree on, found as in https://redis.io/docs/latest/develop/reference/sentinel-clients. */
export class SentinelPlace implements RedisPlace {
  readonly #address: SentinelAddress;
  readonly #timeoutMs: number;
  readonly role = 'master';

  constructor(address: SentinelAddress, timeoutMs: number) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws Error with the answer or failure of every Sentinel if none of them knows the master */
  async locate(): Promise<RedisNode> {
    const { sentinels, master } = this.#address;
    // All are asked at once: one that was cut off may still name an old master.
    const answers = await Promise.allSettled(sentinels.map((sentinel) => this.#ask(sentinel)));
    const known = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
    const [latest] = known.sort((a, b) => b.epoch - a.epoch);
    if (latest !== undefined) return { host: latest.host, port: latest.port };
    const failures = answers.map((answer, i) => {
      const reason = answer.status === 'rejected' ? String(answer.reason) : '';
      return `${describeNode(sentinels[i] ?? { host: '', port: 0 })}: ${reason}`;
    });
    throw new Error(`No Sentinel knows the master "${master}" (${failures.join('; ')}).`);
  }

  async holds(node: RedisNode): Promise<boolean> {
    try {
      return sameNode(node, await this.locate());
    } catch {
      return true;
    }
  }

  async #ask(sentinel: RedisNode): Promise<Nomination> {
    const access = { ...this.#address.sentinel, tls: this.#address.tls };
    const fields = await askNode(sentinel, access, this.#timeoutMs, (client) =>
      client.call('SENTINEL', 'MASTER', this.#address.master),
    );
    const state = new Map<string, string>();
    const flat = Array.isArray(fields) ? fields.map(String) : [];
    for (let i = 0; i + 1 < flat.length; i += 2) state.set(String(flat[i]), String(flat[i + 1]));
    const host = state.get('ip');
    const port = Number(state.get('port'));
    if (host === undefined || !(port > 0)) throw new Error('the answer names no master');
    return { host, port, epoch: Number(state.get('config-epoch')) };
  }
}
