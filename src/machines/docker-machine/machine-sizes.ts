import { UsageError } from '../../errors.ts';
import type { MachineSize } from '../machine.ts';

type Dimension = 'cores' | 'memory' | 'disk';

const BYTES_PER_MB = 1024 ** 2;
const BYTES_PER_GB = 1024 ** 3;

interface SizeFlag {
  readonly flag: string;
  /** What the driver counts in. */
  readonly unitBytes: number;
}

interface DriverSizes {
  readonly cores?: SizeFlag;
  readonly memory?: SizeFlag;
  readonly disk?: SizeFlag;
  /** The flag by which a driver that sells sizes by name takes them. */
  readonly byName?: string;
}

const COUNT = 1;

function counted(driver: string, memory: string): DriverSizes {
  return {
    cores: { flag: `--${driver}-cpu-count`, unitBytes: COUNT },
    memory: { flag: `--${driver}-${memory}`, unitBytes: BYTES_PER_MB },
    disk: { flag: `--${driver}-disk-size`, unitBytes: BYTES_PER_MB },
  };
}

/**
 * Flags of drivers for cores, memory and disk.
 *
 * Units: MB of VMs are 1024² bytes. Source: each driver's `GetCreateFlags`; for docker-machine's own drivers 0.16.2.
 */
const DRIVERS: Readonly<Record<string, DriverSizes>> = {
  virtualbox: counted('virtualbox', 'memory'),
  hyperv: counted('hyperv', 'memory'),
  vmwarefusion: counted('vmwarefusion', 'memory-size'),
  vmwarevsphere: counted('vmwarevsphere', 'memory-size'),
  vmwarevcloudair: {
    cores: { flag: '--vmwarevcloudair-cpu-count', unitBytes: COUNT },
    memory: { flag: '--vmwarevcloudair-memory-size', unitBytes: BYTES_PER_MB },
  },
  amazonec2: { byName: '--amazonec2-instance-type', disk: { flag: '--amazonec2-root-size', unitBytes: BYTES_PER_GB } },
  google: { byName: '--google-machine-type', disk: { flag: '--google-disk-size', unitBytes: BYTES_PER_GB } },
  digitalocean: { byName: '--digitalocean-size' },
  azure: { byName: '--azure-size' },
  openstack: { byName: '--openstack-flavor-name' },
  rackspace: { byName: '--rackspace-flavor-id' },
  exoscale: { byName: '--exoscale-instance-profile', disk: { flag: '--exoscale-disk-size', unitBytes: BYTES_PER_GB } },
  softlayer: {
    cores: { flag: '--softlayer-cpu', unitBytes: COUNT },
    memory: { flag: '--softlayer-memory', unitBytes: BYTES_PER_MB },
  },
  generic: {},
  none: {},
};

/**
 * The sizes as the driver's own flags. What is not asked for is the driver's default.
 *
 * @param knownFlags those that `create --driver X --help` names: of a plugin that is in no table the usual names are taken,
 * `--X-cpu-count`, `--X-memory` or `--X-memory-size`, `--X-disk-size`, in MB
 * @throws UsageError naming each size that the driver has no flag for
 */
export function sizeFlags(driver: string, size: MachineSize, knownFlags: ReadonlySet<string>): readonly string[] {
  const sizes = DRIVERS[driver] ?? usualFlags(driver, knownFlags);
  const wanted: readonly (readonly [Dimension, number | undefined])[] = [
    ['cores', size.cores],
    ['memory', size.memoryBytes],
    ['disk', size.diskBytes],
  ];
  const asked = wanted.flatMap(([dimension, value]) => (value === undefined ? [] : [{ dimension, value }]));
  const without = asked.filter(({ dimension }) => sizes[dimension] === undefined).map(({ dimension }) => dimension);
  if (without.length > 0) throw noFlag(driver, without, sizes);
  return asked.flatMap(({ dimension, value }) => {
    const flag = sizes[dimension];
    return flag === undefined ? [] : [flag.flag, String(inUnits(driver, dimension, value, flag.unitBytes))];
  });
}

function inUnits(driver: string, dimension: Dimension, value: number, unitBytes: number): number {
  const units = Math.ceil(value / unitBytes);
  if (unitBytes !== COUNT || Number.isInteger(value)) return units;
  throw new UsageError(`--machine-${dimension}: got ${value}; the driver ${driver} takes whole cores`);
}

function usualFlags(driver: string, knownFlags: ReadonlySet<string>): DriverSizes {
  const find = (unitBytes: number, ...names: readonly string[]): SizeFlag | undefined => {
    const flag = names.map((name) => `--${driver}-${name}`).find((name) => knownFlags.has(name));
    return flag === undefined ? undefined : { flag, unitBytes };
  };
  const [cores, memory, disk] = [
    find(COUNT, 'cpu-count', 'cpus'),
    find(BYTES_PER_MB, 'memory', 'memory-size'),
    find(BYTES_PER_MB, 'disk-size'),
  ];
  return { ...(cores && { cores }), ...(memory && { memory }), ...(disk && { disk }) };
}

function noFlag(driver: string, dimensions: readonly Dimension[], { byName }: DriverSizes): UsageError {
  const flags = dimensions.map((dimension) => `--machine-${dimension}`).join(', ');
  const missing = `the driver ${driver} has no flag for ${dimensions.join(', ')}`;
  if (byName !== undefined) {
    return new UsageError(`${flags}: ${missing}; it sells sizes by name`, { hint: `-- ${byName} NAME` });
  }
  return new UsageError(`${flags}: ${missing}`, {
    hint:
      driver === 'generic'
        ? 'its machines are there already, as large as they are'
        : `docker-machine create --driver ${driver} --help`,
  });
}
