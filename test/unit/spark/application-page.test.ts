import test from 'ava';

import { parseApplicationPage } from '../../../src/spark/application-page.ts';
import { readFixture } from '../../helpers/builders.ts';

const PAGE = readFixture('spark/application-4.2.1.html');

test('the page of an application has its cores and its executors', (t) => {
  const page = parseApplicationPage(PAGE);
  t.is(page?.coresAsked, undefined);
  t.is(page?.coresGranted, 4);
  t.deepEqual(
    page?.executors.map(({ id, cores, memoryMib, state }) => [id, cores, memoryMib, state]),
    [0, 1, 2, 3].map((id) => [id, 1, 512, 'RUNNING']),
  );
  t.is(page?.executors[3]?.workerId, 'worker-20261121095336-7549cb71728a-44511');
});

test('one that asks for a number of cores says so', (t) => {
  const limited = PAGE.replace(/Unlimited\s+\(4 granted\)/, '2 (0 granted, 2 left)');
  t.deepEqual([parseApplicationPage(limited)?.coresAsked, parseApplicationPage(limited)?.coresGranted], [2, 0]);
});

test('another page is none', (t) => {
  t.is(parseApplicationPage('<html>Cores: many</html>'), undefined);
  t.is(parseApplicationPage(''), undefined);
});
