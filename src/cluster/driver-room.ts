import { UsageError } from '../errors.ts';
import { formatSize } from '../units.ts';
import { DAEMON_BYTES, DEFAULT_DRIVER_BYTES, OVERHEAD_PER_CORE_BYTES } from './sizes.ts';

/** Heaps below this are spark-submit's own launcher, which runs for a moment before the driver does. */
const LAUNCHER_BYTES = 256 * 1024 ** 2;

/**
 * Heaps of the drivers that run now, from the `-Xmx` of their processes.
 *
 * Shape: one line per driver, `-Xmx1g`, or an empty one where none is told.
 *
 * @returns bytes; the default heap for a driver that is only starting
 */
export function parseDriverHeaps(text: string): readonly number[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('driver '))
    .map((line) => {
      const match = /-Xmx([0-9]+)([kmg])/i.exec(line);
      const power = ' kmg'.indexOf((match?.[2] ?? 'k').toLowerCase());
      const bytes = match ? Number(match[1]) * 1024 ** power : 0;
      return bytes < LAUNCHER_BYTES ? DEFAULT_DRIVER_BYTES : bytes;
    });
}

/**
 * @param limitBytes of the master's container; `undefined` when nobody remembers it
 * @throws UsageError if the driver does not fit beside the master's daemon and the drivers that run, with the sum
 */
export function assertDriverFits(
  limitBytes: number | undefined,
  driverBytes: number,
  runningBytes: readonly number[],
): void {
  const all = [...runningBytes, driverBytes];
  const needed = all.reduce((sum, bytes) => sum + bytes + OVERHEAD_PER_CORE_BYTES, DAEMON_BYTES);
  if (limitBytes === undefined || needed <= limitBytes) return;
  const running = runningBytes.map((bytes) => `${formatSize(bytes)} running driver + `).join('');
  throw new UsageError(
    `The driver does not fit beside the master: ${formatSize(DAEMON_BYTES)} daemon + ${running}${formatSize(driverBytes)} driver + ` +
      `${all.length === 1 ? '' : `${all.length} × `}${formatSize(OVERHEAD_PER_CORE_BYTES)} overhead = ${formatSize(needed)}, ` +
      `and its limit is ${formatSize(limitBytes)}`,
    {
      hint: `${running === '' ? 'a smaller --driver-memory' : `wait for ${runningBytes.length === 1 ? 'the other' : 'one of the others'}, a smaller --driver-memory`}, or spark-swarm deploy --master-memory ${formatSize(needed)}`,
    },
  );
}
