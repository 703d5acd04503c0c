import { takesTokens } from '../auth/authenticator.js';
import { allowsAnyOrigin } from '../auth/origins.js';
import { isReserved } from '../auth/reserved-channels.js';
import type { Config } from './config.js';

/** What an operator probably did not intend: settings that are valid but leave a gateway useless or open. */
export function warningsOf(config: Config): string[] {
  const warnings = [];
  if (config.channels.length === 0) {
    warnings.push('nothing is readable: set CHANNELS to the names or globs that clients may read');
  }
  for (const name of config.channels.filter(isReserved)) {
    warnings.push(
      `no client can read "${name}", which CHANNELS names: the gateway uses this name itself; give the channel another one`,
    );
  }
  if (takesTokens(config) && allowsAnyOrigin(config.auth.allowedOrigins)) {
    warnings.push(
      'tokens are on, but pages of any origin may connect: set ALLOWED_ORIGINS to the origins of your pages',
    );
  }
  return warnings;
}
