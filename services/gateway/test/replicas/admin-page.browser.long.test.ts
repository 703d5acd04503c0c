import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { notify, sessionsOf, startAlone, TOKEN } from '@viaduct/testkit/admin';
import { launchBrowser, openPage, type WatchedPage } from '@viaduct/testkit/browser';
import { RawClient } from '@viaduct/testkit/clients';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { eventually } from '@viaduct/testkit/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ARTIFACTS = new URL('../../artifacts/', import.meta.url);

const DEVICES = {
  desktop: { viewport: { width: 1200, height: 900 } },
  phone: { viewport: { width: 375, height: 812 }, hasTouch: true, isMobile: true },
};

/** A name that would do harm in a page that wrote it as HTML. */
const NASTY = '<img/src=x/onerror=document.title="harmed">';

let browser: Awaited<ReturnType<typeof launchBrowser>>;

beforeAll(async () => {
  await mkdir(ARTIFACTS, { recursive: true });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

/** A gateway with two sessions: one that pans over trains, and one that listens to a nasty channel. */
async function startBusy() {
  const gateway = await startAlone({ REPLICA_ID: 'gateway-1', PUBLISH_CHANNELS: '*' });
  const trains = await RawClient.connect(gateway.url);
  for (const line of ['PROJECTION epsg:3857', 'BBOX 1 2 3 4 11 mots=rail', 'SUB trains', 'PUB trains "x"']) {
    expect((await trains.run(line)).status.status).toBe('ok');
  }
  const other = await RawClient.connect(gateway.url);
  await other.run(`SUB ${NASTY}`);
  return { gateway, trains, other };
}

async function openAdmin(gateway: GatewayProcess, options = {}): Promise<WatchedPage> {
  const watched = await openPage(browser, { ...DEVICES.desktop, ...options });
  await watched.visit(`${gateway.url}/admin/`, (page) => page.locator('#token').isVisible());
  return watched;
}

async function signIn({ page }: WatchedPage, token = TOKEN): Promise<void> {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Texts of the rows of a table. */
function rowsOf({ page }: WatchedPage, id: string): Promise<string[][]> {
  return page
    .locator(`#${id} tr`)
    .evaluateAll((rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
    );
}

describe('the admin page', () => {
  test('shows gateways, channels and sessions, and only as text what clients chose', async () => {
    const { gateway } = await startBusy();
    const watched = await openAdmin(gateway);
    await signIn(watched);
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    const version = expect.stringMatching(/^\d+\.\d+\.\d+/u);
    expect(await rowsOf(watched, 'gateways')).toEqual([
      ['gateway-1', 'ready', version, expect.stringMatching(/ s$/u), '2', '0', '0'],
    ]);
    const channels = await rowsOf(watched, 'channels');
    expect(channels.map(([name, , , subscribers]) => [name, subscribers])).toEqual([
      ['trains', '1'],
      [NASTY, '1'],
    ]);
    // The API is the other witness.
    const ids = (await sessionsOf(gateway)).replicas.flatMap(({ sessions }) => sessions.map(({ id }) => id));
    expect((await rowsOf(watched, 'sessions')).map(([id]) => id)).toEqual(ids);
    expect(await watched.page.title()).toBe('Viaduct admin');
    expect(watched.complaints).toEqual([]);
  });

  test('shows the view and queue of one session, filters by channel, and follows changes', async () => {
    const { gateway, trains } = await startBusy();
    const watched = await openAdmin(gateway);
    const { page } = watched;
    await signIn(watched);
    await page.getByLabel('Subscribed to channel').fill('trains');
    await page.getByRole('button', { name: 'Show' }).click();
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(1));
    await page.locator('#sessions button').click();
    const facts = page.locator('#facts');
    await eventually(async () => {
      const text = await facts.textContent();
      expect(text).toContain('epsg:3857');
      expect(text).toContain('1 2 3 4 (epsg:3857)');
      expect(text).toContain('11, mots=rail');
    });
    await trains.run('BBOX 5 6 7 8');
    await eventually(async () => expect(await facts.textContent()).toContain('5 6 7 8'));
    await page.getByRole('button', { name: 'Close details' }).click();
    await expect.poll(() => facts.isVisible()).toBe(false);
  });

  test('disconnects a session and sends a notice, each after a question', async () => {
    const { gateway, trains, other } = await startBusy();
    const watched = await openAdmin(gateway);
    const { page } = watched;
    await signIn(watched);
    await page.getByLabel('Message').fill('maintenance at 22:00');
    await page.getByRole('button', { name: 'Send to all sessions' }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Send to all sessions' }).click();
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await trains.inbox.next(({ content }) => JSON.stringify(content).includes('maintenance at 22:00'));
    const [id] = (await rowsOf(watched, 'sessions'))[1] ?? [];
    await page.getByRole('button', { name: id ?? '' }).click();
    await page.getByRole('button', { name: 'Disconnect' }).click();
    await page.locator('#confirm-yes').click();
    expect((await other.closed).code).toBe(4003);
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(1));
    const notices = trains.inbox.all.filter(({ content }) => JSON.stringify(content).includes('notice'));
    expect(notices).toHaveLength(1);
    expect(watched.complaints).toEqual([]);
  });

  test('keeps the token out of addresses, storage that lasts, and the log, and forgets it at the end', async () => {
    const { gateway } = await startBusy();
    const watched = await openAdmin(gateway);
    const { page } = watched;
    const urls: string[] = [];
    page.on('request', (request) => urls.push(request.url()));
    await signIn(watched);
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    await page.reload();
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    expect(urls.length).toBeGreaterThan(5);
    expect([...urls, page.url()].filter((url) => url.includes(TOKEN))).toEqual([]);
    expect(
      urls.filter((url) => !url.startsWith(`${gateway.url}/admin/`) && !url.startsWith('data:')),
    ).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.evaluate('localStorage.length')).toBe(0);
    await page.getByRole('button', { name: 'Sign out' }).click();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.getByLabel('Token').inputValue()).toBe('');
    await page.reload();
    await expect.poll(() => page.locator('#token').isVisible()).toBe(true);
    expect(gateway.stdout + gateway.stderr).not.toContain(TOKEN);
  });

  test('says so if the token is wrong, and asks no more', async () => {
    const { gateway } = await startBusy();
    const watched = await openAdmin(gateway);
    const { page } = watched;
    await signIn(watched, `${TOKEN}x`);
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('does not accept this token');
    expect(await page.locator('#panels').isVisible()).toBe(false);
    const counted = async () =>
      (await gateway.scrape()).sum('viaduct_admin_requests_total', { outcome: 'unauthorized' });
    expect(await counted()).toBe(1);
    await signIn(watched);
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    expect(await counted()).toBe(1);
  });

  test('stops asking while it is hidden', async () => {
    const { gateway } = await startBusy();
    const watched = await openAdmin(gateway);
    const { page } = watched;
    // Chromium without a window never hides a page, so the test sends the event.
    await page.clock.install();
    let requests = 0;
    // A round begins with the gateways and ends with the sessions.
    const rounds = { begun: 0, ended: 0 };
    page.on('request', (request) => {
      requests++;
      if (request.url().endsWith('/replicas')) rounds.begun++;
    });
    page.on('requestfinished', (request) => {
      if (request.url().includes('/sessions?')) rounds.ended++;
    });
    await signIn(watched);
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    await expect.poll(() => rounds.ended).toBeGreaterThan(0);
    const hide = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'))`);
    const { begun } = rounds;
    await page.clock.runFor(6_000);
    await expect.poll(() => rounds.begun).toBeGreaterThan(begun);
    await hide(true);
    await expect.poll(() => rounds.begun - rounds.ended).toBe(0);
    requests = 0;
    await page.clock.runFor(600_000);
    await notify(gateway, 'something to do meanwhile');
    expect(requests).toBe(0);
    await hide(false);
    await expect.poll(() => requests).toBeGreaterThan(0);
  });

  test('is served only with its policy, and not at all without ADMIN_TOKEN', async () => {
    const gateway = await startAlone();
    const response = await fetch(`${gateway.url}/admin`);
    expect(response.url).toBe(`${gateway.url}/admin/`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|<style| style=| on\w+=/u);
    expect((await fetch(`${gateway.url}/admin/`, { method: 'POST' })).status).toBe(401);
    const without = await startAlone({ ADMIN_TOKEN: '' });
    for (const path of ['', '/', '/page/main.js'])
      expect((await fetch(`${without.url}/admin${path}`)).status).toBe(404);
  });

  test('can be used with the keyboard alone', async () => {
    const { gateway } = await startBusy();
    const watched = await openAdmin(gateway);
    const { page } = watched;
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent');
    await expect.poll(focused).toBe('token');
    await page.keyboard.type(TOKEN);
    await page.keyboard.press('Enter');
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    await page.locator('#sessions button').first().focus();
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('details');
    await page.keyboard.press('Tab');
    await expect.poll(focused).toBe('disconnect');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#confirm').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('#confirm').isVisible()).toBe(false);
    expect((await sessionsOf(gateway)).total).toBe(2);
  });
});

test.each([
  ['desktop', 'light'],
  ['desktop', 'dark'],
  ['phone', 'light'],
  ['phone', 'dark'],
] as const)(
  'the admin page has no accessibility problem that axe finds, on a %s, in %s',
  async (name, colorScheme) => {
    const { gateway } = await startBusy();
    const watched = await openAdmin(gateway, { ...DEVICES[name], colorScheme, bypassCSP: true });
    const { page } = watched;
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await page.evaluate(axe);
    const problems = () =>
      page.evaluate(
        `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
      );
    expect(await problems()).toEqual([]);
    await signIn(watched);
    await eventually(async () => expect(await rowsOf(watched, 'sessions')).toHaveLength(2));
    await page.locator('#sessions button').first().click();
    await expect.poll(() => page.locator('#facts').textContent()).toContain('Projection');
    const file = new URL(`admin-${name}-${colorScheme}.png`, ARTIFACTS).pathname;
    await page.screenshot({ path: file, fullPage: true });
    expect(await problems()).toEqual([]);
    // The page itself never scrolls sideways.
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  },
);
