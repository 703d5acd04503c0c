import { metricReference } from '../../services/gateway/dist/observability/metric-reference.js';
import { generatedPage } from './generated-page.mjs';

/** The page that holds the gateway's table of metrics. */
export const METRICS_PAGE = 'docs/metrics.md';

/** The page with the table of the compiled gateway. */
export function metricsPage() {
  return generatedPage(METRICS_PAGE, { metrics: metricReference() });
}
