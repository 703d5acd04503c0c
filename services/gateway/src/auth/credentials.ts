import type { IncomingMessage } from 'node:http';
import { offeredCredentials } from '@viaduct/protocol';

/** The credentials of a client; null for each that it did not send. */
export interface Credentials {
  readonly token: string | null;
  readonly key: string | null;
}

const NONE: Credentials = { token: null, key: null };

/** The credentials of a handshake, from the query string, else from headers, else from the offered subprotocols. */
export function handshakeCredentials({ url = '', headers }: IncomingMessage): Credentials {
  const { authorization, 'sec-websocket-protocol': subprotocols } = headers;
  const apiKey = headers['x-api-key'];
  const query = url.indexOf('?');
  if (query < 0 && authorization === undefined && apiKey === undefined && subprotocols === undefined)
    return NONE;
  const parameters = new URLSearchParams(query < 0 ? '' : url.slice(query + 1));
  const offered = offeredCredentials(subprotocols);
  return {
    token: given(parameters.get('token')) ?? bearerToken(authorization) ?? given(offered.token),
    key:
      given(parameters.get('key')) ?? given(Array.isArray(apiKey) ? apiKey[0] : apiKey) ?? given(offered.key),
  };
}

/** The credentials in socket.io's `auth`. */
export function authCredentials(auth: unknown): Credentials {
  if (typeof auth !== 'object' || auth === null) return NONE;
  const { token, key } = auth as Record<string, unknown>;
  return { token: given(token), key: given(key) };
}

/** The token of an `Authorization` header (RFC 6750 section 2.1); null if it has another scheme. */
export function bearerToken(authorization: string | undefined): string | null {
  return given(/^Bearer +(\S+) *$/iu.exec(authorization ?? '')?.[1]);
}

/** Empty credentials count as missing: pages send `?key=` if they have none. */
function given(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
