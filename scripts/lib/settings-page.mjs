import { configReference } from '../../services/gateway/dist/config/reference.js';
import { generatedPage } from './generated-page.mjs';

/** The page that holds the gateway's table of settings. */
export const SETTINGS_PAGE = 'docs/settings.md';

/** The page with the table of the compiled gateway. */
export function settingsPage() {
  return generatedPage(SETTINGS_PAGE, { config: configReference() });
}
