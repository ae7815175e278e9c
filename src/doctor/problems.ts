import type { Finding } from './finding.ts';

/** Pages by the letter of an id. */
const PAGES: Readonly<Record<string, string>> = {
  M: 'machines',
  E: 'engine',
  C: 'contexts',
  N: 'nodes',
  K: 'clusters',
  J: 'jobs',
};

/**
 * What `doctor` can find, and the title of its section in `docs/problems/`. SS-N01 to SS-N19 are those of the nodes
 * themselves (`src/swarm/node-findings.ts`); of these only the one is here that `doctor` says by itself, too.
 */
export const DOCTOR_PROBLEMS = {
  'SS-E01': 'No engine answers on this machine',
  'SS-E02': 'The engine does not let this user in',
  'SS-E03': 'The engine is too old',
  'SS-E04': 'The docker command line is missing or too old',
  'SS-E05': 'The docker command line and the engine do not understand each other',
  'SS-E06': 'Docker Compose is missing or too old',
  'SS-E07': 'Images cannot be built without buildx',
  'SS-E08': "The disk of docker's data is nearly full",
  'SS-E09': 'Little memory is available',
  'SS-E10': "Docker's networks carry larger packets than this machine's own",
  'SS-E11': 'The engine does not know the proxy',
  'SS-E12': 'A file of certificates is missing',
  'SS-E13': 'The storage driver copies every layer',
  'SS-E14': 'Containers have no memory limits',
  'SS-E15': 'The engine runs without root, or renames users',
  'SS-E16': "The engine's clock differs from this machine's",
  'SS-E17': 'Node.js is too old',
  'SS-E18': "The docker command line's settings cannot be read",
  'SS-E19': 'A credential helper is missing',
  'SS-C01': 'The docker context does not exist',
  'SS-C02': 'The engine of the context does not answer',
  'SS-C03': 'The certificates of the context are missing',
  'SS-C04': 'A certificate of the context has expired',
  'SS-C05': 'A certificate of the context expires soon',
  'SS-C06': 'There is no ssh on this machine',
  'SS-C07': 'ssh does not get in',
  'SS-C08': 'The engine of another context of ours does not answer',
  'SS-C09': 'The lab of a context is gone',
  'SS-N05': 'The managers have no majority',
  'SS-N20': 'Nodes do not reach each other over the overlay',
  'SS-N21': 'Large packets vanish between nodes',
  'SS-N22': 'The network of a node could not be measured',
  'SS-N30': 'The swarm is locked, or its certificates have expired',
  'SS-N31': 'Certificates of the swarm have expired or expire soon',
  'SS-N32': 'A network of the swarm overlaps with another network',
  'SS-N33': 'The certificates of the swarm are being replaced',
  'SS-N34': 'The swarm is locked after a restart of a manager',
  'SS-K01': 'A cluster is not healthy',
  'SS-K02': 'An image is missing on nodes',
  'SS-K03': 'Volumes of removed clusters are kept',
  'SS-K04': 'A lock was left by a command that is gone',
  'SS-K05': 'An interrupted resize holds a service back',
} as const;

export type DoctorProblem = keyof typeof DOCTOR_PROBLEMS;

/** A `note` is worth knowing and nothing is wrong. */
export interface DoctorFinding extends Omit<Finding, 'severity'> {
  readonly severity: Finding['severity'] | 'note';
}

/** `docs/problems/engine.md#ss-e01`. */
export function pageOf(id: string): string {
  return `docs/problems/${PAGES[id.charAt(3)] ?? 'machines'}.md#${id.toLowerCase()}`;
}

/** What the place where a problem is seen says of it; the rest follows from its id. */
export type FindingText = Pick<Finding, 'subject' | 'problem' | 'proof' | 'fix'>;

/** The finding of a problem, with its page. */
export function makeFinding<Severity extends DoctorFinding['severity']>(
  severity: Severity,
  id: string,
  text: FindingText,
): Omit<Finding, 'severity'> & { readonly severity: Severity } {
  return { id, severity, ...text, page: pageOf(id) };
}

/** What stands in the way. */
export function errorOf(id: DoctorProblem, text: FindingText): Finding {
  return makeFinding('error', id, text);
}

/** What may come to stand in the way. */
export function warningOf(id: DoctorProblem, text: FindingText): Finding {
  return makeFinding('warning', id, text);
}

/** What is worth knowing. */
export function noteOf(id: DoctorProblem, text: FindingText): DoctorFinding {
  return makeFinding('note', id, text);
}
