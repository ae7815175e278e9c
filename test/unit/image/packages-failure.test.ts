import test from 'ava';

import { CommandError, type ToolkitError } from '../../../src/errors.ts';
import { packagesFailure } from '../../../src/image/packages-failure.ts';

// What pip 25.1.1 printed on Python 3.13 in builds of docker/packages, as BuildProgress keeps it.

const STEP = 'step 16 of 24: RUN [ -z "${WITH_PIP}" ] || { touch /stamp && sleep 0.1 && /packages/install-package…';

/** What docker/config/build/pip-install and the classic builder say after pip. */
const END = [
  'pip-install: pip could not install: --verbose --requirement /packages/requirements.txt',
  "  CERTIFICATE_VERIFY_FAILED: put your proxy's certificate into docker/pkg/ as a .crt file",
  '  no network: put the packages into docker/pkg/ (see docker/pkg/README.md)',
  `The command '/bin/sh -c [ -z "\${WITH_PIP}" ]' returned a non-zero code: 1`,
];

const CONFLICT = [
  'ERROR: Cannot install numpy==1.26.4 because these package versions have conflicting dependencies.',
  '',
  'The conflict is caused by:',
  '    The user requested numpy==1.26.4',
  '    The user requested (constraint) numpy==2.3.5',
  '',
  'To fix this you could try to:',
  "1. loosen the range of package versions you've specified",
  '2. remove package versions to allow pip to attempt to solve the dependency conflict',
  '',
  'ERROR: ResolutionImpossible: for help visit pip',
];

function failure(lines: readonly string[], source: string | undefined = 'requirements.txt'): ToolkitError {
  const command = ['docker', 'build', '--label', 'everything=that was asked for', '-'];
  return packagesFailure(
    source,
    [STEP, ...lines],
    new CommandError({ command, exitStatus: 1, stdout: '', stderr: '' }),
  );
}

const PINNED =
  'requirements.txt: these packages and versions do not go together, says pip:\n' +
  '    The user requested numpy==1.26.4\n    The user requested (constraint) numpy==2.3.5';

test('a package that wants another numpy than the image', (t) => {
  const error = failure(['Looking in links: /pkg', ...CONFLICT, ...END]);
  t.is(error.message, PINNED);
  t.is(error.exitCode, 2);
  t.is(
    error.hint,
    'a "(constraint)" is what the image has already: take another version of your package, ' +
      'or change the pin in docker/config/python-packages.txt and run bin/build-image',
  );
});

test('only the try without the wishes of the notebook counts', (t) => {
  const first = [
    'The conflict is caused by:',
    '    The user requested requests==2.31.0',
    'ERROR: ResolutionImpossible',
  ];
  const second = "install-packages: again, without the notebook's versions";
  t.is(failure([...first, second, ...CONFLICT, ...END]).message, PINNED);
  t.is(
    failure([...first, second, 'ERROR: No matching distribution found for mine', ...END]).message,
    "requirements.txt: pip found no mine for the image's Python",
  );
});

test('BuildKit says the last lines again, with times', (t) => {
  const again = [...CONFLICT, ...END.slice(0, 3)].map((line) => `1.660 ${line}`.trim());
  t.is(failure([...CONFLICT, ...again, 'ERROR: failed to solve: executor failed running [/bin/sh]']).message, PINNED);
});

test('a package or version that does not exist', (t) => {
  const versions = '(from versions: 4.12.0, 4.12.1, 4.12.2, 4.13.0, 4.14.0, 4.15.0, 4.16.0)';
  const error = failure([
    `ERROR: Could not find a version that satisfies the requirement humanize==99.1 ${versions}`,
    'ERROR: No matching distribution found for humanize==99.1',
    ...END,
  ]);
  t.is(
    error.message,
    "requirements.txt: pip found no humanize==99.1 for the image's Python; the newest are 4.12.2, 4.13.0, 4.14.0, 4.15.0, 4.16.0",
  );
  t.is(error.hint, 'check spelling and version; a wheel of your own lies in docker/pkg');
  t.is(error.exitCode, 2);
});

test('a line that pip cannot read', (t) => {
  const words = "ERROR: Invalid requirement: 'humanize=4': Expected end or semicolon (after name)";
  t.is(
    failure([words, ...END]).message,
    "requirements.txt: pip cannot read it: 'humanize=4': Expected end or semicolon (after name)",
  );
});

test('a package that wants a compiler', (t) => {
  const error = failure([
    "      error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'",
    '      [end of output]',
    '  ERROR: Failed building wheel for pycups',
    ...END,
  ]);
  t.is(
    error.message,
    'requirements.txt: pycups has no wheel for this Python, and the image has no compiler to build one',
  );
});

test('a jar that Spark has', (t) => {
  const error = failure(['packages: the image has a jar "py4j.jar" of its own', END[3] ?? ''], undefined);
  t.is(error.message, '--jar: the image has a jar "py4j.jar" of its own; another of that name would take its place');
  t.is(error.exitCode, 2);
});

test("a package that the notebook's image has in another version", (t) => {
  const error = failure(['packages: the notebook has requests==2.34.2, the requirements bring requests==2.31.0']);
  t.is(
    error.message,
    "requirements.txt: requests==2.31.0 would take the place of the notebook's own requests==2.34.2, and the same packages go into both images",
  );
});

test('no network is no fault of the file', (t) => {
  const seen = [
    'WARNING: Retrying … Failed to establish a new connection: [Errno -3] Temporary failure in name resolution',
    'ERROR: No matching distribution found for humanize',
  ];
  const error = failure([...seen, ...END]);
  t.is(error.message, `Command failed with exit status 1: docker build\n${[STEP, ...seen].join('\n')}`);
  t.is(error.exitCode, 1);
  t.regex(error.hint ?? '', /^the build has no network: /);
});

test('what nobody has translated is shown as it is, without the labels of the command', (t) => {
  const error = failure(['ERROR: something new', ...END]);
  t.is(error.message, `Command failed with exit status 1: docker build\n${STEP}\nERROR: something new`);
  t.is(error.hint, '--verbose shows every line of it');
});
