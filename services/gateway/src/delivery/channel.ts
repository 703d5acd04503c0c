import type { Audience } from './audience.js';
import { AudienceSet } from './audience-set.js';
import type { HubChannel, LiveTap } from './hub-interfaces.js';
import type { Member } from './member.js';
import { Traffic } from './traffic.js';

/** What passes through a channel. */
export interface ChannelTraffic {
  readonly name: string;
  readonly subscribers: number;
  readonly traffic: Traffic;
}

/** One channel with local subscribers, and its subscription upstream. */
export class Channel extends AudienceSet implements HubChannel, ChannelTraffic {
  readonly traffic = new Traffic(performance.now());
  readonly successors = new WeakMap<Member, Member>();
  live: LiveTap | null = null;
  /** Whether its traffic matters without any session or live view. */
  watched = false;
  /** True while the source is subscribed, as last confirmed. */
  upstream = false;
  /** Settles when the last upstream call has ended, so that calls run one at a time; null if none is under way. */
  lock: Promise<void> | null = null;
  unsubscribeTimer: NodeJS.Timeout | undefined;

  constructor(readonly name: string) {
    super();
  }

  /** Sessions that receive the channel's messages or see its features. */
  get subscribers(): number {
    let count = 0;
    for (const { size } of this.audiences) count += size;
    return count;
  }

  get audiences(): Audience[] {
    return [...this.byKey.values(), ...(this.live?.byKey.values() ?? [])];
  }

  /** Whether the channel has a session or a live view. */
  get served(): boolean {
    return this.members.size > 0 || this.live !== null;
  }

  get wanted(): boolean {
    return this.watched || this.served;
  }
}
