import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, onTestFailed, onTestFinished } from 'vitest';
import { scaled } from './wait.js';

/**
 * Chromium's error for a request that it dropped because a network interface of the machine changed, even if only
 * a container's. It says nothing about the page.
 */
const NETWORK_CHANGED = 'ERR_NETWORK_CHANGED';

/** Maximum number of reloads after that. */
const ATTEMPTS = 20;

/**
 * Starts a Chromium.
 *
 * @param executablePath by default that of CHROMIUM_PATH, or Debian's
 */
export function launchBrowser(
  executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page that is watched while it is used. */
export class WatchedPage {
  /** Every error or warning on the console, every uncaught error, every failed request. */
  readonly complaints: string[] = [];
  readonly page: Page;
  #networkChanges = 0;

  constructor(page: Page) {
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.#hear(message.text());
    });
    page.on('pageerror', (error) => this.#hear(error.message));
    page.on('requestfailed', (request) => this.#hear(`${request.url()}: ${request.failure()?.errorText}`));
  }

  /** Loads a page and waits until it is ready; starts again if the network changed meanwhile. */
  async visit(url: string, isReady: (page: Page) => Promise<boolean>): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      this.#networkChanges = 0;
      this.complaints.length = 0;
      await this.page.goto(url).catch((error: Error) => {
        if (!error.message.includes(NETWORK_CHANGED)) throw error;
      });
      await expect.poll(async () => this.#networkChanges > 0 || (await isReady(this.page))).toBe(true);
      if (this.#networkChanges === 0) return;
    }
    throw new Error(`the network of this machine changed during each of ${ATTEMPTS} attempts to load ${url}`);
  }

  #hear(complaint: string): void {
    if (complaint.includes(NETWORK_CHANGED)) this.#networkChanges += 1;
    else this.complaints.push(complaint);
  }
}

/** Opens a page in its own context, which ends with the test. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  context.setDefaultTimeout(scaled(60_000));
  const watched = new WatchedPage(await context.newPage());
  onTestFailed(() => console.error('The page said:', watched.complaints));
  return watched;
}
