import type { Check } from './check.ts';
import type { DoctorTools } from './doctor-tools.ts';
import { judgeAnswer, judgeCertificates, judgeContext, judgeOthers, judgeSsh } from './judge-context.ts';
import { judgeClock } from './judge-engine.ts';

/** The engine that commands would use, the way to it, and other contexts of ours. */
export const CONTEXT_CHECKS: readonly Check<DoctorTools>[] = [
  {
    id: 'context',
    group: 'context',
    title: 'context',
    run: async (tools) => judgeContext(await tools.readContext()),
  },
  {
    id: 'context-engine',
    group: 'context',
    title: 'its engine',
    run: async (tools) => judgeAnswer(await tools.readContext()),
  },
  {
    id: 'context-certificates',
    group: 'context',
    title: 'its certificates',
    run: async (tools) => judgeCertificates(await tools.readContext(), tools.nowMs),
  },
  {
    id: 'context-ssh',
    group: 'context',
    title: 'its ssh',
    run: async (tools) => judgeSsh(await tools.readContext()),
  },
  {
    id: 'context-clock',
    group: 'context',
    title: 'its clock',
    run: async (tools) => {
      const { engine } = await tools.readContext();
      return judgeClock(engine);
    },
  },
  {
    id: 'contexts',
    group: 'context',
    title: 'other contexts',
    run: async (tools) => judgeOthers(await tools.readOtherContexts()),
  },
];
