import { NANO_CPUS_PER_CORE } from '../../units.ts';
import type { ServicePort, StackService, StackTask, SwarmNode, SwarmObject } from '../../stack/swarm-state.ts';

/** The parts of the Engine API's answers that we read. Source: moby `api/swagger.yaml`, v1.41. */
interface RawPort {
  readonly TargetPort: number;
  readonly PublishedPort?: number;
  readonly PublishMode?: 'ingress' | 'host';
}

/** What an image runs on; a task goes to no node of another one. */
export interface RawPlatform {
  readonly Architecture?: string;
  readonly OS?: string;
}

interface RawResources {
  readonly NanoCPUs?: number;
  readonly MemoryBytes?: number;
}

export interface RawService {
  readonly ID: string;
  readonly Version: { readonly Index: number };
  readonly UpdatedAt: string;
  readonly Spec: {
    readonly Name: string;
    readonly Labels?: Record<string, string>;
    readonly TaskTemplate: {
      readonly ContainerSpec?: { readonly Image?: string; readonly Labels?: Record<string, string> };
      readonly Resources?: { readonly Limits?: RawResources; readonly Reservations?: RawResources };
      readonly Placement?: { readonly Platforms?: readonly RawPlatform[] };
    };
    readonly Mode: { readonly Replicated?: { readonly Replicas?: number } };
    readonly EndpointSpec?: { readonly Ports?: readonly RawPort[] };
  };
  readonly UpdateStatus?: { readonly State?: string; readonly Message?: string };
}

export interface RawNode {
  readonly ID: string;
  readonly Spec: {
    readonly Role: 'manager' | 'worker';
    readonly Availability: 'active' | 'pause' | 'drain';
    readonly Labels?: Record<string, string>;
  };
  /** Empty for a moment while a node joins. */
  readonly Description: { readonly Hostname?: string; readonly Resources?: RawResources };
  readonly Status: { readonly State: SwarmNode['state']; readonly Addr?: string };
  readonly ManagerStatus?: { readonly Leader?: boolean; readonly Addr?: string };
}

export interface RawTask {
  readonly ID: string;
  readonly ServiceID: string;
  readonly Slot?: number;
  readonly NodeID?: string;
  readonly CreatedAt: string;
  readonly DesiredState: string;
  readonly Status: {
    readonly State: string;
    readonly Timestamp: string;
    readonly Err?: string;
    readonly Message?: string;
    readonly ContainerStatus?: { readonly ContainerID?: string; readonly ExitCode?: number };
    readonly PortStatus?: { readonly Ports?: readonly RawPort[] };
  };
}

export interface RawObject {
  readonly ID: string;
  readonly Spec: { readonly Name: string; readonly Labels?: Record<string, string> };
}

export function parseService(raw: RawService): StackService {
  const { Spec: spec } = raw;
  const { ContainerSpec: container, Resources: resources } = spec.TaskTemplate;
  return {
    id: raw.ID,
    version: raw.Version.Index,
    name: spec.Name,
    labels: spec.Labels ?? {},
    containerLabels: container?.Labels ?? {},
    image: container?.Image ?? '',
    replicas: spec.Mode.Replicated ? (spec.Mode.Replicated.Replicas ?? 1) : undefined,
    limitCores: optionalCores(resources?.Limits),
    limitMemoryBytes: resources?.Limits?.MemoryBytes || undefined,
    reservedCores: optionalCores(resources?.Reservations) ?? 0,
    reservedMemoryBytes: resources?.Reservations?.MemoryBytes ?? 0,
    ports: (spec.EndpointSpec?.Ports ?? []).map(parsePort),
    update: raw.UpdateStatus?.State
      ? { state: raw.UpdateStatus.State, message: raw.UpdateStatus.Message ?? '' }
      : undefined,
    updatedAt: raw.UpdatedAt,
  };
}

export function parseNode(raw: RawNode): SwarmNode {
  const managerHost = raw.ManagerStatus?.Addr?.replace(/:[0-9]+$/, '').replace(/^\[|\]$/g, '');
  const address = raw.Status.Addr ?? '';
  return {
    id: raw.ID,
    hostname: raw.Description.Hostname ?? '',
    role: raw.Spec.Role,
    availability: raw.Spec.Availability,
    state: raw.Status.State,
    // A manager of one node reports 0.0.0.0 or 127.0.0.1 for itself; the address it advertises is the useful one.
    address: /^(0\.0\.0\.0|127\..*|)$/.test(address) ? (managerHost ?? '127.0.0.1') : address,
    isLeader: raw.ManagerStatus?.Leader ?? false,
    cores: optionalCores(raw.Description.Resources) ?? 0,
    memoryBytes: raw.Description.Resources?.MemoryBytes ?? 0,
    labels: raw.Spec.Labels ?? {},
  };
}

export function parseTask(raw: RawTask): StackTask {
  const container = raw.Status.ContainerStatus;
  return {
    id: raw.ID,
    serviceId: raw.ServiceID,
    slot: raw.Slot ?? 0,
    nodeId: raw.NodeID ?? '',
    state: raw.Status.State,
    desiredState: raw.DesiredState,
    error: raw.Status.Err ?? '',
    containerId: container?.ContainerID || undefined,
    exitCode: container?.ContainerID ? (container.ExitCode ?? 0) : undefined,
    createdAt: raw.CreatedAt,
    since: raw.Status.Timestamp,
    ports: (raw.Status.PortStatus?.Ports ?? []).map(parsePort),
  };
}

export function parseObject(raw: RawObject): SwarmObject {
  return { id: raw.ID, name: raw.Spec.Name, labels: raw.Spec.Labels ?? {} };
}

function parsePort(raw: RawPort): ServicePort {
  return {
    targetPort: raw.TargetPort,
    publishedPort: raw.PublishedPort || undefined,
    mode: raw.PublishMode ?? 'ingress',
  };
}

function optionalCores(resources: RawResources | undefined): number | undefined {
  return resources?.NanoCPUs ? resources.NanoCPUs / NANO_CPUS_PER_CORE : undefined;
}
