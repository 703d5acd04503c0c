import * as cases from './cases/all.js';
import { RawClient } from './raw-client.js';
import { type Cases, type Connector, Scope, withDeadline } from './scope.js';
import { SocketIoClient } from './socket-io-client.js';
import { rawCases } from './transports/raw.js';
import { rawFrameCases } from './transports/raw-frames.js';
import { socketIoCases } from './transports/socket-io.js';
import { type Client, type ConformanceCase, TRANSPORTS, type TransportName } from './types.js';

/** Cases for both transports. */
const COMMON: readonly Cases[] = Object.values(cases);

const connectRaw: Connector<RawClient> = ({ url, timeoutMs }, { path, protocols }) => {
  const target = new URL(path ?? '', url);
  target.protocol = target.protocol.replace('http', 'ws');
  return RawClient.connect(target.href, { timeoutMs, ...(protocols !== undefined && { protocols }) });
};

const connectSocketIo: Connector<SocketIoClient> = ({ url, timeoutMs }, { auth }) => {
  const target = new URL('/', url);
  target.protocol = target.protocol.replace('ws', 'http');
  return SocketIoClient.connect(target.href, { timeoutMs, auth: auth ?? {} });
};

/** The cases of the suite for these transports, by default for both. */
export function conformanceCases(transports: readonly TransportName[] = TRANSPORTS): ConformanceCase[] {
  return transports.flatMap((transport) =>
    transport === 'raw'
      ? bind(transport, connectRaw, [...COMMON, rawCases, rawFrameCases])
      : bind(transport, connectSocketIo, [...COMMON, socketIoCases]),
  );
}

/** Limit for a whole case, as a multiple of one wait: a safety net for waits without their own limit. */
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
