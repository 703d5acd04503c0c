import type { IncomingMessage } from 'node:http';
import { CLOSE_CODES } from '@viaduct/protocol';
import { allowsAnyOrigin, createOriginCheck } from '../../auth/origins.js';
import { BROKEN, failureCode } from '../transport.js';

/** What is used of the engine's socket; the types of the library leave it open. */
export interface EngineSocket {
  /** The request of the handshake. */
  request: IncomingMessage | null;
  once(event: 'close', listener: (this: EngineSocket, reason: string) => void): void;
}

/** What is known of a connection of the engine. */
export interface EngineConnection {
  readonly address: string | null;
  /** Whether a session has been made of it. */
  isSession: boolean;
  /** Whether it has asked to become a session: a connection is one session at a time, by which it is counted. */
  isTaken: boolean;
}

/** The engine's reason for the end of a connection that socket.io closed, because it became no session in time. */
export const CUT_BY_US = 'forced close';

/** Pages of other origins send the cookie by which a proxy knows their gateway only where they may send credentials. */
export function corsOf(origins: readonly string[]): CorsOptions {
  if (allowsAnyOrigin(origins)) return { origin: '*', credentials: false };
  const isAllowed = createOriginCheck(origins);
  return { origin: (origin, decide) => decide(null, isAllowed(origin)), credentials: true };
}

interface CorsOptions {
  origin: '*' | ((origin: string | undefined, decide: (error: null, isAllowed: boolean) => void) => void);
  credentials: boolean;
}

/**
 * Whether a request belongs to a session that there is already; one that does not would begin one. Read as the engine
 * reads it, or sessions would begin unasked: of several ids the last one counts, and an empty one is none.
 */
export function isOfSession({ url = '' }: IncomingMessage): boolean {
  const sid = new URL(url, 'http://gateway').searchParams.getAll('sid').at(-1) ?? '';
  return sid !== '';
}

/** The code under which the end of a socket.io connection is counted; socket.io gives words instead. */
export function closeCode(reason: string, failure: unknown): number {
  if (reason === 'ping timeout') return CLOSE_CODES.heartbeat_timeout.code;
  if (reason === 'parse error') return CLOSE_CODES.invalid_frame.code;
  if (reason === 'transport close') return BROKEN;
  if (reason === 'transport error') return failure instanceof Error ? failureCode(failure) : BROKEN;
  return CLOSE_CODES.normal.code;
}
