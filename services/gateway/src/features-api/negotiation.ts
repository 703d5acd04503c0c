import Negotiator from 'negotiator';

/** Longest `Accept` or `Accept-Encoding` that is read, in characters: browsers send a tenth of it. */
const MAX_LENGTH = 1000;

/**
 * Chooses from what a client accepts. A header that is too long is ignored, as RFC 9110 section 12.5.1 permits: reading the
 * longest one that Node accepts would take a hundred times as long as the rest of the request.
 *
 * @param value of the header; undefined for none
 */
export function negotiator(header: 'accept' | 'accept-encoding', value: string | undefined): Negotiator {
  const isRead = value !== undefined && value.length <= MAX_LENGTH;
  return new Negotiator({ headers: isRead ? { [header]: value } : {} });
}
