import { integer, list, oneOf, setting, text } from '../setting.js';

const MINUTE = 60_000;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** The server itself: where it listens, what it serves besides data, how it stops. */
export const SERVER_SETTINGS = {
  PORT: setting('port', '8080', integer(0, 65_535), 'TCP port to listen on. 0 takes any free port.'),
  HOST: setting('host', '', text(), 'Address to listen on. Empty for all interfaces.'),
  KEEP_ALIVE_MS: setting(
    'keepAliveMs',
    '75000',
    integer(1_000, 60 * MINUTE),
    'How long an HTTP connection stays open for the next request. Longer than the idle timeout of a proxy or load balancer in front (often 60 s), so that it never sends a request on a connection that is being closed.',
  ),
  PAGE_DIR: setting(
    'pageDir',
    '',
    text(),
    'Directory of a web page to serve at `/`. A file with a copy that ends in `.br` or `.gz` is served compressed. The directory is read at the start. Empty for no page.',
  ),
  COMMANDS: setting(
    'commandModules',
    '',
    list,
    'Modules with your own commands, separated by commas, relative to the working directory.',
  ),
  DRAIN_MS: setting(
    'drainMs',
    '20000',
    integer(0, 60 * MINUTE),
    'On SIGTERM, the gateway closes its connections evenly over this time. A second signal, or SIGINT, stops it at once.',
  ),
  LOG_LEVEL: setting('logLevel', 'info', oneOf(LOG_LEVELS), `One of ${LOG_LEVELS.join(', ')}.`),
} as const;
