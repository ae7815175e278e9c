import { UsageError } from '../../errors.ts';
import type { HostAddress } from '../machine.ts';
import { readFlag } from './driver-flags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A host for the driver `generic`, with everything that docker-machine needs to be told: it reads no ~/.ssh/config. */
export interface GenericHost {
  readonly address: string;
  readonly user: string;
  readonly port: number;
  /** Undefined: the keys that ssh takes by itself. */
  readonly keyFile: string | undefined;
  /** Options of ssh by which the host's key is looked up as ~/.ssh/config says. */
  readonly hostKeyOptions: readonly string[];
}

/**
 * What `ssh -G` says of a host, and the user's own flags, which win.
 *
 * Shape: lines of a keyword in lower case and its value. Every file of `identityfile` is named, also those that are not there.
 */
export function readGenericHost(
  host: HostAddress,
  sshOutput: string,
  {
    flags,
    env,
    exists,
  }: { readonly flags: readonly string[]; readonly env: Environment; exists(file: string): boolean },
): GenericHost {
  const values = (key: string): readonly string[] =>
    [...sshOutput.matchAll(new RegExp(`^${key} (.*)$`, 'gm'))].map(([, value = '']) => value);
  const said = (flag: string, variable: string): string | undefined =>
    readFlag(flags, flag) ?? (env[variable] || undefined);
  const identities = values('identityfile').map((file) => file.replace(/^~(?=\/)/, env['HOME'] ?? '~'));
  const port = Number(said('--generic-ssh-port', 'GENERIC_SSH_PORT') ?? host.port ?? values('port')[0] ?? 22);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UsageError('--generic-ssh-port: expected a port from 1 to 65535');
  return {
    address: values('hostname')[0] ?? host.host,
    user: said('--generic-ssh-user', 'GENERIC_SSH_USER') ?? host.user ?? values('user')[0] ?? 'root',
    port,
    keyFile: said('--generic-ssh-key', 'GENERIC_SSH_KEY') ?? identities.find((file) => exists(file)),
    hostKeyOptions: [
      ...values('userknownhostsfile').map((files) => `UserKnownHostsFile=${files}`),
      ...values('globalknownhostsfile').map((files) => `GlobalKnownHostsFile=${files}`),
      ...values('hostkeyalias').map((alias) => `HostKeyAlias=${alias}`),
    ],
  };
}

/** The driver's flags for the host; those that the user gave come after them. */
export function genericFlags({ address, user, port, keyFile }: GenericHost): readonly string[] {
  return [
    '--generic-ip-address',
    address,
    '--generic-ssh-user',
    user,
    '--generic-ssh-port',
    String(port),
    ...(keyFile === undefined ? [] : ['--generic-ssh-key', keyFile]),
  ];
}

/** Statuses of the trial below, besides 0. */
export const TRIAL = { noSudo: 77, inSwarm: 78, engineIsStopped: 79 } as const;

const AS_ROOT = `if [ "$(id -u)" = 0 ]; then sudo=; else sudo="sudo -n"; fi`;

/** What docker-machine will need there: to be root. And an engine that is a swarm's node would be restarted under its tasks. */
const TRIAL_SCRIPT = [
  AS_ROOT,
  `$sudo true 2>/dev/null || exit ${TRIAL.noSudo}`,
  'command -v dockerd >/dev/null || [ -x /usr/sbin/dockerd ] || exit 0',
  `$sudo docker version >/dev/null 2>&1 || exit ${TRIAL.engineIsStopped}`,
  `state=$($sudo docker info --format "{{.Swarm.LocalNodeState}}")`,
  `case $state in active|locked) exit ${TRIAL.inSwarm};; esac`,
].join('; ');

/**
 * A `create` that was interrupted has stopped the engine there, and the next one waits three minutes in vain for an engine that
 * is installed and does not run.
 */
export const START_ENGINE_SCRIPT = [
  AS_ROOT,
  '$sudo systemctl reset-failed docker 2>/dev/null',
  '$sudo systemctl start docker || $sudo service docker start',
].join('; ');

/**
 * Logs in as docker-machine will, with the same key and without ~/.ssh/config, but with the host's key checked. docker-machine
 * itself tries for 3 to 18 minutes before it says that it cannot.
 */
export function trialArguments(
  { address, user, port, keyFile, hostKeyOptions }: GenericHost,
  {
    acceptNewHostKeys,
    connectSeconds,
    script = TRIAL_SCRIPT,
  }: { readonly acceptNewHostKeys: boolean; readonly connectSeconds: number; readonly script?: string },
): readonly string[] {
  const options = [
    'BatchMode=yes',
    `StrictHostKeyChecking=${acceptNewHostKeys ? 'accept-new' : 'yes'}`,
    ...hostKeyOptions,
    `ConnectTimeout=${connectSeconds}`,
    'ConnectionAttempts=1',
    'ControlMaster=no',
    'ControlPath=none',
    'LogLevel=ERROR',
    ...(keyFile === undefined ? [] : ['IdentitiesOnly=yes']),
  ];
  return [
    '-F',
    'none',
    '-T',
    '-x',
    '-a',
    ...options.flatMap((option) => ['-o', option]),
    ...(keyFile === undefined ? [] : ['-i', keyFile]),
    '-p',
    String(port),
    '-l',
    user,
    '--',
    address,
    `sh -c '${script}'`,
  ];
}
