import { Audience } from './audience.js';
import type { Member } from './member.js';

/** Members of one channel, divided into audiences. */
export class AudienceSet {
  readonly members = new Map<Member, Audience>();
  readonly byKey = new Map<string, Audience>();

  /** The largest number of texts that one message can be rendered as. */
  get renderings(): number {
    let count = 0;
    for (const audience of this.byKey.values()) count += audience.renderings;
    return count;
  }

  /** Adds a member, or moves it to the audience of its changed view. */
  place(member: Member): void {
    const key = member.view.key;
    let audience = this.byKey.get(key);
    if (audience === undefined) {
      audience = new Audience(member.view);
      this.byKey.set(key, audience);
    }
    if (this.members.get(member) !== audience) this.remove(member);
    this.members.set(member, audience);
    audience.place(member);
  }

  remove(member: Member): void {
    const audience = this.members.get(member);
    if (audience === undefined) return;
    this.members.delete(member);
    audience.remove(member);
    if (audience.size === 0 && this.byKey.get(audience.key) === audience) this.byKey.delete(audience.key);
  }
}
