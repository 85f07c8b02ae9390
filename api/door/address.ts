/** Where a request comes from, as far as limits are concerned. */
import { isIPv6 } from 'node:net';
import type { Request } from 'express';

/**
 * The client's address, as far as the configured number of proxies can be trusted to tell it. Of an IPv6
 * address only the first 64 bits count: that is the smallest network a provider hands out (RFC 6177), and its
 * owner can use any of the others.
 */
export function addressOf(request: Pick<Request, 'ip'>): string {
  const address = request.ip ?? 'unknown';
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  return mapped?.[1] ?? `${networkOf(address)}::/64`;
}

/** The first four groups of an IPv6 address, with `::` written out. */
function networkOf(address: string): string {
  const [head = '', tail] = address.split('%')[0]?.toLowerCase().split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<string>(zeros).fill('0'), ...after].slice(0, 4).join(':');
}
