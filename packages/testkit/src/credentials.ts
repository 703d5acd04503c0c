import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { atEnd } from './teardown.js';

/** A secret for HS256; printable, so that it can be an environment variable. */
export const SECRET = randomBytes(32).toString('base64url');

export type Algorithm = 'HS256' | 'RS256' | 'ES256';

/** A pair of keys with the id under which a key set lists the public one. */
export interface KeyPair {
  readonly id: string;
  readonly algorithm: 'RS256' | 'ES256';
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export function keyPair(id: string, algorithm: KeyPair['algorithm'] = 'ES256'): KeyPair {
  const keys =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { id, algorithm, ...keys };
}

export function pemOf({ publicKey }: KeyPair): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

/** Seconds since the epoch, this many from now. */
export function inSeconds(seconds: number): number {
  return Date.now() / 1000 + seconds;
}

/** A token signed with the secret, or with a pair of keys. */
export function sign(claims: JWTPayload, by: string | KeyPair = SECRET): Promise<string> {
  const jwt = new SignJWT(claims);
  if (typeof by === 'string') {
    return jwt.setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(by));
  }
  return jwt.setProtectedHeader({ alg: by.algorithm, kid: by.id }).sign(by.privateKey);
}

/** A token without a signature (RFC 7519 section 6). */
export function unsigned(claims: JWTPayload): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.`;
}

/** The hash by which a gateway knows a key. */
export function sha256(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** A server of a JSON Web Key Set, whose keys and health the test changes. */
export class KeyServer {
  keys: KeyPair[] = [];
  /** Status of its answers. */
  status = 200;
  /** Answers with white space before the set, up to this many bytes. */
  padBytes = 0;
  requests = 0;
  /** Bytes that clients have taken. */
  sentBytes = 0;
  url = '';

  static async start(...keys: KeyPair[]): Promise<KeyServer> {
    const keyServer = new KeyServer();
    keyServer.keys = keys;
    const server = createServer((_request, response) => {
      keyServer.requests++;
      response.writeHead(keyServer.status, { 'content-type': 'application/json' });
      // Clients may leave before the end.
      pipeline(Readable.from(keyServer.#answer()), response).catch(() => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => server.close());
    keyServer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    return keyServer;
  }

  async *#answer(): AsyncGenerator<string> {
    const chunk = ' '.repeat(64 * 1024);
    for (let left = this.padBytes; left > 0; left -= chunk.length) {
      this.sentBytes += Math.min(left, chunk.length);
      yield chunk.slice(0, left);
    }
    yield await this.#set();
  }

  async #set(): Promise<string> {
    const keys = this.keys.map(async ({ id, algorithm, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid: id,
      alg: algorithm,
      use: 'sig',
    }));
    return JSON.stringify({ keys: await Promise.all(keys) });
  }
}
