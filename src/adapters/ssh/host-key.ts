import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';

/** Fingerprints of a host whose key has changed; undefined where ssh does not say it. */
export interface ChangedKey {
  /** `SHA256:…` that is written in known_hosts. */
  readonly known: string | undefined;
  /** `SHA256:…` that the host shows now. */
  readonly shown: string | undefined;
}

/**
 * Both fingerprints, from what ssh printed when it refused.
 *
 * Shape: `The fingerprint for the ED25519 key sent by the remote host is\nSHA256:….` and `Offending ED25519 key in FILE:LINE`.
 * Source: openssh-portable sshconnect.c, `check_host_key` and `warn_changed_key`.
 */
export async function readChangedKey(output: string): Promise<ChangedKey> {
  const shown = /key sent by the remote host is\s+(SHA256:[A-Za-z0-9+/=]+)/.exec(output)?.[1];
  const [, file, line] = /^Offending \S+ key in (.+):(\d+)\s*$/m.exec(output) ?? [];
  const text = file === undefined ? '' : await readFile(file, 'utf8').catch(() => '');
  return { known: await fingerprint(text.split('\n')[Number(line) - 1] ?? ''), shown };
}

/** Of one line of known_hosts. */
async function fingerprint(line: string): Promise<string | undefined> {
  if (line.trim() === '') return undefined;
  const child = spawn('ssh-keygen', ['-l', '-f', '-'], { stdio: ['pipe', 'pipe', 'ignore'] });
  // Without the program there is no fingerprint to compare, which is said.
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  child.stdin.end(`${line}\n`);
  return /SHA256:[A-Za-z0-9+/=]+/.exec(await readText(child.stdout).catch(() => ''))?.[0];
}
