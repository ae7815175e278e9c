import type { ClustersReading } from '../../src/doctor/clusters-reading.ts';
import type { ContextReading } from '../../src/doctor/context-reading.ts';
import type { AnsweringEngine, MachineReading } from '../../src/doctor/machine-reading.ts';
import type { SwarmReading } from '../../src/doctor/swarm-reading.ts';

/** What is read of a machine where all is well, with what a test changes. */
export function machine(change: Partial<MachineReading> = {}): MachineReading {
  return {
    platform: 'linux',
    nodeVersion: '20.20.2',
    memory: { totalBytes: 16 * 1024 ** 3, availableBytes: 12 * 1024 ** 3 },
    defaultInterface: 'eth0',
    mtu: 1400,
    proxyVariables: [],
    caFiles: [],
    dockerConfig: { state: 'none', file: '~/.docker/config.json' },
    programs: {
      docker: '28.2.2',
      compose: '2.26.1-4',
      dockerCompose: undefined,
      buildx: undefined,
      composeHint: 'sudo apt-get install docker-compose',
      refusal: '',
    },
    ...change,
  };
}

export function engine(change: Partial<AnsweringEngine> = {}): AnsweringEngine {
  return {
    state: 'answers',
    name: 'unix:///var/run/docker.sock',
    isLocal: true,
    version: '20.10.24',
    apiVersion: '1.41',
    storageDriver: 'overlay2',
    cgroupVersion: '1',
    hasMemoryLimit: true,
    usesContainerdStore: false,
    securityOptions: ['seccomp'],
    hasProxy: false,
    rootFolder: '/var/lib/docker',
    disk: { freeBytes: 46e9, totalBytes: 270e9 },
    bridgeMtu: 1400,
    clockAheadMs: -120,
    clockErrorMs: 200,
    ...change,
  };
}

export function context(change: Partial<ContextReading> = {}): ContextReading {
  return {
    chosenBy: '--context',
    name: 'far',
    exists: true,
    refusal: '',
    host: 'tcp://10.0.0.4:2376',
    isLocalEngine: false,
    engine: engine({ isLocal: false }),
    tls: undefined,
    ssh: undefined,
    ...change,
  };
}

export function swarm(change: Partial<SwarmReading> = {}): SwarmReading {
  return {
    manager: 'unix:///run/m.sock',
    state: 'active',
    error: '',
    nodes: [
      { name: 'm1', address: '10.0.0.4', state: 'ready', isActive: true },
      { name: 'w1', address: '10.0.0.5', state: 'ready', isActive: true },
    ],
    nodeFindings: [],
    nodeCertExpiryMs: 90 * 86_400_000,
    managerNotAfterMs: undefined,
    rootNotAfterMs: undefined,
    isRotatingRoot: false,
    isAutolocked: false,
    addressPools: ['10.210.0.0/16'],
    networks: [{ name: 'ingress', subnets: ['10.210.0.0/24'] }],
    routes: ['192.168.1.0/24'],
    ...change,
  };
}

export function clusters(change: Partial<ClustersReading> = {}): ClustersReading {
  return {
    clusters: [{ name: 'spark', platform: 'swarm', isHealthy: true, workers: '2 workers', problems: [] }],
    images: [],
    volumes: [],
    locks: [],
    held: [],
    ...change,
  };
}
