import type { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';

import type { Page } from '../../src/adapters/http/fetch-page.ts';
import { wantedWorkers, type Cluster, type ClusterContainer } from '../../src/cluster/cluster.ts';
import { rememberSpec, type ClusterSpec } from '../../src/cluster/spec.ts';
import type { ProgressEvent } from '../../src/events.ts';
import { RUNNING_JOBS_ARGV } from '../../src/jobs/running-jobs.ts';
import type { LockRequest, Locks, Network, OperationContext } from '../../src/operations/operation.ts';
import type {
  ContainerAccess,
  DeployPlan,
  ExecAccessOptions,
  LogOptions,
  Platform,
  RemoveOptions,
  RemoveResult,
} from '../../src/platforms/platform.ts';
import type { MasterState, SparkWorker } from '../../src/spark/master-state.ts';
import { GIB, clusterService, container, masterPage, masterState, sparkWorker } from './builders.ts';

/**
 * A cluster in memory: its platform, its Spark, the way to its pages, and its lock. What changes something is written
 * to `calls`, in order; what no test expects throws.
 */
export class FakeCluster implements Platform, Network, Locks {
  readonly kind = 'swarm';
  capabilities = { hasNodes: true, bindsAddresses: false };
  readonly calls: string[] = [];
  readonly events: ProgressEvent[] = [];
  readonly controller = new AbortController();

  /** `undefined`: there is none. */
  cluster: Cluster | undefined;
  /** `undefined`: the master does not answer. */
  spark: MasterState | undefined;
  /** False: the notebook's container runs, and JupyterLab is not up yet. */
  hasJupyter = true;
  /** The same of the history server. */
  hasHistory = true;
  /** Executors per Spark worker id; a worker that is decommissioned loses them unless `keepsExecutors`. */
  readonly executors = new Map<string, number>();
  keepsExecutors = false;
  /** Containers that a deploy or a resize starts do not come up: they are as this makes them. */
  broken: Partial<ClusterContainer> | undefined;
  /** Where the platform places what it starts. */
  startsOn: Pick<ClusterContainer, 'node' | 'nodeId'> | undefined;
  /** What `planDeploy` says besides what it finds out by itself. */
  planned: Partial<DeployPlan> = {};
  /** Addresses that do not answer, as `host:port`. */
  readonly silent = new Set<string>();
  /** The master's state is not told when it is asked for the so-manieth time: it is busy. */
  readonly busyAt = new Set<number>();
  #asked = 0;
  /** What programs inside containers do, by their first words. */
  exec: (argv: readonly string[], options: ExecAccessOptions) => Promise<number> = async (argv) => {
    throw new Error(`unexpected exec: ${argv.join(' ')}`);
  };
  read: (argv: readonly string[]) => Promise<{ status: number; stdout: string; stderr: string }> = async (argv) => {
    throw new Error(`unexpected read: ${argv.join(' ')}`);
  };
  /** What the master's container says of jobs that live. */
  runningJobs = '';
  logs: Readonly<Record<string, readonly (readonly ['stdout' | 'stderr', string])[]>> = {};
  lockHolder: string | undefined;
  removeResult: RemoveResult = { removed: [], keptVolumes: [], remaining: [], leftovers: [] };

  /** A healthy cluster of so many workers; none at all without a number. */
  constructor(workers?: number) {
    if (workers === undefined) return;
    this.#create(workers, undefined);
  }

  get context(): OperationContext {
    return {
      platform: this,
      network: this,
      locks: this,
      report: (event) => this.events.push(event),
      signal: this.controller.signal,
    };
  }

  get stepTitles(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'steps' ? event.steps.map(({ title }) => title) : []));
  }

  /** How each step ended, by its id: `done`, or why it was skipped or failed. */
  get outcomes(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.events.flatMap((event): [string, string][] => {
        if (event.type === 'step-done') return [[event.id, event.detail ?? 'done']];
        if (event.type === 'step-skipped') return [[event.id, `skipped: ${event.reason}`]];
        return event.type === 'step-failed' ? [[event.id, `failed: ${event.message}`]] : [];
      }),
    );
  }

  get said(): readonly string[] {
    return this.events.flatMap((event) =>
      event.type === 'note' || event.type === 'warning' ? [`${event.type}: ${event.message}`] : [],
    );
  }

  /** Changes what the master knows of one worker. */
  setWorker(host: string, changes: Partial<SparkWorker>, executors = changes.coresUsed ?? 0): void {
    const state = this.#spark();
    const workers = state.workers.map((worker) => (worker.host === host ? { ...worker, ...changes } : worker));
    this.spark = { ...state, workers };
    for (const worker of workers) if (worker.host === host) this.executors.set(worker.id, executors);
  }

  setContainer(displayName: string, changes: Partial<ClusterContainer>): void {
    const cluster = this.#cluster();
    this.cluster = {
      ...cluster,
      containers: cluster.containers.map((each) => (each.displayName === displayName ? { ...each, ...changes } : each)),
    };
  }

  // Platform

  async listClusters(): Promise<readonly Cluster[]> {
    return this.cluster ? [this.cluster] : [];
  }

  async readCluster(name: string): Promise<Cluster | undefined> {
    return this.cluster?.name === name ? this.cluster : undefined;
  }

  async planDeploy(spec: ClusterSpec): Promise<DeployPlan> {
    const present = this.cluster;
    const from = present && wantedWorkers(present);
    const changes = !present
      ? [`create service ${spec.name}_master`, `create service ${spec.name}_worker`]
      : from === spec.workers
        ? []
        : [`scale service ${spec.name}_worker from ${from} to ${spec.workers}`];
    return {
      changes,
      document: {},
      isNew: !present,
      restartsContainers: false,
      restartsMaster: false,
      warnings: [],
      apply: async (progress, signal) => {
        signal.throwIfAborted();
        progress('docker stack deploy');
        this.calls.push(`apply ${spec.workers} workers`);
        if (present) this.#scale(spec.workers);
        else this.#create(spec.workers, spec);
      },
      ...this.planned,
    };
  }

  async setWorkers(_cluster: Cluster, count: number): Promise<void> {
    this.calls.push(`set ${count} workers`);
    this.#scale(count);
  }

  async stopWorkers(
    _cluster: Cluster,
    workers: readonly ClusterContainer[],
    { replace }: { readonly replace: boolean },
  ): Promise<void> {
    this.calls.push(`${replace ? 'restart' : 'stop'} ${workers.map(({ displayName }) => displayName).join(' ')}`);
    for (const { displayName } of workers) {
      this.setContainer(displayName, { isRunning: false, state: 'ready', containerId: undefined });
      this.setWorker(displayName, { state: 'DEAD' }, 0);
    }
    if (replace) this.#scale(wantedWorkers(this.#cluster()));
  }

  async removeCluster(name: string, { progress }: RemoveOptions): Promise<RemoveResult> {
    progress('stopping services');
    this.calls.push(`remove ${name}`);
    this.cluster = undefined;
    return this.removeResult;
  }

  async openContainer(_cluster: Cluster, { displayName }: ClusterContainer): Promise<ContainerAccess> {
    return {
      exec: async (argv, options) => {
        this.calls.push(`exec ${displayName}: ${argv.join(' ')}`);
        return this.exec(argv, options);
      },
      read: async (argv) => {
        if (argv === RUNNING_JOBS_ARGV) return { status: 0, stdout: this.runningJobs, stderr: '' };
        this.calls.push(`read ${displayName}: ${argv.join(' ')}`);
        return this.read(argv);
      },
      copyIn: async (archive: Readable, folder) => {
        this.calls.push(`copy into ${displayName}:${folder}: ${await readText(archive)}`);
      },
      kill: async (signal) => {
        this.calls.push(`kill -${signal} ${displayName}`);
        if (signal !== 'SIGPWR') throw new Error(`unexpected signal: ${signal}`);
        this.setWorker(displayName, { state: 'DECOMMISSIONED' }, this.keepsExecutors ? 1 : 0);
      },
    };
  }

  async streamLogs(_cluster: Cluster, { displayName }: ClusterContainer, options: LogOptions): Promise<void> {
    for (const [stream, text] of this.logs[displayName] ?? []) options[stream].write(text);
    if (!options.follow) return;
    await new Promise((_resolve, reject) => {
      options.signal.addEventListener('abort', () => reject(options.signal.reason as Error));
    });
  }

  // Network

  async fetchPage(url: string): Promise<Page> {
    const { host, pathname } = new URL(url);
    if (this.silent.has(host) || !this.spark) return { body: undefined, isRefused: true };
    if (pathname === '/api') return { body: this.hasJupyter ? '{}' : undefined, isRefused: !this.hasJupyter };
    if (pathname === '/api/v1/version')
      return { body: this.hasHistory ? '{}' : undefined, isRefused: !this.hasHistory };
    if (pathname.startsWith('/api/v1/applications/'))
      return this.hasHistory && !pathname.endsWith('-0000')
        ? { body: undefined, isRefused: false, status: 404 }
        : { body: this.hasHistory ? '{}' : undefined, isRefused: !this.hasHistory };
    if (pathname === '/json/') {
      return this.busyAt.has(++this.#asked)
        ? { body: undefined, isRefused: true }
        : { body: masterPage(this.spark), isRefused: false };
    }
    if (pathname === '/app/') return { body: 'no such application', isRefused: false };
    const id = /^\/proxy\/(.+)\/json\/$/.exec(pathname)?.[1];
    const worker = this.spark.workers.find((each) => each.id === id);
    if (!worker || worker.state === 'DEAD') return { body: undefined, isRefused: false };
    const executors = Array.from({ length: this.executors.get(worker.id) ?? 0 }, () => ({}));
    return { body: JSON.stringify({ id: worker.id, coresused: worker.coresUsed, executors }), isRefused: false };
  }

  async acceptsConnection(host: string, port: number): Promise<boolean> {
    return !this.silent.has(`${host}:${port}`);
  }

  // Locks

  async take(cluster: string, { command, wait }: LockRequest): Promise<() => Promise<void>> {
    if (this.lockHolder !== undefined) wait(`waiting for ${this.lockHolder}`);
    this.calls.push(`lock ${cluster} for ${command}`);
    return async () => void this.calls.push(`unlock ${cluster}`);
  }

  #create(workers: number, spec: ClusterSpec | undefined): void {
    this.spark = masterState({ workers: [] });
    this.cluster = {
      name: spec?.name ?? 'spark',
      platform: 'swarm',
      services: [clusterService('master'), clusterService('worker', { wanted: 0 })],
      containers: [container('master')],
      remembered: spec && rememberSpec(spec),
      nodes: [],
    };
    this.#scale(workers);
  }

  /** Takes away what does not run first, as the swarm does, and starts what is missing. */
  #scale(count: number): void {
    const cluster = this.#cluster();
    const workers = cluster.containers.filter(({ role }) => role === 'worker');
    const kept = workers.filter(({ isRunning }) => isRunning).slice(0, count);
    const numbers = Array.from({ length: count }, (_, index) => `worker-${index + 1}`);
    const missing = numbers.filter((name) => !kept.some(({ displayName }) => displayName === name));
    const started = missing.slice(0, count - kept.length);
    const state = this.#spark();
    this.cluster = {
      ...cluster,
      services: [clusterService('master'), clusterService('worker', { wanted: count, running: count })],
      containers: [
        ...cluster.containers.filter(({ role }) => role !== 'worker'),
        ...kept,
        ...started.map((name) => container(name, { ...this.startsOn, ...this.broken })),
      ],
    };
    if (this.broken) return;
    const registered = started.map((name) =>
      sparkWorker(name, { id: `worker-20261120235959-${name}-4000${this.calls.length}`, memoryBytes: GIB }),
    );
    this.spark = { ...state, workers: [...state.workers, ...registered] };
  }

  #cluster(): Cluster {
    if (!this.cluster) throw new Error('there is no cluster');
    return this.cluster;
  }

  #spark(): MasterState {
    if (!this.spark) throw new Error('the master does not answer');
    return this.spark;
  }
}
