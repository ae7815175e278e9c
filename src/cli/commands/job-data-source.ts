import type { Command } from 'commander';
import { text as readAll } from 'node:stream/consumers';

import { DataSourceStore } from '../../adapters/jobs/data-source-store.ts';
import { UsageError } from '../../errors.ts';
import { hidePassword, parseDataUrl } from '../../jobs/data-source.ts';
import { parseJobName } from '../../jobs/job-name.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { formatTable, writeResult } from '../output.ts';

/** `job data-source add|list|remove`. */
export function configureDataSource(command: Command, cli: CliContext): void {
  command
    .summary('names for places of data: add, list, remove')
    .description(
      'Names for places of data. datasource://NAME stands for the URL in --input-url, in --output-url, and, with edp.substitute_data_source_for_name: true, in arguments, configs and params. They are kept for this user alone, below ~/.config/spark-swarm.',
    );
  configureAdd(command.command('add').summary('give a URL a name'), cli);
  configureList(command.command('list').summary('list the names and their URLs, passwords left out'), cli);
  configureRemove(command.command('remove').summary('forget a name'), cli);
}

function configureAdd(command: Command, cli: CliContext): void {
  command
    .description(
      'Gives a URL a name. %JOB_EXEC_ID% in it becomes the id of the job, %RANDSTR(n)% n random lower-case letters.',
    )
    .argument('<name>', 'name of the data source')
    .argument(
      '<url>',
      'URL, or path in the cluster; "-" reads it from standard input, as one with a password should be',
    );
  addExamples(command, [
    ['spark-swarm job data-source add in s3a://bucket/in', ''],
    ["spark-swarm job data-source add out '/data/out-%JOB_EXEC_ID%'", 'another folder for each job'],
    ['spark-swarm job data-source add db - < url.txt', 'not seen in the list of processes'],
  ]);
  command.action(async (name: string, typed: string) => {
    const problems: UsageError[] = [];
    const parsed = { name: attempt(() => parseJobName(name, 'NAME'), problems), url: '' };
    const text = typed === '-' ? (await readAll(cli.stdin)).trim() : typed;
    parsed.url = attempt(() => parseDataUrl(text), problems) ?? '';
    const [first, second] = problems;
    if (first) throw second ? new UsageError(`${first.message}\n${second.message}`) : first;
    const isNew = await new DataSourceStore(cli.env).add({ name, url: parsed.url });
    cli.stdout.write(`datasource://${name} is ${isNew ? '' : 'already '}${hidePassword(parsed.url)}\n`);
  });
}

function configureList(command: Command, cli: CliContext): void {
  addOutputOption(command).description('Lists the data sources of this user. Passwords are left out.');
  addExamples(command, [['spark-swarm job data-source list -o json', 'for scripts']]);
  command.action(async ({ output }: OutputOptions) => {
    const sources = await new DataSourceStore(cli.env).read();
    const dataSources = sources.map(({ name, url }) => ({ name, url: hidePassword(url) }));
    await writeResult(cli, output, { dataSources }, async () =>
      formatTable(
        ['name', 'url'],
        dataSources.map(({ name, url }) => [name, url]),
      ),
    );
  });
}

function configureRemove(command: Command, cli: CliContext): void {
  command
    .description('Forgets data sources. The data itself is not touched.')
    .argument('<names...>', 'data sources, as "job data-source list" names them');
  addExamples(command, [['spark-swarm job data-source remove in out', '']]);
  command.action(async (names: readonly string[]) => {
    const store = new DataSourceStore(cli.env);
    for (const name of names) parseJobName(name, 'NAME');
    for (const name of names) {
      await store.remove(name);
      cli.stdout.write(`${name} is forgotten; the data was not touched\n`);
    }
  });
}

function attempt<T>(work: () => T, problems: UsageError[]): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    problems.push(error);
    return undefined;
  }
}
