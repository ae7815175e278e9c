import { UsageError } from '../errors.ts';
import type { DriverPlace } from './job.ts';

/**
 * Where a driver shall run: `master`, `task`, or `ssh://user@host:port`.
 *
 * @throws UsageError naming the field and the text
 */
export function parseDriverPlace(text: string, field = '--driver'): DriverPlace {
  if (text === 'master' || text === 'task') return text;
  if (/^ssh:\/\/([^\s/@:]+@)?(\[[0-9A-Fa-f:.%\w-]+\]|[^\s/@:[\]]+)(:[0-9]{1,5})?\/?$/.test(text))
    return text.replace(/\/$/, '') as DriverPlace;
  const password = /^((?:[a-z]+:\/\/)?[^:@/]*:)(?!\/\/).*@/is;
  const advice = password.test(text) ? '; a password has no place there' : '; expected master, task or ssh://user@host';
  // A password that stands where it should not is not printed again.
  const shown = text.replace(password, '$1***@');
  throw new UsageError(`${field}: got ${JSON.stringify(shown)}${advice}`);
}
