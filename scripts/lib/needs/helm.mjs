// Vitest runs this once before the suites that render the chart, and only if some of them are selected.
import { ensureHelm } from '../helm.mjs';

export default async function setUp() {
  process.env.HELM_PATH = await ensureHelm();
}
