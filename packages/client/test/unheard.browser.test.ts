import type { Viaduct } from '@viaduct/client';
import { expect, test } from 'vitest';
import { startPageWorld } from './support/page-world.js';

declare const live: { viaduct: Viaduct };

test.each(['openlayers', 'maplibre', 'leaflet', 'deck-gl', 'react'])(
  'a refused origin is on the console after the first attempt, with address and remedy, also in a page with %s',
  async (name) => {
    const world = await startPageWorld(name);
    const gateway = await world.gateway({ ALLOWED_ORIGINS: 'https://map.example.org' });
    const hasFailed = (): boolean => 'live' in globalThis && live.viaduct.retryAt !== null;
    const { page, complaints } = await world.open(gateway, (opened) => opened.evaluate(hasFailed));
    // The console keeps the order.
    await page.evaluate(() => console.warn('it has failed'));
    await expect.poll(() => complaints).toContain('it has failed');
    const { origin } = new URL(gateway.url);
    const text = new RegExp(
      `(http|/).*: cannot connect: .* do its ALLOWED_ORIGINS contain ${origin}\\?`,
      'u',
    );
    expect(complaints).toContainEqual(expect.stringMatching(text));
    // What this page shows is the message of the error that a hook returns.
    if (name === 'react') await expect.poll(() => page.locator('#state').textContent()).toMatch(text);
  },
);
