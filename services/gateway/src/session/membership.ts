import { CommandError } from '@viaduct/protocol';
import { type Account, type Accounts, fullMessage } from '../admission/accounts.js';
import type { Grant } from '../auth/grant.js';
import type { Outbox } from '../delivery/outbox.js';

/** The membership of a session in its account, whose sessions share limits. Most sessions have no account. */
export class Membership {
  readonly #accounts: Accounts;
  readonly #outbox: Pick<Outbox, 'paceBy'>;
  readonly #subscriptions: { readonly size: number };
  #account: Account | null;
  /** True if the account had no room for the session, which must then end. */
  readonly isRefused: boolean;

  /**
   * @param outbox the session's queue
   * @param subscriptions those of the session
   */
  constructor(
    accounts: Accounts,
    grant: Grant,
    outbox: Pick<Outbox, 'paceBy'>,
    subscriptions: { readonly size: number },
  ) {
    this.#accounts = accounts;
    this.#outbox = outbox;
    this.#subscriptions = subscriptions;
    const account = accounts.of(grant);
    // There was room at its handshake, but others may have entered since.
    this.isRefused = account?.admits() === false;
    this.#account = this.isRefused ? null : account;
    this.#account?.enter(0);
    if (this.#account !== null) outbox.paceBy(this.#account.pace);
  }

  /**
   * Moves the session to the account of its new permissions, if it is another one. The subscriptions that the session already
   * has count there, even beyond the limit.
   *
   * @throws CommandError `account_full`; the session is then still in its old account
   */
  move(grant: Grant): void {
    const account = this.#accounts.of(grant);
    if (account === this.#account) return;
    if (account?.admits() === false) throw new CommandError('account_full', fullMessage(account));
    account?.enter(this.#subscriptions.size);
    this.#account?.leave(this.#subscriptions.size);
    this.#account = account;
    this.#outbox.paceBy(account?.pace ?? null);
  }

  /** The session's account; null if it has none. */
  get account(): Account | null {
    return this.#account;
  }

  /** @throws CommandError `too_many_subscriptions` if the account has reached its limit */
  checkSubscription(): void {
    const account = this.#account;
    if (account === null || account.admitsSubscription()) return;
    throw new CommandError(
      'too_many_subscriptions',
      `all sessions of your API key or token together may have ${account.limits.subscriptions} subscriptions on a gateway; end one with DEL first`,
    );
  }

  /** The session has one more subscription, or one less. */
  subscribed(change: 1 | -1): void {
    this.#account?.subscribed(change);
  }

  /** The session has ended. */
  leave(): void {
    this.#account?.leave(this.#subscriptions.size);
    this.#account = null;
  }
}
