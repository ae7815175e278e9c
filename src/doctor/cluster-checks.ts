import type { Check, Outcome } from './check.ts';
import type { ClustersReading } from './clusters-reading.ts';
import type { DoctorTools } from './doctor-tools.ts';
import { judgeHealth, judgeHolds, judgeImages, judgeLocks, judgeVolumes } from './judge-clusters.ts';

function check(id: string, title: string, judge: (clusters: ClustersReading) => Outcome): Check<DoctorTools> {
  return { id, group: 'clusters', title, run: async (tools) => judge(await tools.readClusters()) };
}

/** Clusters of ours, and what they leave behind. */
export const CLUSTER_CHECKS: readonly Check<DoctorTools>[] = [
  check('clusters', 'health', judgeHealth),
  check('images', 'images', judgeImages),
  check('volumes', 'volumes', judgeVolumes),
  check('locks', 'locks', judgeLocks),
  check('holds', 'held services', judgeHolds),
];
