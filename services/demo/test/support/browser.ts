import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { onTestFailed, onTestFinished } from 'vitest';

/** Starts the Chromium that the tests are told of, or Debian's. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
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

/** A page with everything that it said on its console as an error or warning, and all errors that nobody caught. */
export interface WatchedPage {
  page: Page;
  complaints: string[];
}

/** Opens a page in a context of its own, which ends with the test. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  onTestFailed(() => console.error('The page said:', complaints));
  return { page, complaints };
}
