/** The library behind the commands: functions that report events, print nothing, and ask nobody. See docs/library.md. */
export * from './errors.ts';
export type { ProgressEvent, Report, StepTitle } from './events.ts';
export { LABELS } from './labels.ts';

export type { CallOptions, ClusterOptions, Confirm, Question } from './library/call-options.ts';
export { createCluster, type CreateClusterOptions, type CreatedCluster } from './library/create-cluster.ts';
export { listClusters, readNotebookUrl, readStatus, type ListedCluster } from './library/read-cluster.ts';
export { removeCluster, type RemoveClusterOptions, type RemovedCluster } from './library/remove-cluster.ts';
export { resizeCluster, type ResizeClusterOptions, type ResizedCluster } from './library/resize-cluster.ts';
export {
  submitApplication,
  type ApplicationResult,
  type SubmitApplicationOptions,
} from './library/submit-application.ts';

export { formatEndpoints } from './cluster/endpoints.ts';
export type { Address } from './library/addresses.ts';
export type { ClusterStatus, MasterView } from './operations/status.ts';
export type { SparkApplication, SparkWorker } from './spark/master-state.ts';

// What another platform is made of.
export type { Cluster, ClusterContainer, ClusterRole, ClusterService, PlatformKind } from './cluster/cluster.ts';
export type { ClusterSpec } from './cluster/spec.ts';
export type {
  ContainerAccess,
  DeployPlan,
  LogOptions,
  Platform,
  PlatformCapabilities,
  RemoveOptions,
  RemoveResult,
  StopOptions,
} from './platforms/platform.ts';
