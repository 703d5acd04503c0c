import { buildPage, compile, ensureInstalled } from './workspace.mjs';

/** Installs and compiles what is missing; ends the process with what went wrong where that fails. */
export async function setUpOrExit() {
  try {
    await ensureInstalled();
    await compile();
    await buildPage();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
