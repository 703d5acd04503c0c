// node scripts/write-metrics.mjs: writes the gateway's table of metrics into docs/metrics.md, from the compiled gateway.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { METRICS_PAGE, metricsPage } from './lib/metrics-page.mjs';
import { ROOT } from './lib/workspace.mjs';

writeFileSync(join(ROOT, METRICS_PAGE), metricsPage());
