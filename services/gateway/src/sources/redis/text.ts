import { isUtf8 } from 'node:buffer';
import { NOT_UTF8 } from '../source.js';

/** A value or message of Redis as text: {@link NOT_UTF8} if it is not UTF-8. */
export function textOf(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString() : NOT_UTF8;
}
