import { CLOSE_CODES } from '@viaduct/protocol';
import { REFUSALS } from '../../admission/admission.js';
import { CUTS } from '../../admission/handshake.js';
import { MISDIRECTED } from '../../admission/misdirected.js';
import { ACCESS_REFUSALS } from '../../auth/refusal.js';
import { HTTP_REFUSALS, HTTP_STATES } from '../../http/http-connections.js';
import { type MetricSection, TRANSPORTS } from '../metric-spec.js';

/** Close codes that are counted separately; all others count as `other`. */
export const COUNTED_CLOSE_CODES: ReadonlySet<string> = new Set([
  ...Object.values(CLOSE_CODES).map(({ code }) => String(code)),
  '1001', // the browser left the page
  '1005', // closed without a code
  '1006', // the connection broke
]);

export const CONNECTION_METRICS = {
  viaduct_connections: {
    type: 'gauge',
    unit: 'connections',
    help: 'Open connections.',
    labels: { transport: TRANSPORTS },
  },
  viaduct_connections_opened_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Connections that became sessions.',
    labels: { transport: TRANSPORTS },
  },
  viaduct_connections_closed_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Sessions that ended, by close code; "other" for codes that clients choose themselves.',
    labels: { transport: TRANSPORTS, code: [...COUNTED_CLOSE_CODES, 'other'] },
  },
  viaduct_connections_refused_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Connections that were refused, or cut for sending too many frames (too_many_frames), before they became sessions, and requests to the HTTP API that were refused by the same rules (http), by reason.',
    labels: {
      transport: [...TRANSPORTS, 'http'],
      reason: [...[REFUSALS, ACCESS_REFUSALS, MISDIRECTED].flatMap(Object.keys), ...CUTS],
    },
  },
  viaduct_http_connections: {
    type: 'gauge',
    unit: 'connections',
    help: 'Open HTTP connections that are not WebSockets: without a complete request yet (handshake), with one (request), or waiting for the next one (idle).',
    labels: { state: HTTP_STATES },
  },
  viaduct_http_connections_refused_total: {
    type: 'counter',
    unit: 'connections',
    help: 'HTTP connections that were cut, by reason. Before their first request: their address or all clients together have too many, or their address opens too many per second (too_fast_from_address). Later: they pipelined more than 20 requests (too_many_pipelined) or one for another protocol (early_upgrade), or sent a body in chunks (chunked_body).',
    labels: { reason: HTTP_REFUSALS },
  },
  viaduct_handshake_timeouts_total: {
    type: 'counter',
    unit: 'connections',
    help: 'Connections that were cut because the HTTP request took too long (http), because they waited too long for their turn to become a session (raw, socket.io), or because they stayed without a session for too long: before their first one, after a refusal, or after the end of one (socket.io).',
    labels: { stage: ['http', 'raw', 'socket.io'] },
  },
  viaduct_subscriptions: { type: 'gauge', unit: 'subscriptions', help: 'Subscriptions of all sessions.' },
} as const satisfies MetricSection;
