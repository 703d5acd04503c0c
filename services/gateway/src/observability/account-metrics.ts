import type { Registry } from 'prom-client';
import type { Accounts, AccountUse } from '../admission/accounts.js';
import { gaugesAtScrape, totalAtScrape } from './metric.js';

/** Adds the metrics about API keys and tokens with limits. */
export function addAccounts(registry: Registry, accounts: Pick<Accounts, 'keys' | 'uses'>): void {
  const each = (measure: (use: AccountUse) => number) => () =>
    accounts.uses().map(([key, use]) => ({ labels: { key }, value: measure(use) }));
  gaugesAtScrape(
    registry,
    'viaduct_account_connections',
    each((use) => use.connections),
  );
  gaugesAtScrape(
    registry,
    'viaduct_account_subscriptions',
    each((use) => use.subscriptions),
  );
  totalAtScrape(
    registry,
    'viaduct_account_sent_bytes_total',
    each((use) => use.bytes),
  );
  totalAtScrape(registry, 'viaduct_account_limited_total', () =>
    accounts
      .uses()
      .flatMap(([key, { limited }]) =>
        Object.entries(limited).map(([limit, value]) => ({ labels: { key, limit }, value })),
      ),
  );
  gaugesAtScrape(registry, 'viaduct_account_limit', () =>
    accounts.keys.flatMap(({ keyName, limits }) =>
      Object.entries(limits)
        .filter(([, value]) => Number.isFinite(value))
        .map(([limit, value]) => ({ labels: { key: keyName ?? '', limit }, value })),
    ),
  );
}
