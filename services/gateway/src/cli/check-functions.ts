import type { CheckReport } from './check-report.js';
import { functionLibrary, LIBRARY_NAME, LOAD_COMMAND } from './function-library.js';
import type { RedisSurvey } from './redis-survey.js';

/** Says whether the functions for producers are those of this version, if Redis has them at all. */
export async function reportFunctions(
  report: CheckReport,
  survey: Pick<RedisSurvey, 'libraryCodes'>,
): Promise<void> {
  let codes: (string | null)[];
  try {
    codes = await survey.libraryCodes(LIBRARY_NAME);
  } catch {
    // A Redis before 7 has no functions, and a gateway's user need not see them: it calls none.
    return;
  }
  const present = codes.filter((code) => code !== null);
  if (present.length === 0) return;
  const current = functionLibrary();
  if (present.some((code) => code !== current)) {
    report.note('functions', 'viaduct_put and viaduct_remove are of another version', LOAD_COMMAND);
  } else if (present.length < codes.length) {
    const text = `viaduct_put and viaduct_remove are on ${present.length} of ${codes.length} masters`;
    report.note('functions', text, 'viaduct functions --help says how to load them on all');
  } else report.ok('functions', 'viaduct_put and viaduct_remove are loaded, as in this version');
}
