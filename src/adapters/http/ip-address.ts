import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** True for an IPv4 or IPv6 address, and false for a name. */
export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** True for an address that a program on this machine can listen at. */
export function isOwnAddress(address: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((found) => found?.map((entry) => entry.address) ?? []);
  return address === '0.0.0.0' || address === '::' || own.includes(address) || address.startsWith('127.');
}
