import { DATA_CRS } from '@viaduct/geo-worker';
import { type Envelope, parseEnvelope } from '@viaduct/protocol';
import { featureKeys } from '../../src/delivery/conflation-key.js';
import { Hub, type HubObserver } from '../../src/delivery/hub.js';
import type { Member } from '../../src/delivery/member.js';
import type { OutMessage } from '../../src/delivery/messages.js';
import { SessionView } from '../../src/session/view.js';

/** A session that records its messages. */
export class FakeMember implements Member {
  readonly messages: OutMessage[] = [];
  delayCommands?: (until: Promise<void>) => void;

  constructor(readonly view = new SessionView(DATA_CRS)) {}

  push(message: OutMessage): void {
    this.messages.push(message);
  }

  get received(): Envelope[] {
    return this.messages.map(({ json }) => parseEnvelope(json));
  }

  get contents(): unknown[] {
    return this.received.map(({ content }) => content);
  }
}

/** A call that the source has not answered yet. */
export interface OpenCall {
  call: string;
  succeed(): void;
  fail(error: Error): void;
}

/** A source that answers when the test says so. */
export class FakeSource {
  /** `+channel` for each subscribe, `-channel` for each unsubscribe. */
  readonly calls: string[] = [];
  readonly open: OpenCall[] = [];
  /** False: calls stay open until the test answers them. */
  prompt = true;

  subscribe(channel: string): Promise<void> {
    return this.#take(`+${channel}`);
  }

  unsubscribe(channel: string): Promise<void> {
    return this.#take(`-${channel}`);
  }

  #take(call: string): Promise<void> {
    this.calls.push(call);
    if (this.prompt) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.open.push({ call, succeed: resolve, fail: reject });
    });
  }
}

/** Records the reports of a hub. */
export class Reports implements HubObserver {
  readonly deliveries: [channel: string, delivered: number, members: number][] = [];
  /** Failed deliveries to sessions, by message. */
  readonly unserved: number[] = [];
  readonly invalids: string[] = [];
  readonly failures: unknown[] = [];

  delivered(channel: string, delivered: number, members: number, failed: number): void {
    this.deliveries.push([channel, delivered, members]);
    this.unserved.push(failed);
  }

  invalid(channel: string): void {
    this.invalids.push(channel);
  }

  failed(_channel: string, error: unknown): void {
    this.failures.push(error);
  }

  unlocated(): void {}

  withheld(): void {}
}

/** A hub between a fake source and fake sessions. */
export class HubHarness {
  readonly source = new FakeSource();
  readonly reports = new Reports();
  readonly hub: Hub;

  /** @param unsubscribeDelayMs see {@link Hub} */
  constructor(unsubscribeDelayMs = 500) {
    this.hub = new Hub(this.source, this.reports, unsubscribeDelayMs, null, featureKeys(''));
  }

  async member(...channels: string[]): Promise<FakeMember> {
    const member = new FakeMember();
    for (const channel of channels) await this.hub.subscribe(channel, member);
    return member;
  }
}
