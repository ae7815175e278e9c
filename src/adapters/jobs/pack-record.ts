import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough, type Readable } from 'node:stream';

import type { TarSource } from 'modern-tar/fs';

import { UsageError } from '../../errors.ts';
import { formatEnvironment } from '../../jobs/job-environment.ts';
import type { JobPlan } from '../../jobs/job-plan.ts';
import { specLine } from '../../jobs/job-record.ts';
import type { JobUpload } from '../../jobs/job-tools.ts';
import { argvFile } from '../../jobs/launch.ts';

const FOLDER = 0o700;
const PRIVATE = 0o600;
const PROGRAM = 0o700;
const OWNER_MAY_RUN = 0o100;

export interface PackOptions {
  /** The scripts that run the job and that end it: they stay with the record. */
  readonly scripts: { readonly wrapper: string; readonly cancel: string };
  /** What its place adds: variables, and files by their paths in the record. */
  readonly extras?: {
    readonly environment: Readonly<Record<string, string>>;
    readonly files: readonly { readonly path: string; readonly text: string }[];
  };
  /** Default: root, for a place that unpacks as whoever logs in. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Path that all of it gets, `.new/wordcount-…`: each of its folders has an entry of its own. Default: none. */
  readonly folder?: string;
}

/**
 * The tar archive of a job's folder as it is staged: `spec.json` first, `argv.sh`, `env.sh`, `wrapper`, `canceller`, `files/`.
 * Nothing in it may be read by anybody but its owner; a file of the user's may be run there if it may be run here.
 *
 * @throws UsageError naming a file that cannot be read; the stream fails with it where that shows only later
 */
export async function packRecord(plan: JobPlan, options: PackOptions): Promise<Readable> {
  const { scripts, extras = { environment: {}, files: [] }, owner = { uid: 0, gid: 0 }, folder: place } = options;
  const prefix = place === undefined ? '' : `${place}/`;
  const text = (target: string, content: string, mode = PRIVATE): TarSource => ({
    type: 'content',
    content,
    target: `${prefix}${target}`,
    mode,
    ...owner,
  });
  const uploads = await Promise.all(
    plan.uploads.map(async (upload): Promise<TarSource> => {
      if ('text' in upload) return text(`files/${upload.name}`, upload.text);
      const mode = await modeOf(upload);
      return { type: 'file', source: upload.path, target: `${prefix}files/${upload.name}`, mode, ...owner };
    }),
  );
  const folders = new Set(extras.files.map((file) => path.posix.dirname(file.path)));
  // Or whoever unpacks would make them, as root.
  const above = prefix.split('/').slice(0, -1);
  const entries: TarSource[] = [
    ...above.map((_, index) => ({ ...text('', '', FOLDER), target: `${above.slice(0, index + 1).join('/')}/` })),
    text('spec.json', specLine(plan.spec)),
    text('argv.sh', argvFile(plan.spec.argv)),
    text('env.sh', environmentFile(plan, extras.environment)),
    text('wrapper', scripts.wrapper),
    text('canceller', scripts.cancel),
    text('files/', '', FOLDER),
    ...uploads,
    ...[...folders].filter((folder) => folder !== '.').map((folder) => text(`${folder}/`, '', FOLDER)),
    ...extras.files.map((file) => text(file.path, file.text)),
  ];
  const { packTar } = await import('modern-tar/fs');
  const archive = packTar(entries, {
    map: (header) => (header.name.endsWith('/') ? { ...header, type: 'directory' } : header),
  });
  const output = new PassThrough();
  archive.once('error', (error) => output.destroy(unreadable(error, (error as NodeJS.ErrnoException).path)));
  output.once('close', () => archive.destroy());
  return archive.pipe(output);
}

/** What the user set comes after what the place has, but for the settings that are made for this very job. */
function environmentFile({ environment }: JobPlan, extras: Readonly<Record<string, string>>): string {
  const { SPARK_CONF_DIR: conf, ...rest } = extras;
  const own = conf === undefined ? {} : { SPARK_CONF_DIR: conf };
  return `${formatEnvironment(rest)}${environment}${formatEnvironment(own)}`;
}

async function modeOf({ path: file }: Extract<JobUpload, { readonly path: string }>): Promise<number> {
  try {
    await access(file, constants.R_OK);
    return ((await stat(file)).mode & OWNER_MAY_RUN) === 0 ? PRIVATE : PROGRAM;
  } catch (error) {
    throw unreadable(error, file);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

function unreadable(error: unknown, file = 'a file to bring along'): UsageError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new UsageError(`Cannot read ${file}: ${REASONS[code] ?? message}`, { cause: error });
}
