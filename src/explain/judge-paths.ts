import type { Finding } from '../doctor/finding.ts';
import { shorten, type Evidence } from './evidence.ts';
import { problemOf } from './problems.ts';
import type { ClusterReading } from './reading.ts';

/** A path that somebody did not find. The path is the first group. */
const MISSING: readonly RegExp[] = [
  /(?:FileNotFoundException: File|Path does not exist:|Input path does not exist:|while reading file) file:(?:\/\/)?(\/[^\s,;]*?)\.?(?=[\s,;]|$)/g,
  /FileNotFoundError: \[Errno 2\] No such file or directory: '(\/[^'\n]+)'/g,
  /NoSuchFileException: (\/[^\s,;]+)/g,
];

/** Paths on local disks that texts say are missing, at most 8. */
export function findMissingPaths(evidence: readonly Evidence[]): readonly string[] {
  const found = evidence.flatMap(({ text }) =>
    MISSING.flatMap((pattern) => [...text.matchAll(pattern)].map(([, path = '']) => path)),
  );
  return [...new Set(found)].slice(0, 8);
}

/** A path that is there on some containers and missing on others; or nowhere. */
export function judgePaths(
  reading: ClusterReading,
  subject: string,
  evidence: readonly Evidence[],
): readonly Finding[] {
  const { daemons } = reading;
  return findMissingPaths(evidence).flatMap((path) => {
    const asked = daemons.filter(({ paths }) => path in paths);
    const there = asked.filter(({ paths }) => paths[path]).map(({ name }) => name);
    const missing = asked.filter(({ paths }) => !paths[path]).map(({ name }) => name);
    const said = quote(path, evidence);
    if (there.length > 0 && missing.length > 0) {
      return [
        problemOf('SS-J10', {
          subject,
          problem: `reads ${path}, which is not on every node`,
          proof: `there: ${there.join(', ')}; missing: ${missing.join(', ')}; ${said}`,
          fix: 'put it below /data, the folder that all containers share, and name it by that path; small files: spark-swarm submit --files FILE …',
        }),
      ];
    }
    // There by now: whoever missed it came too early, or it was another machine's driver.
    if (missing.length === 0) return [];
    return [
      problemOf('SS-J09', {
        subject,
        problem: `reads ${path}, which is nowhere in the cluster`,
        proof: `missing: ${missing.join(', ')}; ${said}`,
        fix: 'put it below /data, the folder that all containers share, and name it by that path',
      }),
    ];
  });
}

function quote(path: string, evidence: readonly Evidence[]): string {
  const found = evidence.find(({ text }) => text.includes(path));
  const lines = (found?.text ?? '').split('\n').filter((line) => line.includes(path));
  const naming = lines.filter((one) => MISSING.some((pattern) => one.search(pattern) >= 0));
  const line = naming.toSorted((a, b) => a.length - b.length)[0] ?? lines[0] ?? '';
  return `${found?.source ?? ''}: ${shorten(line)}`;
}
