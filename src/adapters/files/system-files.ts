import { access, readFile } from 'node:fs/promises';

import { parseRoutes, type Routes } from '../../lab/lab-network.ts';

/** What Ethernet carries. */
const STANDARD_MTU = 1500;

/** A file's text; empty where it is not there or may not be read, as the kernel's files on another system. */
export async function readOptional(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** The machine's IPv4 routes, and the MTU of the interface of the default route, bytes; 1500 without one. */
export async function readRoutes(): Promise<Routes & { readonly mtu: number }> {
  const routes = parseRoutes(await readOptional('/proc/net/route'));
  const mtu =
    routes.defaultInterface === undefined ? '' : await readOptional(`/sys/class/net/${routes.defaultInterface}/mtu`);
  return { ...routes, mtu: Number(mtu) || STANDARD_MTU };
}
