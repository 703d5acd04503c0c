import { launchBrowser, openPage, type WatchedPage } from '@viaduct/testkit/browser';
import type { GatewayProcess } from '@viaduct/testkit/gateway';
import { atEnd } from '@viaduct/testkit/teardown';
import type { Browser, Page } from 'playwright-core';
import { buildPage } from './pages.js';
import { type Stack, startStack } from './stack.js';

/** A page with a map, a stack whose gateways serve it, and a browser. */
export class PageWorld {
  readonly #directory: string;
  readonly #browser: Browser;

  constructor(
    readonly stack: Stack,
    directory: string,
    browser: Browser,
  ) {
    this.#directory = directory;
    this.#browser = browser;
  }

  /** Starts a gateway that serves the page. */
  gateway(env: Readonly<Record<string, string>> = {}): Promise<GatewayProcess> {
    return this.stack.gateway({ PAGE_DIR: this.#directory, ...env });
  }

  /** Opens the page and waits until it is ready. */
  async open(
    { url }: Pick<GatewayProcess, 'url'>,
    isReady: (page: Page) => Promise<boolean>,
  ): Promise<WatchedPage> {
    const watched = await openPage(this.#browser);
    await watched.visit(url, isReady);
    return watched;
  }
}

/**
 * Builds the page and starts the rest; all end with the file's tests.
 *
 * @param name of the module in `test/pages`
 */
export async function startPageWorld(name: string): Promise<PageWorld> {
  const [directory, stack, browser] = await Promise.all([
    buildPage(`test/pages/${name}.ts`),
    startStack(),
    launchBrowser(),
  ]);
  atEnd(() => browser.close());
  return new PageWorld(stack, directory, browser);
}
