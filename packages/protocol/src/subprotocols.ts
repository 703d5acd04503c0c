import { SUBPROTOCOL } from './version.js';

/** Credentials of a client; absent for each that it does not send. */
export interface OfferedCredentials {
  readonly token?: string | undefined;
  readonly key?: string | undefined;
}

/** The prefixes of subprotocols that carry a token or a key. */
const PREFIXES = { token: 'viaduct.token.', key: 'viaduct.key.' } as const;

/** Characters that encodeURIComponent leaves, and that a subprotocol must not contain (RFC 9110, "token"). */
const PARENTHESIS = /[()]/gu;

/**
 * The WebSocket subprotocols that a client offers: this version of the protocol and its credentials, because a page can set
 * no other header.
 */
export function offeredSubprotocols(credentials: OfferedCredentials): string[] {
  const offers = [SUBPROTOCOL];
  for (const name of ['token', 'key'] as const) {
    const value = credentials[name];
    if (value !== undefined) offers.push(`${PREFIXES[name]}${escaped(value)}`);
  }
  return offers;
}

/**
 * The credentials among the subprotocols that a client offers.
 *
 * @param header value of `Sec-WebSocket-Protocol`
 */
export function offeredCredentials(header: string | undefined): OfferedCredentials {
  const offers = (header ?? '').split(',').map((offer) => offer.trim());
  const { token, key } = PREFIXES;
  return { token: valueAfter(token, offers), key: valueAfter(key, offers) };
}

/** Whether a subprotocol carries credentials, which a gateway never repeats. */
export function isCredential(subprotocol: string): boolean {
  return Object.values(PREFIXES).some((prefix) => subprotocol.startsWith(prefix));
}

function escaped(value: string): string {
  return encodeURIComponent(value).replace(PARENTHESIS, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

function valueAfter(prefix: string, offers: readonly string[]): string | undefined {
  const value = offers.find((offer) => offer.startsWith(prefix))?.slice(prefix.length);
  try {
    return value === undefined ? undefined : decodeURIComponent(value);
  } catch {
    // Not percent-encoded: it cannot be valid.
    return value;
  }
}
