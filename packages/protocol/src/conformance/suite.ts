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
import { type Client, type ConformanceCase, DOORS, type Door } from './types.js';

/** What holds whichever door a client came through. */
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

/** The cases of the suite for the doors given, by default for both. */
export function conformanceCases(doors: readonly Door[] = DOORS): ConformanceCase[] {
  return doors.flatMap((door) =>
    door === 'raw'
      ? bind(door, connectRaw, [...COMMON, rawCases, rawFrameCases])
      : bind(door, connectSocketIo, [...COMMON, socketIoCases]),
  );
}

/** How many times as long as one wait a whole case may take: a safety net for waits without a limit of their own. */
const CASE_DEADLINES = 3;

function bind<C extends Client>(
  door: Door,
  connector: Connector<C>,
  tables: readonly Cases<C>[],
): ConformanceCase[] {
  return tables.flatMap((table) =>
    Object.entries(table).map(([expectation, body]) => ({
      name: `${door}: ${expectation}`,
      door,
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
