import { createHmac } from 'node:crypto';
import { WRITABLE } from './names.js';

/** The secret of the gateway that is attacked. */
export const SECRET = 'a secret that the fuzzer shares with its gateway';

/** A token with which everything can be read, and the one channel of the attackers be published to. */
export const FULL_TOKEN = sign({ channels: ['*'], publish: [WRITABLE] });

/** The same, confined to an area across the antimeridian. */
export const CONFINED_TOKEN = sign({ channels: ['*'], publish: [WRITABLE], area: [170, -30, -170, 10] });

/** A JWT by HS256 (RFC 7515 section 3), written out here so that attackers share no code with what they attack. */
function sign(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg: 'HS256' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}
