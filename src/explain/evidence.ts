import type { ApplicationReading, ClusterReading, DaemonReading, ExecutorReading } from './reading.ts';

/** Something that a program has printed, and which program. */
export interface Evidence {
  /** `executor 3 on worker-1`, `stage 2`, `the driver`. */
  readonly source: string;
  readonly text: string;
}

/** An executor that has ended by itself, in the words of its worker. */
export interface ExecutorEnd {
  readonly worker: string;
  readonly applicationId: string;
  readonly id: number;
  /** `Command exited with code 1`. */
  readonly message: string;
  readonly exitCode: number;
  /** End of its own output, while its folder is there and it is one of the last. */
  readonly stderr: string;
}

/** Source: deploy/worker/Worker.scala, `handleExecutorStateChanged`. */
const ENDED = /Executor (app-[\w-]+)\/(\d+) finished with state (?:EXITED|FAILED) message (.*?) exitStatus (\d+)/g;
/** The driver has gone first: how every executor ends whose application is over. */
const DRIVER_GONE = /disassociated! Shutting down/;

/** Executors of an application that ended with an error of their own, the oldest of a worker first. */
export function listEnds({ daemons }: ClusterReading, applicationId: string): readonly ExecutorEnd[] {
  return daemons.flatMap((daemon) =>
    [...daemon.log.matchAll(ENDED)].flatMap(([, app = '', number = '', message = '', code = '']) => {
      const id = Number(number);
      const stderr = findExecutor(daemon, app, id)?.stderr ?? '';
      if (app !== applicationId || Number(code) === 0 || DRIVER_GONE.test(stderr)) return [];
      return [{ worker: daemon.name, applicationId: app, id, message, exitCode: Number(code), stderr }];
    }),
  );
}

/** What is known of the failures of an application that is active: of its executors, and of its stages. */
export function listEvidence(reading: ClusterReading, app: ApplicationReading): readonly Evidence[] {
  return [
    ...listEnds(reading, app.application.id).map(({ worker, id, stderr }) => ({
      source: `executor ${id} on ${worker}`,
      text: stderr,
    })),
    ...(app.driver?.failures ?? []).map(({ stageId, reason }) => ({ source: `stage ${stageId}`, text: reason })),
  ];
}

function findExecutor(daemon: DaemonReading, applicationId: string, id: number): ExecutorReading | undefined {
  return daemon.executors.find((executor) => executor.applicationId === applicationId && executor.id === id);
}

const ERROR_LINE =
  /^(?:Exception in thread|Caused by:|Error\b|(?:[\w$]+\.)+\w*(?:Exception|Error)\b)|\bERROR\b|OutOfMemory|insufficient memory/;
/** It was told to end, which is no reason. */
const NO_REASON = /RECEIVED SIGNAL|Driver .* disassociated/;

/** The line that says why a program ended: the last cause that it names; empty when it names none. */
export function findErrorLine(text: string): string {
  const lines = text.split('\n').filter((line) => ERROR_LINE.test(line) && !NO_REASON.test(line));
  return shorten(lines.at(-1) ?? '');
}

/** What a logger puts before the words: `26/11/21 09:41:00 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (host executor 0): `. */
const PREFIX = /^\d\d\/\d\d\/\d\d [\d:]+ [A-Z]+ [\w$]+: (?:Lost task .*? executor \d+\): )?/;

/** One line that is read in a terminal: control characters in it, with which a program could paint there, are blanks. */
export function shorten(line: string): string {
  const trimmed = line
    .trim()
    .replace(PREFIX, '')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return trimmed.length > 300 ? `${trimmed.slice(0, 297)}...` : trimmed;
}
