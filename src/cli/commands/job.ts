import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { configureCancel } from './job-cancel.ts';
import { configureClean } from './job-clean.ts';
import { configureDataSource } from './job-data-source.ts';
import { configureExport } from './job-export.ts';
import { configureInfo } from './job-info.ts';
import { configureList } from './job-list.ts';
import { configureLogs } from './job-logs.ts';
import { configureRun } from './job-run.ts';
import { configureStatus } from './job-status.ts';
import { configureWait } from './job-wait.ts';

/** `job run|list|status|info|logs|wait|cancel|clean|export|data-source`. */
export function configure(command: Command, cli: CliContext): void {
  command.description(
    'Applications that run without a terminal: started, asked about, waited for, cancelled; their records outlive containers.',
  );
  configureRun(command.command('run').summary('start a job and print its id'), cli);
  configureList(command.command('list').summary('list the jobs of a cluster'), cli);
  configureStatus(command.command('status').summary('what became of a job, and why'), cli);
  configureInfo(command.command('info').summary('everything known of a job, and what it cost'), cli);
  configureLogs(command.command('logs').summary('show what a job has printed'), cli);
  configureWait(command.command('wait').summary('wait for the end of a job, and end with its exit status'), cli);
  configureCancel(command.command('cancel').summary('end a job'), cli);
  configureClean(command.command('clean').summary('delete old records of jobs that have ended'), cli);
  configureExport(command.command('export').summary('write a job that has ended into one file'), cli);
  configureDataSource(command.command('data-source'), cli);
}
