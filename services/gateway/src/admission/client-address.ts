import type { IncomingHttpHeaders } from 'node:http';
import { isIP, isIPv4 } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Names of address ranges that the setting accepts besides CIDR blocks, with their ranges in ipaddr.js. */
const NAMED_RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['loopback'],
  private: ['private', 'uniqueLocal'],
  linklocal: ['linkLocal'],
};

/**
 * Finds the address of a client.
 *
 * @param remote address of the other end of the connection
 * @returns an IPv4 or IPv6 address; null if the connection no longer has another end
 */
export type AddressReader = (remote: string | undefined, headers: IncomingHttpHeaders) => string | null;

/**
 * Reads `X-Forwarded-For` from right to left, as long as trusted proxies have written it: the client is the first
 * address from the right that is not a trusted proxy. If a trusted proxy sends no such header, `X-Real-IP` applies.
 * Headers from anybody else are ignored.
 *
 * @param trusted addresses, CIDR blocks (`10.0.0.0/8`), and `loopback`, `private` or `linklocal`
 * @throws RangeError if an item is none of these
 */
export function createAddressReader(trusted: readonly string[]): AddressReader {
  const isTrusted = matcher(trusted);
  return (remote, headers) => {
    const ipv4 = trusted.length === 0 ? ipv4Of(remote ?? '') : null;
    if (ipv4 !== null) return ipv4;
    let address = parse(remote);
    if (address === null || !isTrusted(address)) return address?.toString() ?? null;
    for (const claim of claims(headers)) {
      const next = parse(claim);
      if (next === null) break;
      address = next;
      if (!isTrusted(address)) break;
    }
    return address.toString();
  };
}

/**
 * Makes the check whether the other end of a connection is a trusted proxy.
 *
 * @param trusted as for {@link createAddressReader}
 */
export function createProxyCheck(trusted: readonly string[]): (remote: string | undefined) => boolean {
  const isTrusted = matcher(trusted);
  return (remote) => {
    const address = parse(remote);
    return address !== null && isTrusted(address);
  };
}

/**
 * Length of an IPv6 network prefix, in bytes. One customer usually has all addresses of such a network.
 */
const IPV6_NETWORK_BYTES = 8;

/**
 * The network that counts as one address in limits: an IPv4 address, or the /64 network of an IPv6 address; empty if the
 * address is unknown.
 */
export function networkOf(address: string | null): string {
  if (address === null) return '';
  if (isIPv4(address)) return address;
  const parsed = parse(address);
  if (parsed === null || parsed.kind() === 'ipv4') return parsed?.toString() ?? address;
  const bytes = parsed.toByteArray().fill(0, IPV6_NETWORK_BYTES);
  return `${ipaddr.fromByteArray(bytes).toString()}/64`;
}

/** The addresses in the headers, the nearest proxy's first. */
function claims(headers: IncomingHttpHeaders): string[] {
  const forwarded = headers['x-forwarded-for'];
  if (forwarded !== undefined) return String(forwarded).split(',').reverse();
  const real = headers['x-real-ip'];
  return typeof real === 'string' ? [real] : [];
}

/** What an IPv4 address begins with on a socket that also accepts IPv6. */
const IPV4_IN_IPV6 = '::ffff:';

/** The text of an IPv4 address, also of one in IPv6; null if it is not one. */
function ipv4Of(text: string): string | null {
  const ipv4 = text.startsWith(IPV4_IN_IPV6) ? text.slice(IPV4_IN_IPV6.length) : text;
  return isIPv4(ipv4) ? ipv4 : null;
}

/** An address with or without a port, IPv4 in IPv6 as IPv4; null if it is not an address. */
function parse(text: string | undefined): Address | null {
  const trimmed = text?.trim() ?? '';
  // Most addresses are IPv4, each connection parses several, and the library takes much longer for them.
  const ipv4 = ipv4Of(trimmed);
  if (ipv4 !== null) return new ipaddr.IPv4(ipv4.split('.').map(Number));
  const [, bracketed, withPort] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/u.exec(trimmed) ?? [];
  const address = bracketed ?? withPort ?? trimmed;
  // A zone (RFC 4007) is valid only on one machine, and may be any text there.
  return isIP(address) === 0 ? null : ipaddr.process(address.replace(/%.*$/u, ''));
}

function matcher(trusted: readonly string[]): (address: Address) => boolean {
  const ranges = new Set<string>();
  const blocks: [Address, number][] = [];
  for (const entry of trusted) {
    const named = Object.hasOwn(NAMED_RANGES, entry) ? NAMED_RANGES[entry] : undefined;
    if (named !== undefined) for (const range of named) ranges.add(range);
    else blocks.push(parseBlock(entry));
  }
  return (address) =>
    (ranges.size > 0 && ranges.has(address.range())) ||
    blocks.some(([block, bits]) => block.kind() === address.kind() && address.match(block, bits));
}

function parseBlock(entry: string): [Address, number] {
  const names = Object.keys(NAMED_RANGES).join(', ');
  const problem = `"${entry}" is not an address, not a CIDR block such as 10.0.0.0/8, and none of ${names}`;
  const [address = '', bits, ...rest] = entry.split('/');
  if (isIP(address) === 0 || rest.length > 0) throw new RangeError(problem);
  const parsed = ipaddr.parse(address);
  const most = parsed.toByteArray().length * 8;
  if (bits === undefined) return [parsed, most];
  if (!/^\d+$/u.test(bits) || Number(bits) > most) throw new RangeError(problem);
  return [parsed, Number(bits)];
}
