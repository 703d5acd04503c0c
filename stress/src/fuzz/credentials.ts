import { createHmac } from 'node:crypto';
import { WRITABLE } from './names.js';

/** The secret of the gateway under test. */
export const SECRET = 'a secret that the fuzzer shares with its gateway';

/** A token that can read everything, and publish to the fuzzer's one channel. */
export const FULL_TOKEN = sign({ channels: ['*'], publish: [WRITABLE] });

/** The same, limited to an area across the antimeridian. */
export const CONFINED_TOKEN = sign({ channels: ['*'], publish: [WRITABLE], area: [170, -30, -170, 10] });

/** A JWT with HS256 (RFC 7515 section 3), written here so that the fuzzer shares no code with the gateway. */
function sign(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}
