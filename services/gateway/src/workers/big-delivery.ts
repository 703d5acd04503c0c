import { GeoMessage, type GeoPool, type MessageResult, type MessageTask } from '@viaduct/geo-worker';
import { envelopeTail } from '@viaduct/protocol';
import { Audience } from '../delivery/audience.js';
import { type ConflationKey, conflationKey } from '../delivery/conflation-key.js';
import type { FailureDetails } from '../delivery/hub.js';
import type { Arrival, HubChannel } from '../delivery/hub-interfaces.js';
import type { Member } from '../delivery/member.js';
import { OutMessage } from '../delivery/messages.js';
import type { LongWork } from '../state/long-work.js';
import { BigGroup } from './big-group.js';
import { envelopeFrame } from './envelope-frame.js';

/** What is reported about one delivery, as the hub does for others. */
export interface BigDeliveryObserver {
  delivered(channel: string, delivered: number, members: number, failed: number): void;
  invalid(channel: string, error: unknown): void;
  failed(channel: string, error: unknown, details?: FailureDetails): void;
  unlocated(count: number): void;
  withheld(channel: string): void;
}

/** How many bytes are pushed in one turn of the event loop; the rest follows in later turns. */
const TURN_BYTES = 8 * 1024 * 1024;

/** Minimum size of the parts in which a message is divided among workers, because each of them parses all of it. */
const PART_BYTES = 512 * 1024;

/** With more groups than this, rendering takes longer than parsing, so that smaller parts are worthwhile. */
const RENDERINGS_OF_A_PART = 8;

/**
 * How often workers are asked. In the second round, sessions run no commands. If an embedding program changes a view
 * even then, the main thread serves it.
 */
const ROUNDS = 2;

/** One message on its way through the pool. */
interface Run {
  readonly channel: HubChannel;
  readonly arrival: Arrival;
  delivered: number;
  /** Members that could not be served. */
  failed: number;
  key: ConflationKey | null;
  /** Bytes that were pushed in this turn. */
  pushed: number;
  /** Why workers returned nothing for some of the members; null if they returned something for all. */
  failure: { readonly reason: unknown } | null;
}

/** Delivers messages with the results of workers. */
export class BigDelivery {
  readonly #pool: GeoPool;
  readonly #longWork: LongWork;
  readonly #observer: BigDeliveryObserver;
  readonly #idProperty: string;

  /** @param idProperty member of `properties` that identifies a Feature without an `id`; empty for none */
  constructor(pool: GeoPool, longWork: LongWork, observer: BigDeliveryObserver, idProperty: string) {
    this.#pool = pool;
    this.#longWork = longWork;
    this.#observer = observer;
    this.#idProperty = idProperty;
  }

  /**
   * Delivers one message to the current members of a channel, by the view that each has when the message is pushed.
   * Members that changed their view while workers were busy are processed again, and run no further command until
   * then. Members that leave meanwhile do not receive it.
   *
   * @throws GeoPoolError if workers failed, after all other members have received the message
   */
  async deliver(channel: HubChannel, arrival: Arrival): Promise<void> {
    const run: Run = { channel, arrival, delivered: 0, failed: 0, key: null, pushed: 0, failure: null };
    const members = channel.members.size;
    let decided = (): void => {};
    const decision = new Promise<void>((resolve) => {
      decided = resolve;
    });
    try {
      let wanted: readonly Member[] = [...channel.members.keys()];
      for (let round = 1; wanted.length > 0; round++) {
        const changed = round > ROUNDS ? this.#onTheSpot(run, wanted) : await this.#round(run, wanted);
        if (changed === null) return;
        for (const member of changed) member.delayCommands?.(decision);
        wanted = changed;
      }
      this.#observer.delivered(channel.name, run.delivered, members, run.failed);
      if (run.failure !== null) throw run.failure.reason;
    } finally {
      decided();
    }
  }

  /**
   * Has workers process the message for members. Returns the members that changed meanwhile; null if it is not JSON.
   */
  async #round(run: Run, members: readonly Member[]): Promise<readonly Member[] | null> {
    const { groups, filtered } = groupsOf(run.channel, members);
    const parts = partsOf(groups, this.#pool.threads, run.arrival.text.length);
    const outcomes = await Promise.allSettled(parts.map((part) => this.#ask(run, part)));
    const changed: Member[] = [];
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') {
        run.failure = { reason: outcome.reason };
        for (const { size } of parts[i] ?? []) run.failed += size;
      } else if (!outcome.value.valid) {
        this.#observer.invalid(run.channel.name, outcome.value.error);
        return null;
      } else changed.push(...(await this.#give(run, parts[i] ?? [], outcome.value)));
    }
    return filtered.length > 0 && this.#onTheSpot(run, filtered) === null ? null : changed;
  }

  #ask({ channel, arrival }: Run, groups: readonly BigGroup[]): Promise<MessageResult> {
    const { text, timestamp, id } = arrival;
    const tail = envelopeTail(timestamp, null, id);
    const frame = envelopeFrame(channel.name, tail);
    return this.#pool.run<MessageTask>({
      kind: 'message',
      text,
      idProperty: this.#idProperty,
      frame,
      recipients: groups.map((group) => group.recipients()),
    });
  }

  /** Pushes the text that workers wrote. Returns the members whose view has changed since. */
  async #give(run: Run, groups: readonly BigGroup[], { isGeo, id, readings }: Valid): Promise<Member[]> {
    run.key = conflationKey(run.channel.name, id);
    const changed: Member[] = [];
    for (const [i, group] of groups.entries()) {
      const own = readings[i];
      if (own === undefined) continue;
      if (own.unlocated > 0) this.#observer.unlocated(own.unlocated);
      if (own.isOutside && !isGeo) this.#observer.withheld(run.channel.name);
      const whole = own.whole === null ? null : this.#message(run, own.whole);
      for (const { member, version, bytes } of group.outcomes(own, isGeo)) {
        if (bytes !== null) await this.#pace(run, bytes.length);
        const present = presentOf(run.channel, member);
        if (present === null) continue;
        if (present.view.version !== version) changed.push(present);
        else if (bytes !== null) {
          present.push(whole !== null && bytes === own.whole ? whole : this.#message(run, bytes));
          run.delivered++;
        }
      }
    }
    return changed;
  }

  #message({ arrival, key }: Run, bytes: Uint8Array<ArrayBuffer>): OutMessage {
    return new OutMessage(bytes, arrival.arrivedAt, { id: arrival.id, key });
  }

  /** Waits for the next turn if too much was pushed in this one. */
  async #pace(run: Run, bytes: number): Promise<void> {
    if (run.pushed > 0 && run.pushed + bytes > TURN_BYTES) {
      await this.#longWork.turn();
      run.pushed = 0;
    }
    run.pushed += bytes;
  }

  /** Does the work that workers cannot do. Returns no member; null if the message is not JSON. */
  #onTheSpot(run: Run, members: readonly Member[]): readonly Member[] | null {
    const { channel, arrival } = run;
    let content: GeoMessage;
    try {
      content = GeoMessage.parse(arrival.text);
    } catch (error) {
      this.#observer.invalid(channel.name, error);
      return null;
    }
    const failed = (error: unknown, member: Member): void => {
      run.failed++;
      this.#observer.failed(channel.name, error, member.name);
    };
    const { id, timestamp, arrivedAt } = arrival;
    const key = conflationKey(channel.name, content.featureId(this.#idProperty));
    const own = { id, timestamp, arrivedAt, key };
    const delivery = { channel: channel.name, content, ...own, delivered: 0, failed };
    for (const part of audiencesOf(channel, members)) {
      if (part.deliver(delivery) === 0 && part.withholds(content)) this.#observer.withheld(channel.name);
    }
    run.delivered += delivery.delivered;
    return [];
  }
}

/** The member, or its replacement in the channel with the same view; null if it has left. */
function presentOf({ members, successors }: HubChannel, member: Member): Member | null {
  let present: Member | undefined = member;
  while (present !== undefined && !members.has(present)) present = successors.get(present);
  return present ?? null;
}

type Valid = Extract<MessageResult, { valid: true }>;

/** Divides members into groups that receive the same bytes, and members with filters, which need the parsed value. */
function groupsOf({ members: all }: HubChannel, members: readonly Member[]) {
  const groups = new Map<Audience, BigGroup>();
  const filtered: Member[] = [];
  for (const member of members) {
    const audience = all.get(member);
    if (audience === undefined) continue;
    if (member.view.filters !== null) {
      filtered.push(member);
      continue;
    }
    let group = groups.get(audience);
    if (group === undefined) {
      group = new BigGroup(member.view, member.view.area);
      groups.set(audience, group);
    }
    group.add(member);
  }
  return { groups: [...groups.values()], filtered };
}

/** Divides groups among threads. */
function partsOf(groups: readonly BigGroup[], threads: number, length: number): BigGroup[][] {
  const renderings = Math.max(1, groups.length / RENDERINGS_OF_A_PART);
  const count = Math.min(groups.length, threads, Math.ceil((length * renderings) / PART_BYTES));
  const parts: BigGroup[][] = Array.from({ length: count }, () => []);
  for (const [i, group] of groups.entries()) parts[i % count]?.push(group);
  return parts;
}

/** Audiences of only these members of a channel. */
function audiencesOf({ members: all }: HubChannel, members: readonly Member[]): Iterable<Audience> {
  const audiences = new Map<Audience, Audience>();
  for (const member of members) {
    const whole = all.get(member);
    if (whole === undefined) continue;
    let part = audiences.get(whole);
    if (part === undefined) {
      part = new Audience(member.view);
      audiences.set(whole, part);
    }
    part.place(member);
  }
  return audiences.values();
}
