import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { formatShellScript } from '../../../../src/cli/completion/shell-scripts.ts';
import { projectRoot, runCli } from '../../../helpers/cli.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'spark-swarm-tab-'));
test.after.always(() => rmSync(folder, { recursive: true }));
writeFileSync(path.join(folder, 'app.py'), '');

/**
 * What bash would put in the place of the current word. `words` is the line as bash divides it at `=` and `:`; the last one is
 * being typed.
 */
async function pressTab(words: readonly string[], line = words.join(' ')): Promise<readonly string[]> {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const script = `
    source <("$1" completion bash); source <("$1" completion bash)
    compopt() { :; }
    COMP_WORDS=(${words.map(quote).join(' ')}); COMP_CWORD=${words.length - 1}
    COMP_LINE=${quote(line)}; COMP_POINT=\${#COMP_LINE}
    _spark_swarm; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const executable = path.join(projectRoot, 'bin', 'spark-swarm');
  return new Promise((resolve, reject) => {
    const env = { ...process.env, HOME: folder, DOCKER_HOST: 'unix:///nonexistent.sock' };
    execFile('bash', ['--norc', '-c', script, 'bash', executable], { cwd: folder, env }, (error, stdout, stderr) => {
      if (error || stderr !== '') reject(error ?? new Error(stderr));
      else resolve(stdout.split('\n').filter(Boolean));
    });
  });
}

const lines: readonly (readonly [words: readonly string[], line: string, reply: readonly string[]])[] = [
  [['spark-swarm', 'depl'], 'spark-swarm depl', ['deploy']],
  [['spark-swarm', 'deploy', '--worker-c'], 'spark-swarm  deploy --worker-c', ['--worker-cores']],
  [['spark-swarm', 'status', '--output', '=', 'j'], 'spark-swarm status --output=j', ['json']],
  [['spark-swarm', 'status', '--output', '='], 'spark-swarm status --output=', ['table', 'json', 'yaml']],
  [['spark-swarm', 'deploy', '--port', 'ui', '=', 'n'], 'spark-swarm deploy --port ui=n', ['none']],
  [['spark-swarm', 'deploy', '--port', '=', 'ui', '=', 'n'], 'spark-swarm deploy --port=ui=n', ['none']],
  [['spark-swarm', 'submit', ''], 'spark-swarm submit ', []],
  [['spark-swarm-submit', '--ex'], 'spark-swarm-submit --ex', ['--example']],
];

for (const [words, line, reply] of lines) {
  test(`bash offers ${reply.join(', ') || 'files alone'} after "${line}"`, async (t) => {
    t.deepEqual(await pressTab(words, line), reply);
  });
}

test('what is typed is not run', async (t) => {
  await pressTab(['spark-swarm', '$(touch pwned)', '`touch pwned`', ''], 'spark-swarm $(touch pwned) `touch pwned` ');
  t.false(existsSync(path.join(folder, 'pwned')));
});

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`the script of ${shell} covers every launcher, and survives any path`, async (t) => {
    const { status, stdout, stderr } = await runCli(['completion', shell]);
    t.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    t.true(stdout.includes('spark-swarm-submit'));
    t.true(stdout.includes('spark-cluster-service'));
    const script = formatShellScript(shell, { executable: "/it's/spark-swarm", names: ['spark-swarm'] });
    t.true(script.includes(shell === 'fish' ? String.raw`'/it\'s/spark-swarm'` : String.raw`'/it'\''s/spark-swarm'`));
  });
}

test('an unknown shell is refused', async (t) => {
  t.deepEqual(await runCli(['completion', 'tcsh']), {
    status: 2,
    stdout: '',
    stderr: 'error: SHELL: got "tcsh"; expected bash, zsh or fish\n',
  });
});
