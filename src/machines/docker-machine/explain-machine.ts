/** Why docker-machine did not do something: the end of a sentence, and what to type. */
export interface MachineFailure {
  readonly kind: 'usage' | 'missing-plugin' | 'not-found' | 'exists' | 'failed';
  readonly seen: string;
  readonly hint: string;
}

interface Rule {
  readonly kind: MachineFailure['kind'];
  readonly shape: RegExp;
  readonly seen: (match: RegExpExecArray, about: About) => string;
  readonly hint: (about: About, match: RegExpExecArray) => string;
}

interface About {
  readonly name: string;
  readonly driver: string;
}

/** What docker-machine 0.16.2 and the forks print on standard error, the most telling first. */
const RULES: readonly Rule[] = [
  {
    kind: 'missing-plugin',
    shape: /Driver "([^"]*)" not found/,
    seen: ([, driver]) => `docker-machine has no driver "${driver}"`,
    hint: ({ driver }) => `it looks for a program docker-machine-driver-${driver} on PATH`,
  },
  {
    kind: 'exists',
    shape: /Docker machine "([^"]*)" already exists/,
    seen: () => 'docker-machine has a machine of that name',
    hint: ({ name }) => `docker-machine inspect ${name}`,
  },
  {
    kind: 'not-found',
    shape: /Docker machine "([^"]*)" does not exist/,
    seen: () => 'docker-machine has no machine of that name',
    hint: () => 'docker-machine ls -q lists those it has',
  },
  {
    kind: 'failed',
    shape: /Host "[^"]*" is not running/,
    seen: () => 'it does not run',
    hint: ({ name }) => `docker-machine start ${name}`,
  },
  {
    kind: 'usage',
    shape: /flag provided but not defined: -+(\S+)/,
    seen: ([, flag], { driver }) => `the driver ${driver} has no flag --${flag}`,
    hint: ({ driver }) => `docker-machine create --driver ${driver} --help`,
  },
  {
    kind: 'usage',
    shape:
      /(\S+ driver requires [^\n]*|Invalid hostname specified[^\n]*|Error setting machine configuration from flags provided: [^\n]*)/,
    seen: ([, text = '']) => text.replace('Error setting machine configuration from flags provided: ', ''),
    hint: ({ driver }) => `docker-machine create --driver ${driver} --help`,
  },
  {
    kind: 'failed',
    shape: /Error with pre-create check: "?([^\n]*?)"?\s*$/m,
    seen: ([, text], { driver }) => `the driver ${driver} cannot work here: ${text}`,
    hint: ({ driver }) => `what the driver ${driver} needs must be on this machine; nothing was made`,
  },
  {
    kind: 'failed',
    shape: /Maximum number of retries \(\d+\) exceeded|Too many retries waiting for SSH/,
    seen: () => 'docker-machine waited in vain for its sshd or its engine',
    hint: () => 'is the machine up, does its sshd take the key, does its engine start? there: journalctl -u docker',
  },
  {
    kind: 'failed',
    shape: /Unable to verify the Docker daemon is listening/,
    seen: () => 'its engine did not come up on port 2376',
    hint: ({ name }) => `on the machine: journalctl -u docker; then create ${name} again`,
  },
  {
    kind: 'failed',
    shape: /(?:error installing Docker|get\.docker\.com|Could not resolve|Temporary failure resolving)[^\n]*/i,
    seen: ([text]) => `the engine could not be installed there: ${text}`,
    hint: () => 'has the machine a way to its packages? an engine that is there already is taken as it is',
  },
  {
    kind: 'failed',
    shape: /remote error: tls: bad certificate|x509: [^\n]*/,
    seen: ([text]) => `its certificate does not fit ours: ${text}`,
    hint: ({ name }) => `docker-machine regenerate-certs -f ${name}`,
  },
];

const PREFIXES =
  /^(?:Error creating machine: |Error running provisioning: |Error in driver during machine creation: )+/;

/** @param stderr what docker-machine printed when it ended with another status than 0 */
export function explainMachine(stderr: string, about: About): MachineFailure {
  for (const { kind, shape, seen, hint } of RULES) {
    const match = shape.exec(stderr);
    if (match) return { kind, seen: seen(match, about), hint: hint(about, match) };
  }
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.trim().replace(PREFIXES, ''))
    .filter((line) => line !== '' && !/^(?:notifying bugsnag|This machine has been allocated)/.test(line));
  return {
    kind: 'failed',
    seen: lines.at(-1) ?? 'it said nothing',
    hint: `docker-machine -D create --driver ${about.driver} ${about.name} says more; it prints the private key, too`,
  };
}

/**
 * Whether `rm` failed because the driver finds no machine of its own: then nobody is charged for one. Each driver has its own
 * words; "not found" alone may also be a program, a host name or a credential.
 *
 * Shape: `Error removing host "m1": unknown instance`, `…: virtual machine 'm1' not found`.
 */
export function findsNoMachine(stderr: string): boolean {
  return /Error removing host "[^"]*": [^\n]*(?:unknown instance|\b(?:machine|instance|vm|domain|droplet|server|container|resource)s?(?: \S+){0,3}? (?:not exist|doesn't exist|(?:not|cannot) (?:be )?found)|no such (?:machine|instance|vm|domain|server|container))/i.test(
    stderr,
  );
}

/**
 * The status of the program that `docker-machine ssh` ran: its own is 1 for every failure.
 *
 * Shape: `exit status 7`, the last line on standard error, or the end of one that the program did not end.
 *
 * @returns undefined if docker-machine did not come to run it; without the line that says the status
 */
export function readRemoteStatus(stderr: string): { readonly status: number; readonly stderr: string } | undefined {
  const match = /exit status (\d+)\n?$/.exec(stderr);
  return match ? { status: Number(match[1]), stderr: stderr.slice(0, match.index) } : undefined;
}

/** One step of `create`. Shape: `(m1) Importing SSH key...`, `Waiting for SSH to be available...`; all else is no step. */
export function createDetail(line: string): string | undefined {
  const [, text] = /^(?:\([^)]*\) )?(\S.*)\.{3}$/.exec(line.trimEnd()) ?? [];
  return text !== undefined && text.length > 70 ? `${text.slice(0, 69)}…` : text;
}
