import type { Check, Outcome } from './check.ts';
import type { DoctorTools } from './doctor-tools.ts';
import {
  judgeDisk,
  judgeEngine,
  judgeLimits,
  judgePacketSize,
  judgeProxy,
  judgeRights,
  judgeStorage,
} from './judge-engine.ts';
import {
  judgeBuildx,
  judgeCertificateFiles,
  judgeCommandLine,
  judgeCompose,
  judgeDockerConfig,
  judgeMemory,
  judgeNode,
} from './judge-machine.ts';
import type { EngineReading, MachineReading } from './machine-reading.ts';

type MachineCheck = Check<DoctorTools>;

/** Of what was read of this machine alone. */
function ofMachine(id: string, title: string, judge: (machine: MachineReading) => Outcome): MachineCheck {
  return { id, group: 'machine', title, run: async (tools) => judge(await tools.readMachine()) };
}

/** Of its engine. */
function ofEngine(
  id: string,
  title: string,
  judge: (engine: EngineReading, machine: MachineReading) => Outcome,
): MachineCheck {
  return {
    id,
    group: 'machine',
    title,
    run: async (tools) => {
      const [engine, machine] = await Promise.all([tools.readEngine(), tools.readMachine()]);
      return judge(engine, machine);
    },
  };
}

/** This machine: its engine, its programs, what they are told. */
export const MACHINE_CHECKS: readonly MachineCheck[] = [
  {
    id: 'engine',
    group: 'machine',
    title: 'engine',
    run: async (tools) => {
      const [engine, machine, context] = await Promise.all([
        tools.readEngine(),
        tools.readMachine(),
        tools.readContext(),
      ]);
      return judgeEngine(engine, machine.platform, context.isLocalEngine);
    },
  },
  ofMachine('docker', 'docker command line', judgeCommandLine),
  ofMachine('compose', 'Docker Compose', judgeCompose),
  ofEngine('buildx', 'buildx', (engine, machine) => judgeBuildx(machine, engine)),
  ofMachine('node', 'Node.js', judgeNode),
  ofEngine('disk', 'disk', judgeDisk),
  ofMachine('memory', 'memory', judgeMemory),
  ofEngine('mtu', 'packet size', judgePacketSize),
  ofEngine('storage', 'storage driver', judgeStorage),
  ofEngine('limits', 'limits', judgeLimits),
  ofEngine('rights', 'rights', judgeRights),
  ofEngine('proxy', 'proxy', judgeProxy),
  ofMachine('certificates', 'certificates', judgeCertificateFiles),
  ofMachine('docker-config', "docker's settings", judgeDockerConfig),
];
