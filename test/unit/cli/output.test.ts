import test from 'ava';
import { parse } from 'yaml';

import { formatTable, writeResult } from '../../../src/cli/output.ts';
import { captureCli } from '../../helpers/cli.ts';

const value = { name: 'spark', workers: [{ id: 1 }] };

async function written(format: 'json' | 'yaml' | 'table', table = 'a table'): Promise<string> {
  const { cli, written: text } = captureCli();
  await writeResult(cli, format, value, () => table);
  return text().stdout;
}

test('JSON has two spaces and says which schema it follows', async (t) => {
  t.is(
    await written('json'),
    '{\n  "schemaVersion": 1,\n  "name": "spark",\n  "workers": [\n    {\n      "id": 1\n    }\n  ]\n}\n',
  );
});

test('YAML holds the same as JSON', async (t) => {
  t.deepEqual(parse(await written('yaml')), JSON.parse(await written('json')));
});

test('a table ends its last line, and an empty one is nothing', async (t) => {
  t.is(await written('table'), 'a table\n');
  t.is(await written('table', ''), '');
});

test('a table has no borders and no blanks at the ends of lines', async (t) => {
  const table = await formatTable(
    ['name', 'state'],
    [
      ['worker-1', 'ALIVE'],
      ['漢字', ''],
    ],
  );
  t.is(table, 'NAME       STATE\nworker-1   ALIVE\n漢字');
});

test('a name with control characters paints nothing in a table', async (t) => {
  t.is(await formatTable(['name'], [['a\u001B[2Jb\u0007']]), 'NAME\na [2Jb');
});
