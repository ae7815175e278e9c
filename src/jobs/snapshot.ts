import { EngineError } from '../errors.ts';
import { parseSpecLine } from './job-record.ts';
import type { JobSpec } from './job.ts';
import { parsePidRecord, type PidRecord } from './pid-record.ts';
import { parseProcesses, type ProcessRow } from './process-table.ts';

/** Everything that is known of the jobs of one place at one moment. Times are by that place's clock. */
export interface JobSnapshot {
  /** Seconds since the epoch. */
  readonly now: number;
  /** Seconds since boot, read before the process table. */
  readonly uptime: number;
  /** Clock ticks a second, the unit of a process's start. */
  readonly ticks: number;
  /** `<boot_id>:<start of process 1>` */
  readonly stamp: string;
  /** Free bytes on the disk of the records; `undefined` where that is not known. */
  readonly freeBytes: number | undefined;
  readonly processes: ReadonlyMap<number, ProcessRow>;
  readonly records: readonly JobRecord[];
  readonly uploads: readonly JobUpload[];
  /** Folders named like a job's, whose `spec.json` cannot be read. */
  readonly unreadable: readonly string[];
}

/** A job's folder; texts as they are in its files, `undefined` where there is none. */
export interface JobRecord {
  readonly folder: string;
  readonly spec: JobSpec;
  /** `v1 <uptime> <stamp> <mode>`, written before the folder became a job. */
  readonly claim: ClaimRecord | undefined;
  readonly pid: PidRecord | undefined;
  /** The first process of the job's session; its session has the same number. */
  readonly leader: LeaderRecord | undefined;
  /** An empty marker is a cancel. */
  readonly cancel: 'cancel' | 'timeout' | undefined;
  /** Seconds since boot; `undefined` where the marker does not say it. */
  readonly cancelledAt: number | undefined;
  readonly failed: string | undefined;
  /** Its text, which need not be a valid one. */
  readonly exit: string | undefined;
  readonly end: EndRecord;
  /** Seconds since the epoch: when the folder got its last file; when `exit` was written. */
  readonly changedAt: number;
  readonly exitAt: number | undefined;
  /** Seconds since the epoch: the last change of it that can be seen, its output included. */
  readonly lastAt: number;
  readonly bytes: { readonly stdout: number; readonly stderr: number };
}

export interface ClaimRecord {
  readonly uptime: number;
  readonly stamp: string;
  readonly mode: string;
}

export interface LeaderRecord {
  readonly pid: number;
  readonly startTicks: number;
  /** Seconds since boot. */
  readonly beganAt: number;
}

/** What the wrapper says beside the record. */
export interface EndRecord {
  readonly oomKills: number;
  /** Seconds since boot. */
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly reason: string;
}

/** A job that is being sent, or whose sending was cut off. */
export interface JobUpload {
  /** `.new/<name>-<id>.<nonce>` */
  readonly folder: string;
  readonly spec: JobSpec;
  readonly cancel: 'cancel' | 'timeout' | undefined;
  /** Seconds since the epoch: when the last of it came. */
  readonly changedAt: number;
}

/** @param id all jobs where it is missing */
export function snapshotWords(base: string, id?: string): readonly string[] {
  return id === undefined ? [base] : [base, id];
}

const RECORD = /^[A-Za-z0-9][A-Za-z0-9._-]*-[0-9a-f]{12}$/;

/**
 * Reads the answer of `docker/job/snapshot.sh`.
 *
 * Shape: `key value` lines; `== sent`, lines `path NUL text` of uploads; `== files`, lines `type size mtime ctime path` of all;
 * `== contents`, lines `path NUL text` of records; `== marked`, the environ files of processes that belong to jobs; `== processes`, lines of /proc/PID/stat; `== end`.
 *
 * @throws EngineError when it is cut off or something else
 */
export function readSnapshot(text: string): JobSnapshot {
  const parts = divide(text);
  const header = new Map(parts.header.split('\n').map((line) => splitOnce(line, ' ')));
  const files = parseFiles(parts.files);
  const contents = parseContents(parts.contents);
  const uploads = readUploads(files, parseContents(parts.sent));
  const folders = [...files.values()].filter(({ type, path }) => type === 'd' && RECORD.test(path));
  const records = folders.flatMap(({ path }) => readRecord(path, files, contents));
  const readable = new Set(records.map(({ folder }) => folder));
  return {
    now: Number(header.get('now')),
    uptime: Number(header.get('uptime')),
    ticks: Number(header.get('ticks')),
    stamp: header.get('stamp') ?? '',
    freeBytes: /^\d+$/.test(header.get('free') ?? '') ? Number(header.get('free')) : undefined,
    processes: parseProcesses(parts.processes, parts.marked),
    records,
    uploads,
    unreadable: folders.map(({ path }) => path).filter((path) => !readable.has(path)),
  };
}

interface Parts {
  readonly header: string;
  readonly sent: string;
  readonly files: string;
  readonly contents: string;
  readonly marked: string;
  readonly processes: string;
}

/** Before the processes nothing can look like a heading: contents have their path before them. */
function divide(text: string): Parts {
  const [header, afterHeader] = splitOnce(text, '\n== sent\n');
  const [sent, afterSent] = splitOnce(`\n${afterHeader}`, '\n== files\n');
  const [files, afterFiles] = splitOnce(`\n${afterSent}`, '\n== contents\n');
  const [contents, afterContents] = splitOnce(`\n${afterFiles}`, '\n== marked\n');
  const [marked, processes] = splitOnce(`\n${afterContents}`, '\n== processes\n');
  if (!header.startsWith('spark-swarm-jobs 1\n') || !`\n${processes}`.endsWith('\n== end\n')) {
    const seen = text.trimEnd().split('\n').at(-1) ?? '';
    throw new EngineError(`The list of jobs is not complete: it ends with ${JSON.stringify(seen.slice(0, 200))}`, 500, {
      hint: 'run the same command again',
    });
  }
  return { header, sent, files, contents, marked, processes };
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
}

interface FileRow {
  readonly type: string;
  readonly size: number;
  readonly modifiedAt: number;
  readonly changedAt: number;
  readonly path: string;
}

function parseFiles(text: string): ReadonlyMap<string, FileRow> {
  const rows = new Map<string, FileRow>();
  for (const line of text.split('\n')) {
    const [type = '', size, modified, changed, ...path] = line.split(' ');
    if (path.length === 0) continue;
    const row = {
      type,
      size: Number(size),
      modifiedAt: Number(modified),
      changedAt: Number(changed),
      path: path.join(' '),
    };
    rows.set(row.path, row);
  }
  return rows;
}

function parseContents(text: string): ReadonlyMap<string, string> {
  const contents = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [path, content] = splitOnce(line, '\0');
    if (path === '') continue;
    const before = contents.get(path.slice(2));
    contents.set(path.slice(2), before === undefined ? content : `${before}\n${content}`);
  }
  return contents;
}

type Files = ReadonlyMap<string, FileRow>;
type Contents = ReadonlyMap<string, string>;

function readRecord(folder: string, files: Files, contents: Contents): readonly JobRecord[] {
  const content = (name: string): string | undefined => contents.get(`${folder}/${name}`);
  const file = (name: string): FileRow | undefined => files.get(`${folder}/${name}`);
  const spec = parseSpecLine(content('spec.json') ?? '');
  // A folder that was renamed by hand is not the job that it says it is.
  if (spec === undefined || `${spec.name}-${spec.id}` !== folder) return [];
  return [
    {
      folder,
      spec,
      claim: parseClaim(content('claim') ?? ''),
      pid: parsePidRecord(content('pid') ?? ''),
      leader: parseLeader(content('child') ?? ''),
      cancel: parseMarker(file('cancel'), content('cancel')),
      cancelledAt: parseMarkerTime(content('cancel') ?? ''),
      failed: content('failed') ?? (file('failed') && ''),
      exit: content('exit') ?? (file('exit') && ''),
      end: parseEnd(content('end') ?? ''),
      changedAt: files.get(folder)?.changedAt ?? 0,
      exitAt: file('exit')?.modifiedAt,
      lastAt: Math.max(
        files.get(folder)?.changedAt ?? 0,
        ...['stdout', 'stderr', 'failed'].map((name) => file(name)?.modifiedAt ?? 0),
      ),
      bytes: { stdout: file('stdout')?.size ?? 0, stderr: file('stderr')?.size ?? 0 },
    },
  ];
}

function readUploads(files: Files, contents: Contents): readonly JobUpload[] {
  const newest = new Map<string, number>();
  for (const { path, changedAt } of files.values()) {
    const folder = /^\.new\/[^/]+/.exec(path)?.[0];
    if (folder !== undefined) newest.set(folder, Math.max(newest.get(folder) ?? 0, changedAt));
  }
  return [...newest].flatMap(([folder, changedAt]) => {
    const spec = parseSpecLine(contents.get(`${folder}/spec.json`) ?? '');
    const cancel = parseMarker(files.get(`${folder}/cancel`), contents.get(`${folder}/cancel`));
    return spec === undefined ? [] : [{ folder, spec, cancel, changedAt }];
  });
}

function parseClaim(text: string): ClaimRecord | undefined {
  const [, uptime, stamp, mode] = /^v1 ([\d.]+) (\S+) (\S+)$/.exec(text) ?? [];
  return uptime === undefined || stamp === undefined || mode === undefined
    ? undefined
    : { uptime: Number(uptime), stamp, mode };
}

function parseLeader(text: string): LeaderRecord | undefined {
  const [, pid, start, began] = /^([1-9]\d*) (\d+) ([\d.]+)$/.exec(text) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), startTicks: Number(start), beganAt: Number(began) };
}

/** The file may be there and have no text: the disk was full. */
function parseMarker(file: FileRow | undefined, text: string | undefined): 'cancel' | 'timeout' | undefined {
  if (file === undefined && text === undefined) return undefined;
  return text?.startsWith('timeout') === true ? 'timeout' : 'cancel';
}

function parseMarkerTime(text: string): number | undefined {
  const [, uptime] = /^\w+ ([\d.]+)$/.exec(text) ?? [];
  return uptime === undefined ? undefined : Number(uptime);
}

function parseEnd(text: string): EndRecord {
  const values = new Map(text.split('\n').map((line) => splitOnce(line, ' ')));
  const seconds = (key: string): number | undefined => {
    const value = values.get(key) ?? '';
    return /^[\d.]+$/.test(value) ? Number(value) : undefined;
  };
  return {
    oomKills: seconds('oom') ?? 0,
    startedAt: seconds('started'),
    endedAt: seconds('ended'),
    reason: values.get('reason') ?? '',
  };
}
