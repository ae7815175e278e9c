import type { ClusterHost } from '../../src/cluster/hosts.ts';
import { skipped, type Skipped, type StepContext } from '../../src/events.ts';
import type { HostAddress } from '../../src/machines/machine.ts';
import { formatHost } from '../../src/machines/parse-hosts.ts';
import type { HostPool } from '../../src/operations/cluster-hosts.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { clusterHost } from './builders.ts';

/** The swarm below a cluster, in memory. What changes something is written to `calls`, in order. */
export class FakeHostPool implements HostPool {
  hosts: readonly ClusterHost[];
  readonly calls: string[];
  /** What {@link join} and {@link checkLeave} fail with. */
  refusal: Error | undefined;
  /** What {@link bringData} does. */
  data: (step: StepContext) => string | Skipped = () => skipped('/data is there');

  /** What the swarm does when a node takes containers: it starts those that wait. */
  onRelease: () => void = () => {};

  /** @param calls of the cluster on it, so that their order is seen */
  constructor(hosts: readonly ClusterHost[], calls: string[]) {
    this.hosts = hosts;
    this.calls = calls;
  }

  async listHosts(): Promise<readonly ClusterHost[]> {
    return this.hosts;
  }

  async planJoin(hosts: readonly HostAddress[]): Promise<readonly string[]> {
    if (this.refusal) throw this.refusal;
    return hosts.map((host) => `${formatHost(host)}: joins`);
  }

  async join(hosts: readonly HostAddress[]): Promise<void> {
    if (this.refusal) throw this.refusal;
    this.calls.push(`join ${hosts.map(formatHost).join(' ')}`);
    const added = hosts.map(({ host }) => clusterHost(host, { availability: 'drain', isJoining: true }));
    this.hosts = [...this.hosts.filter(({ id }) => added.every((each) => each.id !== id)), ...added];
  }

  async release(hosts: readonly ClusterHost[]): Promise<void> {
    this.calls.push(`release ${hosts.map(({ name }) => name).join(' ')}`);
    this.hosts = this.hosts.map((host) =>
      hosts.includes(host) ? { ...host, availability: 'active', isJoining: false } : host,
    );
    this.onRelease();
  }

  async bringData(_cluster: Cluster, host: ClusterHost, step: StepContext): Promise<string | Skipped> {
    this.calls.push(`data to ${host.name}`);
    return this.data(step);
  }

  async checkLeave(): Promise<void> {
    if (this.refusal) throw this.refusal;
  }

  async pause(hosts: readonly ClusterHost[]): Promise<void> {
    this.calls.push(`pause ${hosts.map(({ name }) => name).join(' ')}`);
  }

  async leave(_cluster: Cluster, hosts: readonly ClusterHost[]): Promise<void> {
    this.calls.push(`leave ${hosts.map(({ name }) => name).join(' ')}`);
    this.hosts = this.hosts.filter((host) => !hosts.includes(host));
  }
}
