import { formatBytes } from '../units.ts';
import { fine, found, passedOver, type Outcome } from './check.ts';
import type { EngineReading, MachineReading } from './machine-reading.ts';
import { errorOf, warningOf } from './problems.ts';
import { isOlder } from './versions.ts';

const SUBJECT = 'this machine';

const OLDEST_CLI = '20.10';
const OLDEST_COMPOSE = '2.0';
const OLDEST_NODE = '20.19';
/** A quickstart's cluster: a master of 1 GiB, two workers of 2 GiB, and what the engines take. */
const LOW_MEMORY_BYTES = 4 * 1024 ** 3;

export function judgeNode({ nodeVersion }: MachineReading): Outcome {
  if (!isOlder(nodeVersion, OLDEST_NODE)) return fine(nodeVersion);
  return found([
    errorOf('SS-E17', {
      subject: SUBJECT,
      problem: `Node.js is older than ${OLDEST_NODE}`,
      proof: `version ${nodeVersion}`,
      fix: 'install Node.js 20.19 or newer with the package manager or version manager that brought this one',
    }),
  ]);
}

export function judgeMemory({ memory }: MachineReading): Outcome {
  if (!memory) return passedOver('the system does not say');
  const proof = `${formatBytes(memory.availableBytes)} of ${formatBytes(memory.totalBytes)} available`;
  if (memory.availableBytes >= LOW_MEMORY_BYTES) return fine(proof);
  return found([
    warningOf('SS-E09', {
      subject: SUBJECT,
      problem: 'there is little memory for a cluster: two workers of the usual size take 4 GiB, the master 1 GiB',
      proof,
      fix: 'ps aux --sort=-rss | head shows who takes it; smaller workers: --worker-memory 1280m',
    }),
  ]);
}

export function judgeCommandLine({ programs, platform }: MachineReading): Outcome {
  const { docker, refusal } = programs;
  if (docker === undefined || isOlder(docker, OLDEST_CLI)) {
    return found([
      errorOf('SS-E04', {
        subject: SUBJECT,
        problem:
          docker === undefined
            ? 'the program docker is not there, or does not run'
            : `the program docker is older than ${OLDEST_CLI}`,
        proof: docker === undefined ? 'docker --version does not work' : `docker --version: ${docker}`,
        fix:
          platform === 'darwin'
            ? 'brew install docker'
            : 'sudo apt-get install docker-cli (docker.io on Debian 12 and Ubuntu), or the package of your system',
      }),
    ]);
  }
  if (refusal !== '') {
    return found([
      errorOf('SS-E05', {
        subject: SUBJECT,
        problem: 'the program docker and the engine have no version of the API in common',
        proof: refusal,
        fix: 'take a docker command line up to 28, or from 29.3 on (29.0 to 29.2 refuse older engines); until then: export DOCKER_API_VERSION=1.41',
      }),
    ]);
  }
  return fine(docker);
}

export function judgeCompose({ programs }: MachineReading): Outcome {
  const { compose, dockerCompose, composeHint } = programs;
  const usable = [compose, dockerCompose].find((version) => version !== undefined && !isOlder(version, OLDEST_COMPOSE));
  if (usable !== undefined) return fine(usable);
  const seen = [
    compose === undefined ? 'docker compose does not work' : `docker compose: ${compose}`,
    ...(dockerCompose === undefined ? [] : [`docker-compose: ${dockerCompose}`]),
  ];
  return found([
    warningOf('SS-E06', {
      subject: SUBJECT,
      problem: 'there is no Docker Compose v2: clusters on a swarm do not need it, those of spark-swarm start do',
      proof: seen.join('; '),
      fix: composeHint,
    }),
  ]);
}

/** The classic builder does as well, except where the engine keeps images in containerd. */
export function judgeBuildx({ programs: { buildx } }: MachineReading, engine: EngineReading): Outcome {
  if (buildx !== undefined) return fine(buildx);
  if (engine.state !== 'answers' || !engine.usesContainerdStore)
    return fine("not there; docker's classic builder is used");
  return found([
    warningOf('SS-E07', {
      subject: SUBJECT,
      problem: 'images cannot be built here: the engine keeps images in containerd, for which docker needs buildx',
      proof: 'docker buildx version does not work; docker info: driver-type io.containerd.snapshotter.v1',
      fix: 'install the package docker-buildx (Debian, Ubuntu) or docker-buildx-plugin (Docker)',
    }),
  ]);
}

export function judgeCertificateFiles({ caFiles }: MachineReading): Outcome {
  const missing = caFiles.filter(({ isReadable }) => !isReadable);
  if (missing.length === 0) {
    const first = caFiles[0];
    return fine(first ? `${first.file} (${first.variable}) is passed on to builds and clusters` : "the system's own");
  }
  return found(
    missing.map(({ variable, file }) =>
      warningOf('SS-E12', {
        subject: SUBJECT,
        problem: `${variable} names a file that cannot be read: programs that believe it trust nobody`,
        proof: `${variable}=${file}: there is no such readable file`,
        fix: `unset ${variable}, or let it name the bundle of the network's proxy, like /etc/ssl/certs/ca-certificates.crt`,
      }),
    ),
  );
}

export function judgeDockerConfig({ dockerConfig: config }: MachineReading): Outcome {
  if (config.state === 'none') return fine(`${config.file} is not there, and not needed`);
  if (config.state === 'broken') {
    return found([
      errorOf('SS-E18', {
        subject: SUBJECT,
        problem: "the docker command line's settings cannot be read: its contexts are not known",
        proof: `${config.file}: ${config.seen}`,
        fix: `mv ${config.file} ${config.file}.broken, then docker login again where that is needed`,
      }),
    ]);
  }
  const missing = config.helpers.filter(({ isThere }) => !isThere).map(({ program }) => program);
  if (missing.length === 0) return fine(config.file);
  return found([
    errorOf('SS-E19', {
      subject: SUBJECT,
      problem: 'a program that keeps passwords is named in the settings and is not there: docker build and pull fail',
      proof: `${config.file} names ${missing.join(', ')}, not found on PATH`,
      fix: `remove "credsStore" or "credHelpers" from ${config.file}, or install ${missing.join(', ')}`,
    }),
  ]);
}
