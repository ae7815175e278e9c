import * as z from 'zod';

import { MACHINE_SOURCES } from './machine.ts';
import { parseHost } from './parse-hosts.ts';
import type { InventoryHost, InventoryProblem } from './inventory.ts';

/** What marks the file. */
export const HAND_OVER_KIND = 'spark-swarm-machines';

const host = z.string().min(1).max(300);
const swarmName = z.string().regex(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/);
/** A DOCKER_HOST value. Without `,` and `"`: `docker context create` reads options behind them. */
const engine = z
  .string()
  .regex(/^(?:unix:\/\/\/|ssh:\/\/|tcp:\/\/)[\x21-\x7e]+$/)
  .regex(/^[^,"]+$/);
/** One public host key as `known_hosts` has it behind the name: `ssh-ed25519 AAAA…`. */
const hostKey = z.string().regex(/^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$/);
const certificates = z
  .string()
  .regex(/^(?:\s*-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/);

const machineSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9:.%-]{0,252}$/),
  source: z.enum(MACHINE_SOURCES),
  /** What the source finds it by: `root@10.0.0.4:22`. */
  reference: host,
  engine: engine.nullable(),
  ssh: z.strictObject({ user: host, host, port: z.int().min(1).max(65_535) }).nullable(),
  hostKeys: z.array(hostKey),
});

/**
 * What another operator needs to reach the same machines, and nothing secret: no private key, no client certificate, no
 * token. Whoever has it still needs an ssh key, or a client certificate, of their own.
 */
const handOverSchema = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.literal(HAND_OVER_KIND),
  swarm: z.strictObject({ name: swarmName, engine, certificateAuthority: certificates.nullable() }).nullable(),
  machines: z.array(machineSchema),
});

export type HandOver = Readonly<z.infer<typeof handOverSchema>>;
export type HandOverMachine = HandOver['machines'][number];

/** @returns the file, or everything that is wrong with it, each with its key */
export function parseHandOver(value: unknown): HandOver | readonly InventoryProblem[] {
  const version = (value as { readonly schemaVersion?: unknown } | undefined)?.schemaVersion;
  if (typeof version === 'number' && version > 1) {
    return [{ message: `schemaVersion: got ${version}; a newer spark-swarm has written it` }];
  }
  const parsed = handOverSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => ({
    message: `${path.length === 0 ? 'file' : path.map(String).join('.')}: ${message[0]?.toLowerCase() ?? ''}${message.slice(1)}`,
  }));
}

/** Its machines that are entered by ssh. @throws UsageError for an address that is none */
export function handOverHosts({ machines }: HandOver): readonly InventoryHost[] {
  return machines.flatMap(({ name, ssh, source }, index) => {
    if (!ssh || source !== 'ssh') return [];
    const shown = ssh.host.includes(':') ? `[${ssh.host}]` : ssh.host;
    return [{ name, address: parseHost(`${ssh.user}@${shown}:${ssh.port}`, `machines.${index}.ssh`) }];
  });
}
