import type { Finding } from '../../doctor/finding.ts';
import { createColors } from '../colors.ts';
import type { CliContext } from '../context.ts';
import { findingLines } from '../finding-lines.ts';

/** Writes findings to standard error, as they come. */
export function tellFinding(cli: CliContext): (finding: Finding) => void {
  const colors = createColors(cli.env, cli.stderr);
  return (finding) => cli.stderr.write(`${findingLines(finding, colors).join('\n')}\n`);
}
