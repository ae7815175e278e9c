import { HostCollector, type ParsedHosts } from './inventory.ts';
import { formatHost, parseHosts } from './parse-hosts.ts';

/**
 * Hosts one per line, as `--hosts` takes them, ranges too; what follows a `#` is a comment.
 *
 * Shape: `root@10.0.0.4:2222   # under the desk`
 */
export function parsePlainList(text: string): ParsedHosts {
  const found = new HostCollector({ sameIsOne: false });
  for (const [index, written] of text.split('\n').entries()) {
    const line = index + 1;
    const entry = written.replace(/(^|\s)#.*$/, '').trim();
    if (entry === '') continue;
    found.attempt(line, () => {
      for (const { user, host, port } of parseHosts(entry, 'host')) {
        const field = formatHost({ user, host, port });
        found.add({ name: host, host, user, port, field, line });
      }
    });
  }
  return found.finish();
}
