import type { Check } from './check.ts';
import type { DoctorTools } from './doctor-tools.ts';
import { judgeAddresses, judgeAutolock, judgeNodes, judgeSwarmCertificates } from './judge-swarm.ts';

/** The swarm's nodes and what they need of each other; the network between them is measured by `check-overlay.ts`. */
export const SWARM_CHECKS: readonly Check<DoctorTools>[] = [
  { id: 'nodes', group: 'swarm', title: 'nodes', run: async (tools) => judgeNodes(await tools.readSwarm()) },
  {
    id: 'swarm-certificates',
    group: 'swarm',
    title: 'certificates',
    run: async (tools) => judgeSwarmCertificates(await tools.readSwarm(), tools.nowMs),
  },
  { id: 'autolock', group: 'swarm', title: 'lock', run: async (tools) => judgeAutolock(await tools.readSwarm()) },
  {
    id: 'addresses',
    group: 'swarm',
    title: 'addresses',
    run: async (tools) => judgeAddresses(await tools.readSwarm()),
  },
];
