import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { findIvySettings } from '../../../src/adapters/files/ivy-settings.ts';
import { ConfigError } from '../../../src/errors.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-ivy-'));
test.after.always(() => rmSync(folder, { recursive: true }));

const home = path.join(folder, 'home');
const usual = path.join(home, '.ivy2', 'ivysettings.xml');
mkdirSync(path.dirname(usual), { recursive: true });
writeFileSync(usual, '<ivysettings/>');
const other = path.join(folder, 'other.xml');
writeFileSync(other, '<ivysettings/>');

test("a variable names this machine's ivy settings; without it they are in the home folder", (t) => {
  t.is(findIvySettings({ HOME: home, SPARK_SWARM_IVY_SETTINGS: other }), other);
  t.is(findIvySettings({ HOME: home }), usual);
});

test('there may be none, and an empty variable asks for none', (t) => {
  t.is(findIvySettings({ HOME: folder }), undefined);
  t.is(findIvySettings({ HOME: home, SPARK_SWARM_IVY_SETTINGS: '' }), undefined);
});

test('a variable that names no file, or a folder, is a mistake', (t) => {
  for (const named of [path.join(folder, 'missing.xml'), folder]) {
    t.throws(() => findIvySettings({ HOME: home, SPARK_SWARM_IVY_SETTINGS: named }), {
      instanceOf: ConfigError,
      message: `SPARK_SWARM_IVY_SETTINGS: no such file: ${named}`,
    });
  }
});
