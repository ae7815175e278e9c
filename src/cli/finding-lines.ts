import type { ChalkInstance } from 'chalk';

import type { DoctorFinding } from '../doctor/problems.ts';
import { printable } from './printable.ts';

/** A finding as people read it: id, subject and problem on one line, then its proof, what to type, and its page. */
export function findingLines(
  { id, severity, subject, problem, proof, fix, page }: DoctorFinding,
  colors: ChalkInstance,
): readonly string[] {
  const paint = { error: colors.red, warning: colors.yellow, note: colors.cyan }[severity];
  const texts = [subject, problem, proof, fix].map(printable);
  return [`${paint(id)} ${texts[0]}: ${texts[1]}`, `  proof: ${texts[2]}`, `  fix:   ${texts[3]}`, `  page:  ${page}`];
}
