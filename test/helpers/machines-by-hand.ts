import type { Operator } from './operator.ts';
import type { MachineRelease } from './machine-image.ts';
import { removeMachines, TestMachines, type MachineWish } from './machines.ts';

// Stand-ins for VMs by hand, from a built tree; see CONTRIBUTING.md:
//   node dist/test/helpers/machines-by-hand.js up NAME trixie,trixie,bookworm,bare [PREFIX]
//   node dist/test/helpers/machines-by-hand.js down NAME
const [verb = '', name = '', kinds = 'trixie,trixie,bookworm', prefix = 'vm'] = process.argv.slice(2);
const run = `hand-${name}`;

if (!/^[a-z][a-z0-9]*$/.test(name) || !['up', 'down'].includes(verb)) {
  process.stderr.write('usage: machines-by-hand.js up NAME [trixie,bookworm,bare,… [PREFIX]] | down NAME\n');
  process.exitCode = 2;
} else if (verb === 'down') {
  await removeMachines(run);
} else {
  const machines = kinds
    .split(',')
    .map((kind): MachineWish => (kind === 'bare' ? { engine: false } : { release: kind as MachineRelease }));
  const set = await TestMachines.start({ machines, prefix, run });
  const second = await set.addOperator('second');
  for (const { name: hostname, address, release, container } of set.machines)
    process.stdout.write(`# ${hostname} ${address} ${release}, container ${container}\n`);
  process.stdout.write(`# a second operator: ${second.home}\n`);
  process.stdout.write(formatExports(set.operator));
}

function formatExports({ env }: Operator): string {
  return Object.entries(env)
    .map(([variable, value]) => (value === undefined ? `unset ${variable}\n` : `export ${variable}='${value}'\n`))
    .join('');
}
