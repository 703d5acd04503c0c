const DEFLATE = 'permessage-deflate';

/** The window for the compression of messages; see `PER_MESSAGE_DEFLATE`. */
const FULL_WINDOW = 15;

const NO_VALUE = new Set(['server_no_context_takeover', 'client_no_context_takeover']);

/**
 * The acceptable offers of permessage-deflate (RFC 7692, section 7.1), as the header that a client would send with these
 * alone; undefined if there is none. The RFC requires to decline all others: an offer that this server does not support is
 * not an error, and the client is served without compression.
 *
 * @param header value of `Sec-WebSocket-Extensions`
 */
export function acceptableOffers(header: string | undefined): string | undefined {
  const offers = (header ?? '').split(',').map((offer) => offer.trim());
  const accepted = offers.filter(isAcceptable);
  return accepted.length === 0 ? undefined : accepted.join(', ');
}

function isAcceptable(offer: string): boolean {
  const [name, ...parameters] = offer.split(';').map((part) => part.trim());
  if (name !== DEFLATE) return false;
  const names = parameters.map((parameter) => parameter.split('=', 1)[0]?.trim());
  return new Set(names).size === names.length && parameters.every(isParameter);
}

function isParameter(parameter: string): boolean {
  const [, name = '', value] = /^([a-z_]+)(?:\s*=\s*("\d+"|\d+))?$/u.exec(parameter) ?? [];
  if (NO_VALUE.has(name)) return value === undefined;
  const bits = value === undefined ? null : bitsOf(value.replaceAll('"', ''));
  if (name === 'server_max_window_bits') return bits === FULL_WINDOW;
  return name === 'client_max_window_bits' && (value === undefined || bits !== null);
}

/** 8 to 15, without a leading zero. */
function bitsOf(digits: string): number | null {
  return /^(?:[89]|1[0-5])$/u.test(digits) ? Number(digits) : null;
}
