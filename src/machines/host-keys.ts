import { createHash } from 'node:crypto';

/** What this machine's ssh knows of a host's keys. */
export interface KnownHost {
  /** Its name in known_hosts: `10.0.0.4`, `[10.0.0.4]:2222`. */
  readonly name: string;
  /** What is dialled, where the host is an alias of ~/.ssh/config. */
  readonly hostName: string;
  /** Its public keys, `ssh-ed25519 AAAA…`. */
  readonly keys: readonly string[];
  /** Keys that are marked as revoked. */
  readonly revoked: readonly string[];
  /** The user's own file, to which keys are added; `undefined` where ssh is told to have none. */
  readonly file: string | undefined;
  /** Whether names are written as hashes. */
  readonly isHashed: boolean;
}

/** The lines of `ssh-keygen -F`. Source: openssh-portable `sshd.8`, "SSH_KNOWN_HOSTS FILE FORMAT". */
export function parseKnownHostLines(text: string): Pick<KnownHost, 'keys' | 'revoked'> {
  const keys = new Set<string>();
  const revoked = new Set<string>();
  for (const line of text.split('\n')) {
    const match = /^(?:(@[a-z-]+)\s+)?[^#\s]\S*\s+([a-z0-9@.-]+)\s+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(line);
    if (!match) continue;
    const [, marker, kind = '', blob = ''] = match;
    if (marker === undefined) keys.add(`${kind} ${blob}`);
    else if (marker === '@revoked') revoked.add(`${kind} ${blob}`);
  }
  return { keys: [...keys].filter((key) => !revoked.has(key)), revoked: [...revoked] };
}

/** `ED25519 SHA256:uNiVztksCsDhcc0u9e8BrqJR…`: a key as ssh shows it to a person. */
export function fingerprint(key: string): string {
  const [kind = '', blob = ''] = key.split(' ');
  const hash = createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '');
  return `${kind
    .replace(/^(?:ssh|ecdsa)-/, '')
    .replace(/^sha2-/, 'ecdsa-')
    .toUpperCase()} SHA256:${hash}`;
}

/** Keys for one host that are offered to be trusted. */
export interface KeyOffer {
  readonly machine: string;
  readonly known: KnownHost;
  readonly missing: readonly string[];
  /** Why they are not taken: another key of the same kind is known, or it is revoked. */
  readonly refusal: string | undefined;
}

export function compareKeys(machine: string, known: KnownHost, offered: readonly string[]): KeyOffer {
  const missing = offered.filter((key) => !known.keys.includes(key));
  const revoked = missing.find((key) => known.revoked.includes(key));
  const other = missing.flatMap((key) => {
    const present = known.keys.find((candidate) => kindOf(candidate) === kindOf(key));
    return present === undefined ? [] : [{ key, present }];
  })[0];
  const refusal =
    revoked !== undefined
      ? `${machine}: the host key ${fingerprint(revoked)} is revoked here`
      : other
        ? `${machine}: the file says ${fingerprint(other.key)}, and known here is ${fingerprint(other.present)}`
        : undefined;
  return { machine, known, missing, refusal };
}

function kindOf(key: string): string {
  return key.split(' ')[0] ?? '';
}
