import { Admission, type Refusal } from '../../src/admission/admission.js';
import type { HandshakeOptions } from '../../src/admission/handshake.js';
import type { Grant } from '../../src/auth/grant.js';
import type { Session } from '../../src/session/session.js';

export const GRANT = {} as Grant;

interface Open {
  /** Checks the credentials; all may do everything by default. */
  handshake?: HandshakeOptions['authenticator']['handshake'];
  /** The grant of clients without credentials; by default, the credentials of all are checked. */
  grantAtOnce?: () => Grant | null;
  /** The network of a client. */
  addressOf?: (headers: Readonly<Record<string, unknown>>) => string;
  general?: () => Refusal | null;
}

/** What a transport needs for its handshakes, without limits. */
export function openHandshakes({
  handshake = async () => GRANT,
  grantAtOnce = () => null,
  addressOf = () => '192.0.2.1',
  general = () => null,
}: Open) {
  return {
    admission: new Admission((_remote, headers) => addressOf(headers), general, {
      perAddress: 0,
      perSecond: 0,
      perSecondPerAddress: 0,
    }),
    authenticator: {
      checkOrigin: () => {},
      grantAtOnce,
      handshake,
      auth: async () => null,
      admit: async () => GRANT,
    },
    accounts: { check: () => {} },
    reportInternalError: (_error: unknown, _context: object) => {},
    maxFrameBytes: 1024,
    heartbeatMs: 60_000,
  };
}

/** A session that ignores everything. */
export function idleSession(): Session {
  return {
    sendEnvelope: () => {},
    closed: () => {},
    receive: () => {},
    receiveOther: () => {},
    outbox: { resume: () => {}, release: () => {} },
  } as never;
}
