import { formatBytes } from '../units.ts';
import { fine, found, notKnown, passedOver, type Outcome } from './check.ts';
import type { AnsweringEngine, BusyEngine, EngineReading, MachineReading } from './machine-reading.ts';
import { errorOf, noteOf, warningOf } from './problems.ts';
import { isOlder } from './versions.ts';

/** Oldest engine with everything that a swarm of ours needs (API 1.41: jobs, pids, `ServiceStatus`). */
const OLDEST_ENGINE = '20.10';
const OLDEST_API = '1.41';
/** An image of Spark, and the layers that a build leaves. See `image/build-checks.ts`. */
const LOW_DISK_BYTES = 10_000_000_000;
const FULL_DISK_BYTES = 1_000_000_000;
/** What VMs' clocks differ by when they were paused; certificates and locks mind it from here on. */
const CLOCK_LIMIT_MS = 2000;

const SUBJECT = 'this machine';

const NO_ANSWER = { silent: 'no engine', busy: notKnown('it does not say within 5 s') } as const;

/** @param isNeeded false when the commands use another engine: then none has to be here */
export function judgeEngine(engine: EngineReading, platform: string, isNeeded: boolean): Outcome {
  if (engine.state !== 'silent') return judgeVersion(engine);
  const { name, why, seen } = engine;
  if (!isNeeded) return passedOver('none is needed: another one is used');
  const proof = `${name}: ${seen}`;
  if (why === 'not allowed') {
    return found([
      errorOf('SS-E02', {
        subject: SUBJECT,
        problem: 'the engine runs and does not let this user in',
        proof,
        fix: 'sudo usermod -aG docker $USER, then log in again (or: newgrp docker)',
      }),
    ]);
  }
  const start = platform === 'darwin' ? 'open -a Docker' : 'sudo systemctl start docker';
  return found([
    errorOf('SS-E01', {
      subject: SUBJECT,
      problem: why === 'no socket' ? 'no engine runs' : 'the engine does not answer',
      proof,
      fix: `${start}; where none is installed, spark-swarm quickstart installs one`,
    }),
  ]);
}

function judgeVersion({ version, apiVersion, name }: AnsweringEngine | BusyEngine): Outcome {
  if (!isOlder(apiVersion, OLDEST_API)) return fine(`${version}, API ${apiVersion}, at ${name}`);
  return found([
    errorOf('SS-E03', {
      subject: SUBJECT,
      problem: `the engine is older than ${OLDEST_ENGINE}`,
      proof: `${name}: version ${version}, API ${apiVersion}; needed is API ${OLDEST_API}`,
      fix: 'sudo apt-get update && sudo apt-get install docker.io, or the newer package of your system',
    }),
  ]);
}

export function judgeDisk(engine: EngineReading): Outcome {
  if (engine.state !== 'answers') return passedOver(NO_ANSWER[engine.state]);
  if (!engine.disk) return passedOver('it is on another machine');
  const { freeBytes, totalBytes } = engine.disk;
  const proof = `${formatBytes(freeBytes)} of ${formatBytes(totalBytes)} free in ${engine.rootFolder}`;
  if (freeBytes >= LOW_DISK_BYTES) return fine(proof);
  const text = {
    subject: SUBJECT,
    problem: `little space is left for images: a first build of Spark's takes 4 GB, each node's copy 0.8 GB`,
    proof,
    fix: 'docker system df shows what takes it; docker image prune removes images without a name',
  };
  return found([(freeBytes < FULL_DISK_BYTES ? errorOf : warningOf)('SS-E08', text)]);
}

export function judgePacketSize(engine: EngineReading, machine: MachineReading): Outcome {
  if (engine.state !== 'answers') return passedOver(NO_ANSWER[engine.state]);
  if (!engine.isLocal || engine.bridgeMtu === undefined) return passedOver('the engine has no bridge on this machine');
  const { bridgeMtu } = engine;
  const own = `${machine.mtu} bytes on ${machine.defaultInterface ?? 'this machine'}`;
  if (bridgeMtu <= machine.mtu) return fine(`${bridgeMtu} bytes on docker's bridge, ${own}`);
  return found([
    warningOf('SS-E10', {
      subject: SUBJECT,
      problem: "docker's bridge sends larger packets than the way out takes: downloads in containers hang",
      proof: `${bridgeMtu} bytes on docker's bridge, ${own}`,
      fix: `add "mtu": ${machine.mtu} to /etc/docker/daemon.json, then sudo systemctl restart docker`,
    }),
  ]);
}

export function judgeStorage(engine: EngineReading): Outcome {
  if (engine.state !== 'answers') return passedOver(NO_ANSWER[engine.state]);
  const { storageDriver, rootFolder } = engine;
  if (storageDriver !== 'vfs' && storageDriver !== 'devicemapper') return fine(storageDriver);
  return found([
    warningOf('SS-E13', {
      subject: SUBJECT,
      problem: 'each layer of an image is a whole copy: images take many times their size, and minutes to unpack',
      proof: `storage driver ${storageDriver} in ${rootFolder}`,
      fix: 'put "storage-driver": "overlay2" into /etc/docker/daemon.json, with its data on ext4 or xfs, and restart docker (images are built anew)',
    }),
  ]);
}

export function judgeLimits(engine: EngineReading): Outcome {
  if (engine.state !== 'answers') return passedOver(NO_ANSWER[engine.state]);
  if (engine.hasMemoryLimit) return fine(`cgroup v${engine.cgroupVersion}`);
  return found([
    warningOf('SS-E14', {
      subject: SUBJECT,
      problem: 'containers get no memory limit: a worker that takes too much takes it from everybody',
      proof: `docker info: MemoryLimit false, cgroup v${engine.cgroupVersion}`,
      fix: 'boot with cgroup_enable=memory swapaccount=1, or with cgroup v2 (systemd.unified_cgroup_hierarchy=1)',
    }),
  ]);
}

export function judgeRights(engine: EngineReading): Outcome {
  if (engine.state !== 'answers') return passedOver(NO_ANSWER[engine.state]);
  if (engine.securityOptions.includes('rootless')) {
    return found([
      warningOf('SS-E15', {
        subject: SUBJECT,
        problem: 'the engine runs without root: it can make no overlay network, so neither a lab nor a swarm',
        proof: 'docker info: name=rootless',
        fix: 'spark-swarm start works (one machine); for a swarm run the engine as root: sudo systemctl start docker',
      }),
    ]);
  }
  if (engine.securityOptions.includes('userns')) {
    return found([
      warningOf('SS-E15', {
        subject: SUBJECT,
        problem: 'the engine renames users: files in /data belong to a user that this machine does not know',
        proof: 'docker info: name=userns',
        fix: 'take "userns-remap" out of /etc/docker/daemon.json, then sudo systemctl restart docker',
      }),
    ]);
  }
  return fine('runs as root');
}

export function judgeClock(engine: EngineReading | undefined): Outcome {
  if (engine?.state !== 'answers') return passedOver(NO_ANSWER[engine?.state ?? 'silent']);
  const { clockAheadMs, clockErrorMs, name } = engine;
  const seconds = `${(Math.abs(clockAheadMs) / 1000).toFixed(1)} s`;
  const proof = `${seconds} ${clockAheadMs < 0 ? 'behind' : 'ahead of'} this machine's, measured to ${(clockErrorMs / 1000).toFixed(1)} s`;
  if (Math.abs(clockAheadMs) - clockErrorMs < CLOCK_LIMIT_MS) return fine(proof);
  return found([
    warningOf('SS-E16', {
      subject: `engine ${name}`,
      problem: "its clock differs from this machine's: certificates and the age of locks are judged wrongly",
      proof,
      fix: 'timedatectl set-ntp true on both',
    }),
  ]);
}

export function judgeProxy(engine: EngineReading, machine: MachineReading): Outcome {
  const names = machine.proxyVariables;
  if (names.length === 0) return fine('none');
  if (engine.state !== 'answers') return passedOver(NO_ANSWER[engine.state]);
  const shown = names.join(', ');
  if (engine.hasProxy) return fine(`${shown} here, and the engine has one`);
  const config = machine.dockerConfig.state === 'read' && machine.dockerConfig.hasProxies;
  return found([
    (config ? noteOf : warningOf)('SS-E11', {
      subject: SUBJECT,
      problem: 'this shell goes out by a proxy that the engine does not know: it cannot pull images',
      proof: `${shown} set here; docker info shows no proxy${config ? `; containers have one by ${machine.dockerConfig.file}` : ''}`,
      fix: 'set "proxies" in /etc/docker/daemon.json (Engine 23 and newer), or HTTP_PROXY in a systemd drop-in of docker.service; builds and clusters get the proxy without that',
    }),
  ]);
}
