// node scripts/write-settings.mjs: writes everything that follows from the gateway's table of settings: the tables in
// docs/settings.md and the types of the options of createGateway. Needs the compiled gateway.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { optionTypes } from '../services/gateway/dist/config/option-types.js';
import { SETTINGS_PAGE, settingsPage } from './lib/settings-page.mjs';
import { ROOT } from './lib/workspace.mjs';

writeFileSync(join(ROOT, SETTINGS_PAGE), settingsPage());
writeFileSync(join(ROOT, 'services/gateway/src/config/options.ts'), optionTypes());
