// Vitest runs this once before the suites that open pages, and only if some of them are selected.
import { ensureChromium } from '../needs.mjs';

export default async function setUp() {
  process.env.CHROMIUM_PATH = await ensureChromium();
}
