import { launchBrowser } from '@viaduct/testkit/browser';
import { until } from '@viaduct/testkit/wait';
import type { Browser, Page } from 'playwright-core';
import { CONTAINER_WAIT } from './time.js';

/** Small: without a graphics card, each pixel costs CPU time, which the gateways then lack. */
const VIEWPORT = { width: 400, height: 300 };

/** Makes the page draw twice a second: for the same reason, and because the run checks what the page shows, not how. */
const DRAW_SELDOM = `
const draw = requestAnimationFrame.bind(window);
window.requestAnimationFrame = (callback) => setTimeout(() => draw(callback), 500);
window.cancelAnimationFrame = clearTimeout;
`;

/** The start page in a real browser, open during the whole run like that of a user who only watches. */
export class OpenPage {
  readonly #browser: Browser;
  readonly #page: Page;
  /** Number of frames that the page received over WebSockets. */
  #frames = 0;

  private constructor(browser: Browser, page: Page) {
    this.#browser = browser;
    this.#page = page;
    page.on('websocket', (socket) => {
      socket.on('framereceived', () => {
        this.#frames += 1;
      });
    });
  }

  /** @param chromiumPath the browser's executable */
  static async open(chromiumPath: string, url: string): Promise<OpenPage> {
    const browser = await launchBrowser(chromiumPath);
    const open = new OpenPage(browser, await browser.newPage({ viewport: VIEWPORT }));
    await open.#page.addInitScript(DRAW_SELDOM);
    // Chromium drops requests when a network interface changes, and every container has one.
    const loads = (): Promise<boolean> =>
      open.#page.goto(url).then(
        () => true,
        () => false,
      );
    await until(loads, 'the page to load', CONTAINER_WAIT);
    return open;
  }

  /** Waits until the page is connected, shows vehicles, and receives more of them. */
  async live(): Promise<void> {
    const before = this.#frames;
    const shows = async (): Promise<boolean> => {
      const state = await this.#page.locator('#status').getAttribute('data-state');
      const shown = await this.#page.locator('#in-box').textContent();
      return state === 'open' && /[1-9]/.test(shown ?? '') && this.#frames > before + 10;
    };
    await until(shows, 'the page to show moving vehicles', CONTAINER_WAIT);
  }

  close(): Promise<void> {
    return this.#browser.close();
  }
}
