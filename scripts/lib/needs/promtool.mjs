// Vitest runs this once before the suites that check the rules of Prometheus, and only if some of them are selected.
import { ensurePromtool } from '../promtool.mjs';

export default async function setUp() {
  process.env.PROMTOOL_PATH = await ensurePromtool();
}
