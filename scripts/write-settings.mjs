// node scripts/write-settings.mjs: writes the gateway's table of settings into docs/settings.md, from the compiled gateway.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS_PAGE, settingsPage } from './lib/settings-page.mjs';
import { ROOT } from './lib/workspace.mjs';

writeFileSync(join(ROOT, SETTINGS_PAGE), settingsPage());
