import type { AccountTerms } from '../auth/account.js';
import type { Grant } from '../auth/grant.js';
import { AccessRefusal } from '../auth/refusal.js';
import { Pace } from '../delivery/pace.js';

/** What is counted about one account, or about several together. */
export interface AccountUse {
  connections: number;
  subscriptions: number;
  /** Bytes sent to it so far. */
  bytes: number;
  /** How often each limit has refused something, or made a session wait. */
  readonly limited: Record<keyof AccountTerms['limits'], number>;
}

function unused(): AccountUse {
  return {
    connections: 0,
    subscriptions: 0,
    bytes: 0,
    limited: { connections: 0, subscriptions: 0, bytesPerSecond: 0 },
  };
}

/** All sessions of API keys with one name, or of tokens with one subject, that have limits. */
export class Account {
  /** The bytes per second of its sessions. */
  readonly pace: Pace;
  /** Name of the API key; null for a token. */
  readonly keyName: string | null;
  #limits: AccountTerms['limits'];
  readonly #use = { connections: 0, subscriptions: 0 };
  /** The use that operators see: that of this account for a key, and that of all tokens together for a token. */
  readonly #shown: AccountUse;
  readonly #empty: () => void;

  /** @param empty called when its last session has left */
  constructor({ keyName, limits }: AccountTerms, shown: AccountUse, empty: () => void) {
    this.keyName = keyName;
    this.#limits = limits;
    this.#shown = shown;
    this.#empty = empty;
    this.pace = new Pace(limits.bytesPerSecond, {
      sent: (bytes) => {
        shown.bytes += bytes;
      },
      held: () => {
        shown.limited.bytesPerSecond++;
      },
    });
  }

  /** What it may use. The newest token of a subject decides for all of them. */
  set limits(limits: AccountTerms['limits']) {
    this.#limits = limits;
    this.pace.bytesPerSecond = limits.bytesPerSecond;
  }

  get limits(): AccountTerms['limits'] {
    return this.#limits;
  }

  get connections(): number {
    return this.#use.connections;
  }

  get subscriptions(): number {
    return this.#use.subscriptions;
  }

  get isEmpty(): boolean {
    return this.#use.connections === 0;
  }

  /** Whether another session may enter. Counts a refusal. */
  admits(): boolean {
    return this.#has('connections');
  }

  /** Whether one of its sessions may have another subscription. Counts a refusal. */
  admitsSubscription(): boolean {
    return this.#has('subscriptions');
  }

  /** Whether another answer may be sent now. Counts a refusal. */
  admitsAnswer(): boolean {
    if (!this.pace.isUsedUp) return true;
    this.#shown.limited.bytesPerSecond++;
    return false;
  }

  /** Adds a session with its subscriptions. */
  enter(subscriptions: number): void {
    this.#count('connections', 1);
    this.#count('subscriptions', subscriptions);
  }

  /** Removes a session with its subscriptions. */
  leave(subscriptions: number): void {
    this.#count('connections', -1);
    this.#count('subscriptions', -subscriptions);
    if (this.isEmpty) this.#empty();
  }

  subscribed(change: 1 | -1): void {
    this.#count('subscriptions', change);
  }

  #has(what: 'connections' | 'subscriptions'): boolean {
    if (this.#use[what] < this.#limits[what]) return true;
    this.#shown.limited[what]++;
    return false;
  }

  #count(what: 'connections' | 'subscriptions', change: number): void {
    this.#use[what] += change;
    this.#shown[what] += change;
  }
}

/** How many accounts without a session are remembered, because the bytes sent to them still count. */
const MAX_RESTING = 10_000;

/** The accounts that are limited together, on this gateway. */
export class Accounts {
  readonly #known = new Map<string, Account>();
  /** Accounts that had no session when they were last used, the latest at the end. */
  readonly #resting = new Map<string, Account>();
  readonly #ofKeys = new Map<string, AccountUse>();
  readonly #ofTokens = unused();
  /** The accounts of API keys, which are known in advance. */
  readonly keys: readonly AccountTerms[];

  constructor(keys: readonly AccountTerms[] = []) {
    this.keys = keys;
    for (const { keyName } of keys) this.#shownUse(keyName);
  }

  /** The use of each account with an API key, by the key's name, and that of all tokens together, by an empty name. */
  uses(): readonly (readonly [string, AccountUse])[] {
    return [...this.#ofKeys, ['', this.#ofTokens]];
  }

  /** Number of remembered accounts. */
  get size(): number {
    return this.#known.size;
  }

  /** The account of a client; null if it has no limits of its own. */
  of({ account }: Pick<Grant, 'account'>): Account | null {
    if (account === null) return null;
    const known = this.#knownTo(account);
    if (known !== null) return known;
    const { id, keyName } = account;
    const added = new Account(account, this.#shownUse(keyName), () => this.#rest(id, added));
    this.#known.set(id, added);
    return added;
  }

  /**
   * Checks that the account of a client has room for another connection.
   *
   * @throws AccessRefusal `account_full`
   */
  checkRoom({ account }: Pick<Grant, 'account'>): void {
    const known = account && this.#knownTo(account);
    if (known?.admits() === false) throw new AccessRefusal('account_full', fullMessage(known));
  }

  /**
   * Checks that the account of a client may send an answer now.
   *
   * @throws AccessRefusal `account_throttled`
   */
  checkRate({ account }: Pick<Grant, 'account'>): void {
    const known = account && this.#knownTo(account);
    if (known?.admitsAnswer() !== false) return;
    throw new AccessRefusal(
      'account_throttled',
      `your API key or token may receive ${known.limits.bytesPerSecond} bytes per second from a gateway; try again later`,
    );
  }

  /** Counts an answer to a client without a session. */
  sent(grant: Pick<Grant, 'account'>, bytes: number): void {
    const account = this.of(grant);
    if (account === null || grant.account === null) return;
    account.pace.spend(bytes);
    if (account.isEmpty) this.#rest(grant.account.id, account);
  }

  #knownTo({ id, limits }: AccountTerms): Account | null {
    const known = this.#known.get(id) ?? null;
    if (known !== null) known.limits = limits;
    return known;
  }

  #shownUse(keyName: string | null): AccountUse {
    if (keyName === null) return this.#ofTokens;
    const use = this.#ofKeys.get(keyName) ?? unused();
    this.#ofKeys.set(keyName, use);
    return use;
  }

  /** Remembers an account without sessions until it may be sent as much as a new one. */
  #rest(id: string, account: Account): void {
    this.#resting.delete(id);
    this.#resting.set(id, account);
    for (const [other, resting] of this.#resting) {
      const forget = resting.isEmpty && (this.#resting.size > MAX_RESTING || resting.pace.isUnused);
      if (resting.isEmpty && !forget) break;
      this.#resting.delete(other);
      if (forget) this.#known.delete(other);
    }
  }
}

/** The message to a client whose account has reached its limit of connections. */
export function fullMessage({ limits }: Pick<Account, 'limits'>): string {
  return `your API key or token may have ${limits.connections} connections to a gateway; close one first`;
}
