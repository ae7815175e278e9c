import test from 'ava';

import { UsageError } from '../../../../src/errors.ts';
import { sizeFlags } from '../../../../src/machines/docker-machine/machine-sizes.ts';
import type { MachineSize } from '../../../../src/machines/machine.ts';

const GIB = 1024 ** 3;
const none = new Set<string>();
const nothing: MachineSize = { cores: undefined, memoryBytes: undefined, diskBytes: undefined };
const all: MachineSize = { cores: 2, memoryBytes: 2 * GIB, diskBytes: 30 * GIB };

const sizes = test.macro({
  title: (_, driver: string) => `the sizes of ${driver} are its own flags`,
  exec(t, driver: string, size: MachineSize, expected: readonly string[]) {
    t.deepEqual(sizeFlags(driver, size, none), expected);
  },
});

test(sizes, 'virtualbox', all, [
  '--virtualbox-cpu-count',
  '2',
  '--virtualbox-memory',
  '2048',
  '--virtualbox-disk-size',
  '30720',
]);
test(sizes, 'hyperv', all, ['--hyperv-cpu-count', '2', '--hyperv-memory', '2048', '--hyperv-disk-size', '30720']);
test(sizes, 'vmwarevsphere', all, [
  '--vmwarevsphere-cpu-count',
  '2',
  '--vmwarevsphere-memory-size',
  '2048',
  '--vmwarevsphere-disk-size',
  '30720',
]);
test(sizes, 'amazonec2', { ...nothing, diskBytes: 30 * GIB }, ['--amazonec2-root-size', '30']);
test(sizes, 'google', { ...nothing, diskBytes: 30.5 * GIB }, ['--google-disk-size', '31']);
test(sizes, 'generic', nothing, []);

test('of a plugin the usual flags are taken, if it has them', (t) => {
  const flags = new Set(['--qemu-cpu-count', '--qemu-memory', '--qemu-disk-size', '--xhyve-memory-size']);
  t.deepEqual(sizeFlags('qemu', all, flags), [
    '--qemu-cpu-count',
    '2',
    '--qemu-memory',
    '2048',
    '--qemu-disk-size',
    '30720',
  ]);
  t.deepEqual(sizeFlags('xhyve', { ...nothing, memoryBytes: GIB }, flags), ['--xhyve-memory-size', '1024']);
});

const refused = test.macro({
  title: (_, driver: string, size: MachineSize) => `${driver} refuses ${JSON.stringify(size)}`,
  exec(t, driver: string, size: MachineSize, message: string, hint: string | undefined) {
    const error = t.throws(() => sizeFlags(driver, size, none), { instanceOf: UsageError });
    t.deepEqual([error.message, error.hint], [message, hint]);
  },
});

test(
  refused,
  'generic',
  all,
  '--machine-cores, --machine-memory, --machine-disk: the driver generic has no flag for cores, memory, disk',
  'its machines are there already, as large as they are',
);
test(
  refused,
  'amazonec2',
  all,
  '--machine-cores, --machine-memory: the driver amazonec2 has no flag for cores, memory; it sells sizes by name',
  '-- --amazonec2-instance-type NAME',
);
test(
  refused,
  'plugin',
  { ...nothing, cores: 1 },
  '--machine-cores: the driver plugin has no flag for cores',
  'docker-machine create --driver plugin --help',
);
test(
  refused,
  'virtualbox',
  { ...nothing, cores: 1.5 },
  '--machine-cores: got 1.5; the driver virtualbox takes whole cores',
  undefined,
);
