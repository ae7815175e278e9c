import type { Finding } from '../doctor/finding.ts';
import type { MachineReading } from './facts.ts';
import { machineError } from './machine-problems.ts';
import type { ReachMatrix, ReachTry } from './reach.ts';

/** One finding for each machine that others do not reach: what they tried, and what may be in the way. */
export function checkReach(
  { machines, tries, failures }: ReachMatrix,
  readings: readonly MachineReading[],
): readonly Finding[] {
  const unreached = machines.flatMap((name) => {
    const failed = tries.filter(({ to, answer }) => to === name && answer === 'filtered');
    if (failed.length === 0) return [];
    const asked = new Set(tries.filter(({ to }) => to === name).map(({ from }) => from));
    const from = [...new Set(failed.map((one) => one.from))];
    const ports = [...new Set(failed.map(({ port, protocol }) => `${port}/${protocol}`))];
    const firewalls = readings.find((reading) => reading.name === name)?.system?.firewalls ?? [];
    return [
      machineError('SS-M18', {
        subject: name,
        problem: `${from.length === asked.size && from.length > 1 ? `no other machine reaches it` : `${from.join(', ')} cannot reach it`} on ${ports.join(', ')}`,
        proof: proofOf(failed),
        fix: fixOf(firewalls, ports, failed[0]?.address ?? name),
      }),
    ];
  });
  const unable = failures.map(({ machine, reason }) =>
    machineError('SS-M29', {
      subject: machine,
      problem: 'whom it reaches could not be tried',
      proof: reason,
      fix: 'run the same command again',
    }),
  );
  return [...unreached, ...unable];
}

const SHOWN = 4;

function proofOf(failed: readonly ReachTry[]): string {
  const lines = failed
    .slice(0, SHOWN)
    .map(
      ({ from, address, port, protocol, seen }) => `${from} to ${address} ${port}/${protocol}: ${seen ?? 'no answer'}`,
    );
  return [...lines, ...(failed.length > SHOWN ? [`${failed.length - SHOWN} more`] : [])].join('; ');
}

function fixOf(firewalls: readonly string[], ports: readonly string[], address: string): string {
  const rule = firewalls.find((text) => text.startsWith('iptables') || text.startsWith('nft'));
  if (firewalls.includes('ufw')) return `there: ${ports.map((port) => `sudo ufw allow ${port}`).join('; ')}`;
  if (firewalls.includes('firewalld')) {
    const flags = ports.map((port) => `--add-port=${port}`).join(' ');
    return `there: sudo firewall-cmd --permanent ${flags}; sudo firewall-cmd --reload`;
  }
  if (rule !== undefined) return `open ${ports.join(', ')} for the other machines there; its firewall has: ${rule}`;
  return `open ${ports.join(', ')} for the other machines, there and in the networks between; is ${address} the right one (--advertise-addr)?`;
}
