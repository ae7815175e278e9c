import test from 'ava';

import { deriveSources, findMirror, formatAptSources, parseAptSources } from '../../../src/setup/apt-sources.ts';
import { planPlugin } from '../../../src/setup/set-up-compose-plugin.ts';

const BOOKWORM = `Types: deb
# a comment
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://mirror.test/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://off.test/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb-src
URIs: http://source.test/debian
Suites: bookworm
Components: main
`;

const sources = parseAptSources([
  { path: '/etc/apt/sources.list', text: '' },
  { path: '/etc/apt/sources.list.d/debian.sources', text: BOOKWORM },
  {
    path: '/etc/apt/sources.list.d/sdk.list',
    text: 'deb https://packages.test/apt sdk-bookworm main\n# deb http://x bookworm main\n',
  },
]);

test('both kinds of source files are read, without what is switched off and without source packages', (t) => {
  t.deepEqual(
    sources.map(({ uri }) => uri),
    ['http://mirror.test/debian', 'http://mirror.test/debian-security', 'https://packages.test/apt'],
  );
});

test('one-line sources may name a key', (t) => {
  t.deepEqual(
    parseAptSources([
      {
        path: 'a.list',
        text: 'deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/debian bookworm main contrib # own',
      },
    ]),
    [{ uri: 'http://mirror.test/debian', suites: ['bookworm'], components: ['main', 'contrib'], signedBy: '/k.gpg' }],
  );
});

test("the mirror is the one that carries the machine's release; third parties are left out", (t) => {
  t.is(findMirror(sources, 'bookworm')?.uri, 'http://mirror.test/debian');
  t.is(findMirror(sources, 'trixie'), undefined);
});

test("another release's sources have the same addresses and other suites", (t) => {
  const derived = deriveSources(sources, 'bookworm', 'trixie');
  t.is(
    formatAptSources(derived, false),
    'deb http://mirror.test/debian trixie main\ndeb http://mirror.test/debian trixie-updates main\ndeb http://mirror.test/debian-security trixie-security main\n',
  );
  t.regex(
    formatAptSources(derived, true),
    /^deb \[signed-by=\/usr\/share\/keyrings\/debian-archive-keyring\.gpg\] http:/,
  );
});

const DEBIAN = { id: 'debian', like: [], version: '12', codename: 'bookworm', name: 'Debian 12' };

test('Debian 12 takes the compose plugin out of the next release, Debian 13 out of its own', (t) => {
  t.regex(planPlugin(DEBIAN, sources)?.sources ?? '', / trixie main\n/);
  const trixie = parseAptSources([{ path: 'a.list', text: 'deb http://mirror.test/debian trixie main' }]);
  t.deepEqual(planPlugin({ ...DEBIAN, version: '13', codename: 'trixie' }, trixie), {
    packageName: 'docker-compose',
    sources: 'deb http://mirror.test/debian trixie main\n',
  });
});

test('Ubuntu has a package of another name; elsewhere there is no plan', (t) => {
  const noble = parseAptSources([{ path: 'a.list', text: 'deb http://mirror.test/ubuntu noble main universe' }]);
  t.deepEqual(planPlugin({ ...DEBIAN, id: 'ubuntu', version: '24.04', codename: 'noble' }, noble), {
    packageName: 'docker-compose-v2',
    sources: 'deb http://mirror.test/ubuntu noble main universe\n',
  });
  t.is(planPlugin({ ...DEBIAN, id: 'fedora' }, []), undefined);
  t.is(planPlugin(DEBIAN, []), undefined);
});
