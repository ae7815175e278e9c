import type { AptSourceFile } from './setup-host.ts';

/** One archive of apt's sources, with all its suites. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Keyring file, or an inline key. */
  readonly signedBy: string | undefined;
}

/**
 * All binary archives in apt's source files.
 *
 * Shape: one-line `deb [signed-by=…] URI suite component…` in *.list; deb822 paragraphs in *.sources.
 * Source: sources.list(5).
 */
export function parseAptSources(files: readonly AptSourceFile[]): readonly AptSource[] {
  return files.flatMap(({ path, text }) => (path.endsWith('.sources') ? parseParagraphs(text) : parseLines(text)));
}

function parseLines(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (!match) return [];
    return [
      {
        uri: match[2] ?? '',
        suites: [match[3] ?? ''],
        components: words(match[4]),
        signedBy: /signed-by=(\S+)/i.exec(match[1] ?? '')?.[1],
      },
    ];
  });
}

function parseParagraphs(text: string): readonly AptSource[] {
  const plain = text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');
  return plain.split(/\n\s*\n/).flatMap((paragraph) => {
    const field = (name: string): string | undefined =>
      new RegExp(`^${name}:[ \\t]*((?:.*)(?:\\n[ \\t].*)*)`, 'im').exec(paragraph)?.[1]?.trim();
    if (!words(field('Types')).includes('deb') || field('Enabled')?.toLowerCase() === 'no') return [];
    const signedBy = field('Signed-By');
    return words(field('URIs')).map((uri) => ({
      uri,
      suites: words(field('Suites')),
      components: words(field('Components')),
      signedBy,
    }));
  });
}

function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}

/** The archives that carry a release of the machine's own system; third-party ones have suites of other names. */
export function releaseSources(sources: readonly AptSource[], codename: string): readonly AptSource[] {
  const isOfRelease = (suite: string): boolean => suite === codename || suite.startsWith(`${codename}-`);
  return sources.filter(({ suites, components }) => components.includes('main') && suites.some(isOfRelease));
}

/**
 * The same archives for another release: `bookworm-security` becomes `trixie-security`. No address is added.
 *
 * Suites of the kind that another release lacks (backports) are left out.
 */
export function deriveSources(sources: readonly AptSource[], from: string, to: string): readonly AptSource[] {
  return releaseSources(sources, from).flatMap((source) => {
    const suites = source.suites
      .filter((suite) => [from, `${from}-updates`, `${from}-security`].includes(suite))
      .map((suite) => suite.replace(from, to));
    return suites.length === 0 ? [] : [{ ...source, suites, components: ['main'] }];
  });
}

/** The archive that carries the release itself, for debootstrap. */
export function findMirror(sources: readonly AptSource[], codename: string): AptSource | undefined {
  return releaseSources(sources, codename).find(({ suites }) => suites.includes(codename));
}

/**
 * Sources as one-line text.
 *
 * @param withKeys names the keyring files; left out for another system, which trusts its own
 */
export function formatAptSources(sources: readonly AptSource[], withKeys: boolean): string {
  return sources
    .flatMap(({ uri, suites, components, signedBy }) => {
      const key = withKeys && signedBy?.startsWith('/') ? `[signed-by=${signedBy}] ` : '';
      return suites.map((suite) => `deb ${key}${uri} ${suite} ${components.join(' ')}\n`);
    })
    .join('');
}
