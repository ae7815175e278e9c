import { readFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { BuildProgress, parseBuildLine } from '../../../src/image/build-output.ts';
import { projectRoot } from '../../helpers/cli.ts';

function follow(
  fixture: string,
  keptLines = 20,
): { readonly details: string[]; readonly lastLines: readonly string[] } {
  const progress = new BuildProgress(keptLines);
  const text = readFileSync(path.join(projectRoot, 'test/fixtures/docker-build', fixture), 'utf8');
  const details = text.split('\n').flatMap((line) => progress.push(line) ?? []);
  return { details, lastLines: progress.lastLines };
}

test('the classic builder: each step, and what it prints', (t) => {
  t.deepEqual(follow('classic-28.2.2.txt').details, [
    'step 1 of 9: ARG BASE_IMAGE=debian:trixie-slim',
    'step 2 of 9: FROM ${BASE_IMAGE} AS base',
    'step 3 of 9: RUN echo one && echo to-stderr >&2',
    // Standard error overtook standard output: so docker printed it.
    'step 3 of 9: to-stderr',
    'step 3 of 9: one',
    'step 4 of 9: LABEL img-scratch=1',
    'step 5 of 9: FROM base AS spark',
    'step 6 of 9: ARG FAIL=0',
    'step 7 of 9: COPY note.txt /note.txt',
    'step 8 of 9: RUN for i in 1 2 3; do echo line $i; done; exit ${FAIL}',
    'step 8 of 9: line 1',
    'step 8 of 9: line 2',
    'step 8 of 9: line 3',
    'step 9 of 9: LABEL io.img-scratch=spark two=lines',
  ]);
});

test('the classic builder with everything in its cache prints the steps alone', (t) => {
  t.is(follow('classic-cached-28.2.2.txt').details.length, 9);
});

test('BuildKit: the steps of each stage, and what they print', (t) => {
  t.deepEqual(follow('buildkit-0.13.1.txt').details, [
    'step 1 of 2: FROM docker.io/library/debian:trixie-slim',
    'step 2 of 2: RUN echo one && echo to-stderr >&2',
    'step 2 of 2: one',
    'step 2 of 2: to-stderr',
    'step 1 of 2: COPY note.txt /note.txt',
    'step 2 of 2: RUN for i in 1 2 3; do echo line $i; done; exit 0',
    'step 2 of 2: line 1',
    'step 2 of 2: line 2',
    'step 2 of 2: line 3',
  ]);
});

test('a failed build ends with the reason', (t) => {
  t.deepEqual(follow('classic-failed-28.2.2.txt', 3).lastLines, [
    'line 2',
    'line 3',
    "The command '/bin/sh -c for i in 1 2 3; do echo line $i; done; exit ${FAIL}' returned a non-zero code: 3",
  ]);
  t.is(
    follow('buildkit-failed-0.13.1.txt').lastLines.at(-1),
    'ERROR: failed to solve: executor failed running [/bin/sh -c for i in 1 2 3; do echo line $i; done; exit ${FAIL}]: exit code: 3',
  );
});

test('of earlier steps nothing is kept', (t) => {
  t.deepEqual(follow('classic-failed-28.2.2.txt').lastLines.slice(0, 2), [
    'step 8 of 9: RUN for i in 1 2 3; do echo line $i; done; exit ${FAIL}',
    'line 1',
  ]);
});

test('a line of progress is short', (t) => {
  const detail = new BuildProgress(1).push(`Step 7/19 : RUN ${'x'.repeat(300)}`);
  t.is(detail?.length, 100);
  t.true(detail?.endsWith('…'));
});

test('text that looks like nothing known is output', (t) => {
  t.deepEqual(parseBuildLine('Get:1 http://mirror.test trixie'), {
    kind: 'output',
    text: 'Get:1 http://mirror.test trixie',
  });
  t.deepEqual(parseBuildLine(''), { kind: 'noise' });
});
