import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';

import type { HostAddress } from '../../machines/machine.ts';
import { destinationArgv } from './ssh-argv.ts';
import { explainSsh, SshFailure } from './ssh-failure.ts';

/** An address with what ~/.ssh/config, or ssh itself, adds to it. */
export interface ResolvedAddress {
  readonly user: string;
  /** As it was given: an alias stays one, because its jumps and keys are found by it. */
  readonly host: string;
  readonly port: number;
  /** Name or address that is dialled. */
  readonly hostName: string;
  /** Of everything that ssh would use for it: another configuration is another connection. */
  readonly fingerprint: string;
}

/**
 * Asks OpenSSH itself (`ssh -G`, 11 ms, dials nobody), because only it reads Include, Match and wildcards as it will later.
 *
 * @throws SshFailure if there is no ssh, or if it does not read its configuration
 */
export async function resolveAddress(address: HostAddress): Promise<ResolvedAddress> {
  const output = await new Promise<string>((resolve, reject) => {
    const argv = ['-G', ...destinationArgv(address)];
    execFile('ssh', argv, { timeout: 10_000, env: { ...process.env, LC_ALL: 'C' } }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? noSsh() : explainSsh(stderr, address));
    });
  });
  const value = (key: string): string | undefined => new RegExp(`^${key} (.*)$`, 'm').exec(output)?.[1];
  return {
    user: value('user') ?? address.user ?? '',
    host: address.host,
    port: Number(value('port') ?? address.port ?? 22),
    hostName: value('hostname') ?? address.host,
    fingerprint: createHash('sha256').update(output).digest('hex'),
  };
}

export function noSsh(): SshFailure {
  return new SshFailure('no-ssh', 'there is no ssh program on this machine', 'sudo apt-get install openssh-client');
}
