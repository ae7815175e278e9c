import { overlaps, readSubnet } from '../lab/lab-network.ts';
import { fine, found, notKnown, passedOver, type Outcome } from './check.ts';
import { EXPIRES_SOON_DAYS } from './judge-context.ts';
import type { Finding } from './finding.ts';
import { errorOf, noteOf, warningOf } from './problems.ts';
import type { SwarmReading } from './swarm-reading.ts';

const MS_PER_DAY = 86_400_000;
const NONE = 'no swarm';
/** A node renews its certificate when more than half of its life is over; below this a weekend is the end of the swarm. */
const SHORT_LIFE_DAYS = 7;

export function judgeNodes(swarm: SwarmReading | undefined): Outcome {
  if (!swarm) return passedOver(NONE);
  const { state, error, nodes, nodeFindings } = swarm;
  if (state !== 'active' || error !== '') {
    return found([explainState(swarm)]);
  }
  const ready = nodes.filter((node) => node.state === 'ready').length;
  return nodeFindings.length > 0 ? found(nodeFindings) : fine(`${ready} of ${nodes.length} ready`);
}

/** A swarm that this manager cannot speak for. */
function explainState({ state, error, manager }: SwarmReading): Finding {
  const subject = `manager ${manager}`;
  const proof = `Docker says: ${error}`;
  if (state === 'locked') {
    return errorOf('SS-N30', {
      subject,
      problem: 'the swarm is locked since this manager was restarted',
      proof,
      fix: 'docker swarm unlock, with the key that docker swarm unlock-key printed',
    });
  }
  if (state === 'error') {
    return errorOf('SS-N30', {
      subject,
      problem: 'the certificates of this manager have expired, and the swarm with them',
      proof,
      fix: 'docker swarm leave --force on every node, then spark-swarm swarm create makes it anew',
    });
  }
  return errorOf('SS-N05', {
    subject,
    problem: 'the managers have no majority, so nothing can be changed; what runs goes on',
    proof,
    fix: 'start the managers that are down; if they are lost for ever: docker swarm init --force-new-cluster on one that is left',
  });
}

export function judgeSwarmCertificates(swarm: SwarmReading | undefined, nowMs: number): Outcome {
  if (swarm?.state !== 'active' || swarm.error !== '') return passedOver(swarm ? notKnown() : NONE);
  const { nodeCertExpiryMs, manager } = swarm;
  const daysLeft = (notAfterMs: number): number => Math.floor((notAfterMs - nowMs) / MS_PER_DAY);
  const lifeDays = nodeCertExpiryMs === undefined ? undefined : Math.round(nodeCertExpiryMs / MS_PER_DAY);
  const dated = [
    {
      what: "this manager's certificate",
      notAfterMs: swarm.managerNotAfterMs,
      // Nodes renew theirs by themselves, in the second half of its life.
      soonDays: Math.min(EXPIRES_SOON_DAYS, (lifeDays ?? EXPIRES_SOON_DAYS) / 4),
      // It renews it when it starts. To leave is no way out: for the only manager that ends the swarm.
      fix: 'sudo systemctl restart docker on this node; if it stays: docker swarm ca --rotate on a manager',
    },
    {
      what: "the swarm's root certificate",
      notAfterMs: swarm.rootNotAfterMs,
      soonDays: EXPIRES_SOON_DAYS,
      fix: 'docker swarm ca --rotate on a manager',
    },
  ].flatMap(({ what, notAfterMs, soonDays, fix }) => {
    if (notAfterMs === undefined || daysLeft(notAfterMs) >= soonDays) return [];
    const isOver = notAfterMs <= nowMs;
    const proof = `notAfter ${new Date(notAfterMs).toISOString().replace(/\.\d+Z$/, 'Z')}, ${daysLeft(notAfterMs)} days left`;
    const problem = `${what} ${isOver ? 'has expired' : 'expires soon, and was not renewed'}`;
    return [(isOver ? errorOf : warningOf)('SS-N31', { subject: `manager ${manager}`, problem, proof, fix })];
  });
  const short =
    lifeDays !== undefined && lifeDays < SHORT_LIFE_DAYS
      ? [
          warningOf('SS-N31', {
            subject: `manager ${manager}`,
            problem: 'certificates of nodes live so short that a swarm that is off for a while does not come back',
            proof: `NodeCertExpiry ${lifeDays} days`,
            fix: 'docker swarm update --cert-expiry 2160h',
          }),
        ]
      : [];
  const rotating = swarm.isRotatingRoot
    ? [
        warningOf('SS-N33', {
          subject: `manager ${manager}`,
          problem: 'the root certificate is being replaced: nodes that are down hold it up',
          proof: 'GET /swarm: RootRotationInProgress true',
          fix: 'bring the nodes back, or remove those that are gone: docker node rm --force NODE',
        }),
      ]
    : [];
  const findings = [...dated, ...short, ...rotating];
  if (findings.length > 0) return found(findings);
  const left =
    swarm.managerNotAfterMs === undefined ? '' : `valid for ${daysLeft(swarm.managerNotAfterMs)} more days, `;
  return fine(`${left}renewed by themselves; a swarm that is off for ${lifeDays ?? 90} days must be made anew`);
}

export function judgeAutolock(swarm: SwarmReading | undefined): Outcome {
  if (swarm?.state !== 'active' || swarm.error !== '') return passedOver(swarm ? notKnown() : NONE);
  if (!swarm.isAutolocked) return fine('off');
  return found([
    noteOf('SS-N34', {
      subject: `manager ${swarm.manager}`,
      problem: 'a manager that is restarted waits for a key',
      proof: 'GET /swarm: AutoLockManagers true',
      fix: 'keep what docker swarm unlock-key prints; off: docker swarm update --autolock=false',
    }),
  ]);
}

/** Docker never hands out a range twice, but it does not know the networks around the machines. */
export function judgeAddresses(swarm: SwarmReading | undefined): Outcome {
  if (swarm?.state !== 'active' || swarm.error !== '') return passedOver(swarm ? notKnown() : NONE);
  const routes = swarm.routes.flatMap((text) => {
    const subnet = readSubnet(text);
    return subnet ? [{ subnet, what: `the route ${text} of this machine` }] : [];
  });
  const addresses = swarm.nodes.flatMap(({ name, address }) => {
    const subnet = readSubnet(`${address}/32`);
    return subnet ? [{ subnet, what: `the address ${address} of node ${name}` }] : [];
  });
  const findings = swarm.networks.flatMap(({ name, subnets }) =>
    subnets.flatMap((text) => {
      const range = readSubnet(text);
      const clashes = range ? [...addresses, ...routes].filter(({ subnet }) => overlaps(range, subnet)) : [];
      if (clashes.length === 0) return [];
      return [
        warningOf('SS-N32', {
          subject: `network ${name}`,
          problem: 'it has addresses that exist outside, too: containers do not reach those',
          proof: `${name} is ${text}; ${clashes.map(({ what }) => what).join(', ')}`,
          fix: 'remove the clusters on it and make the swarm anew with docker swarm init --default-addr-pool 10.210.0.0/16',
        }),
      ];
    }),
  );
  return findings.length > 0 ? found(findings) : fine(`from ${swarm.addressPools.join(', ') || '10.0.0.0/8'}`);
}
