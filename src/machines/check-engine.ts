import type { Finding } from '../doctor/finding.ts';
import type { EngineFacts, MachineReading } from './facts.ts';
import { machineError } from './machine-problems.ts';

/**
 * The oldest Engine API that is enough: 1.41, engine 20.10. Swarm services with capabilities, limits of processes and
 * ulimits, and the number of running tasks in a list of services came with it.
 */
const OLDEST_API = '1.41';

/** Whether the engine is one that a swarm and our clusters can use. */
export function checkEngine({ name, engine }: MachineReading): readonly Finding[] {
  if (!engine) return [];
  return [...checkVersion(name, engine), ...checkMode(name, engine), ...checkStorage(name, engine)];
}

function checkVersion(subject: string, { version, apiVersion }: EngineFacts): readonly Finding[] {
  if (compareVersions(apiVersion, OLDEST_API) >= 0) return [];
  return [
    machineError('SS-M06', {
      subject,
      problem: 'its engine is too old',
      proof: `engine ${version} speaks API ${apiVersion}; 20.10 with API ${OLDEST_API} is the oldest that is enough`,
      fix: 'install a newer one there: the package of a newer release of its system, or of Docker itself',
    }),
  ];
}

function checkMode(subject: string, { isRootless, isLiveRestore, osType }: EngineFacts): readonly Finding[] {
  return [
    ...(isRootless
      ? [
          machineError('SS-M10', {
            subject,
            problem: 'its engine is rootless, and a rootless engine has no overlay networks',
            proof: 'docker info: SecurityOptions holds name=rootless',
            fix: 'use the engine of the system there: systemctl enable --now docker, and no DOCKER_HOST for that user',
          }),
        ]
      : []),
    ...(isLiveRestore
      ? [
          machineError('SS-M11', {
            subject,
            problem: 'its engine has live-restore, which Docker refuses in a swarm',
            proof: 'docker info: Live Restore Enabled: true',
            fix: 'there: take "live-restore" out of /etc/docker/daemon.json, then: systemctl reload docker',
          }),
        ]
      : []),
    ...(osType === 'linux'
      ? []
      : [
          machineError('SS-M13', {
            subject,
            problem: 'its engine does not run Linux containers',
            proof: `docker info: OSType ${osType}`,
            fix: 'leave it out',
          }),
        ]),
  ];
}

function checkStorage(subject: string, { storageDriver, rootFolder }: EngineFacts): readonly Finding[] {
  if (storageDriver !== 'vfs') return [];
  return [
    machineError('SS-M12', {
      subject,
      problem: 'its engine stores images with vfs, which copies every layer in full: several times the size on disk',
      proof: `docker info: Storage Driver: vfs, in ${rootFolder}`,
      fix: `is ${rootFolder} on ext4 or xfs? then there: {"storage-driver": "overlay2"} in /etc/docker/daemon.json, and systemctl restart docker`,
    }),
  ];
}

/** By numbers: 1.9 is older than 1.41. */
function compareVersions(one: string, other: string): number {
  const [a, b] = [one, other].map((text) => text.split('.').map(Number));
  return (a?.[0] ?? 0) - (b?.[0] ?? 0) || (a?.[1] ?? 0) - (b?.[1] ?? 0);
}
