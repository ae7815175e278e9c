import path from 'node:path';

import type { Command } from 'commander';

import { saveCapsule } from '../../adapters/jobs/capsule-file.ts';
import type { OpenJobs } from '../../connections/open-jobs.ts';
import { readImage } from '../../image/image-state.ts';
import { recordName } from '../../jobs/job-record.ts';
import { exportJob } from '../../operations/jobs/export.ts';
import { findJob } from '../../operations/jobs/read-jobs.ts';
import type { CliContext } from '../context.ts';
import { addExamples, addOutputOption, type OutputOptions } from '../options.ts';
import { writeResult } from '../output.ts';
import { describeJob } from './job-format.ts';
import { addJobArgument, addJobPlaceOptions, withJobs, type JobPlaceOptions } from './job-options.ts';

/** `job export`. */
export function configureExport(command: Command, cli: CliContext): void {
  addJobArgument(addJobPlaceOptions(addOutputOption(command)))
    .argument('[file]', 'a new file (default: NAME-ID.tar.gz here)')
    .description(
      'Writes all there is of a job that has ended into one file: what was run, its files and variables, what it has printed and left in its folder, the image, versions. The file may hold secrets, and is for its owner alone.',
    );
  addExamples(command, [
    ['spark-swarm job export 4c1f0a9b7e23', ''],
    ['spark-swarm job run --capsule wordcount-4c1f0a9b7e23.tar.gz', 'runs the same once more, on any cluster'],
  ]);
  command.action(
    async (text: string, file: string | undefined, { output, ...options }: JobPlaceOptions & OutputOptions) => {
      const saved = await withJobs(cli, options, async (jobs) => {
        const job = await findJob(jobs, text);
        const target = path.resolve(cli.cwd, file ?? `${recordName(job.spec)}.tar.gz`);
        const about = {
          schemaVersion: 1,
          job: describeJob(job),
          place: jobs.shell.place,
          image: await describeImage(jobs),
        };
        await exportJob(jobs, job, { about, receive: async (archive) => saveCapsule(archive, target) });
        return target;
      });
      await writeResult(cli, output, { file: saved }, () => saved);
    },
  );
}

/** Of the cluster as it is now; `null` for one that nobody remembers. */
async function describeImage({ state, connection, signal }: OpenJobs): Promise<object | null> {
  const name = state.remembered?.image;
  if (name === undefined) return null;
  const image = await readImage(connection.target.api, name, signal).catch(() => undefined);
  return { name, id: image?.id ?? null };
}
