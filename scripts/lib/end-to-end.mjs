import { ensureChromium } from './needs.mjs';

/**
 * Runs the whole stack in Docker and breaks it. The workspace has to be installed and compiled.
 *
 * @param {{ writeDocs?: boolean, only?: string, engineRequired?: boolean }} [options] without a required engine, a machine that has
 *   none leaves the run out
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runEndToEnd({ writeDocs = false, only = '', engineRequired = false } = {}) {
  // Without a browser, the run omits what needs one, and says so.
  const chromiumPath = await ensureChromium().catch((error) => {
    console.log(error.message);
    return null;
  });
  const { main } = await import('../../e2e/dist/main.js');
  return main({ writeDocs, only, engineRequired, chromiumPath });
}
