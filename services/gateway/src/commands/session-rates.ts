import { TokenBucket } from '../admission/token-bucket.js';
import { CommandRate, isUnused } from './command-rate.js';
import { ViewChangeThrottle } from './view-change-throttle.js';

/** Rates of one session, per second; 0 for no limit. */
export interface RateLimits {
  readonly commandsPerSecond: number;
  readonly viewChangesPerSecond: number;
  readonly publishesPerSecond: number;
}

/** What one session may still do under the limits of its rates. */
export class SessionRates {
  readonly commands: CommandRate;
  readonly viewChanges: ViewChangeThrottle;
  readonly #publishesPerSecond: number;
  #publishes: TokenBucket | null = null;

  constructor({ commandsPerSecond, viewChangesPerSecond, publishesPerSecond }: RateLimits) {
    this.commands = new CommandRate(commandsPerSecond);
    this.viewChanges = new ViewChangeThrottle(viewChangesPerSecond);
    this.#publishesPerSecond = publishesPerSecond;
  }

  /** Whether a message may be published now; counts it. */
  takePublish(now: number): boolean {
    const perSecond = this.#publishesPerSecond;
    this.#publishes ??= new TokenBucket(perSecond, Math.max(1, perSecond), now);
    return this.#publishes.take(now);
  }

  /** Whether they allow as much as the rates of a new client. */
  areUnused(now: number): boolean {
    return this.commands.isUnused(now) && this.viewChanges.isUnused(now) && isUnused(this.#publishes, now);
  }
}
