import type { AccountTerms } from '../auth/account.js';
import type { Grant } from '../auth/grant.js';
import { AccessRefusal } from '../auth/refusal.js';

/** What is counted about one account, or about several together. */
export interface AccountUse {
  connections: number;
  subscriptions: number;
  /** How often each limit has refused something. */
  readonly limited: Record<'connections' | 'subscriptions', number>;
}

function unused(): AccountUse {
  return { connections: 0, subscriptions: 0, limited: { connections: 0, subscriptions: 0 } };
}

/** All sessions of API keys with one name, or of tokens with one subject, that have limits. */
export class Account {
  #limits: AccountTerms['limits'];
  readonly #use = unused();
  /** Where operators see its use: its own if it is that of a key, and one for all tokens together. */
  readonly #shown: AccountUse;
  readonly #empty: () => void;

  /** @param empty called when its last session has left */
  constructor({ limits }: AccountTerms, shown: AccountUse, empty: () => void) {
    this.#limits = limits;
    this.#shown = shown;
    this.#empty = empty;
  }

  /** What it may use. The newest token of a subject decides for all of them. */
  set limits(limits: AccountTerms['limits']) {
    this.#limits = limits;
  }

  get limits(): AccountTerms['limits'] {
    return this.#limits;
  }

  /** Whether another session may enter. Counts a refusal. */
  admits(): boolean {
    if (this.#use.connections < this.#limits.connections) return true;
    this.#shown.limited.connections++;
    return false;
  }

  /** Whether one of its sessions may have another subscription. Counts a refusal. */
  admitsSubscription(): boolean {
    if (this.#use.subscriptions < this.#limits.subscriptions) return true;
    this.#shown.limited.subscriptions++;
    return false;
  }

  /** A session is one of its from now on. */
  enter(subscriptions: number): void {
    this.#count('connections', 1);
    this.#count('subscriptions', subscriptions);
  }

  /** A session that had entered has left. */
  leave(subscriptions: number): void {
    this.#count('connections', -1);
    this.#count('subscriptions', -subscriptions);
    if (this.#use.connections === 0) this.#empty();
  }

  subscribed(change: 1 | -1): void {
    this.#count('subscriptions', change);
  }

  #count(what: 'connections' | 'subscriptions', change: number): void {
    this.#use[what] += change;
    this.#shown[what] += change;
  }
}

/** The accounts that are limited together, on this gateway. */
export class Accounts {
  readonly #known = new Map<string, Account>();
  readonly #ofKeys = new Map<string, AccountUse>();
  readonly #ofTokens = unused();

  /** The use of each account with an API key, by its name, and that of all tokens together, by null. */
  *uses(): Generator<[string | null, AccountUse]> {
    yield* this.#ofKeys;
    yield [null, this.#ofTokens];
  }

  /** The account of a client; null if its limits are only those of everybody. */
  of({ account }: Pick<Grant, 'account'>): Account | null {
    if (account === null) return null;
    const known = this.#known.get(account.id);
    if (known === undefined) return this.#add(account);
    known.limits = account.limits;
    return known;
  }

  /**
   * Checks that the account of a client has room for another connection.
   *
   * @throws AccessRefusal `account_full`
   */
  checkRoom({ account }: Pick<Grant, 'account'>): void {
    if (account === null) return;
    const known = this.#known.get(account.id);
    if (known === undefined) return;
    known.limits = account.limits;
    if (!known.admits()) throw new AccessRefusal('account_full', fullMessage(known));
  }

  #add(terms: AccountTerms): Account {
    const { id, keyName } = terms;
    const account = new Account(terms, this.#shownUse(keyName), () => this.#known.delete(id));
    this.#known.set(id, account);
    return account;
  }

  #shownUse(keyName: string | null): AccountUse {
    if (keyName === null) return this.#ofTokens;
    const use = this.#ofKeys.get(keyName) ?? unused();
    this.#ofKeys.set(keyName, use);
    return use;
  }
}

/** What a client learns whose account has all the connections that it may have. */
export function fullMessage({ limits }: Pick<Account, 'limits'>): string {
  return `your API key or token may have ${limits.connections} connections to a gateway; close one first`;
}
