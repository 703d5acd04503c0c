import { bboxCases } from './cases/bbox.js';
import { boxGeometryCases } from './cases/box-geometry.js';
import { bufferCases } from './cases/buffer.js';
import { commandCases } from './cases/commands.js';
import { errorCases } from './cases/errors.js';
import { getCases } from './cases/get.js';
import { orderCases } from './cases/order.js';
import { pgetCases } from './cases/pget.js';
import { projectionCases } from './cases/projection.js';
import { rawCases } from './cases/raw.js';
import { rawFrameCases } from './cases/raw-frames.js';
import { resetCases } from './cases/reset.js';
import { snapshotCases } from './cases/snapshot.js';
import { socketIoCases } from './cases/socket-io.js';
import { subscribeCases } from './cases/subscribe.js';
import { RawClient } from './raw-client.js';
import { type Cases, type Connector, Scope, withDeadline } from './scope.js';
import { SocketIoClient } from './socket-io-client.js';
import { type Client, type ConformanceCase, TRANSPORTS, type TransportName } from './types.js';

/** What holds whichever transport a client came through. */
const COMMON: readonly Cases[] = [
  commandCases,
  errorCases,
  getCases,
  pgetCases,
  subscribeCases,
  snapshotCases,
  bboxCases,
  boxGeometryCases,
  projectionCases,
  orderCases,
  bufferCases,
  resetCases,
];

const connectRaw: Connector<RawClient> = ({ url, timeoutMs }, { path }) => {
  const target = new URL(path ?? '', url);
  target.protocol = target.protocol.replace('http', 'ws');
  return RawClient.connect(target.href, timeoutMs);
};

const connectSocketIo: Connector<SocketIoClient> = ({ url, timeoutMs }, { auth }) => {
  const target = new URL('/', url);
  target.protocol = target.protocol.replace('ws', 'http');
  return SocketIoClient.connect(target.href, timeoutMs, auth);
};

/** The cases of the suite for the transports given, by default for both. */
export function conformanceCases(transports: readonly TransportName[] = TRANSPORTS): ConformanceCase[] {
  return transports.flatMap((transport) =>
    transport === 'raw'
      ? bind(transport, connectRaw, [...COMMON, rawCases, rawFrameCases])
      : bind(transport, connectSocketIo, [...COMMON, socketIoCases]),
  );
}

/** How many times as long as one wait a whole case may take: a safety net for waits without a limit of their own. */
const CASE_DEADLINES = 3;

function bind<C extends Client>(
  transport: TransportName,
  connector: Connector<C>,
  tables: readonly Cases<C>[],
): ConformanceCase[] {
  return tables.flatMap((table) =>
    Object.entries(table).map(([expectation, body]) => ({
      name: `${transport}: ${expectation}`,
      transport,
      async run(conformance) {
        const scope = new Scope(conformance, connector);
        try {
          await withDeadline('the case to end', body(scope), CASE_DEADLINES * conformance.timeoutMs);
        } finally {
          await scope.close();
        }
      },
    })),
  );
}
