import { isIP } from 'node:net';

/** True for an IPv4 or IPv6 address, and false for a name. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}
