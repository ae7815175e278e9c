import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

import type { Command } from 'commander';

import { streamLogs } from '../../operations/logs.ts';
import { parseCount, parseDuration } from '../../units.ts';
import { connect } from '../connect.ts';
import type { CliContext } from '../context.ts';
import { addClusterOptions, addExamples, type ClusterOptions } from '../options.ts';
import { withReporter } from '../reporter.ts';

type LogsOptions = ClusterOptions & {
  readonly follow?: true;
  readonly tail?: number;
  readonly since?: number;
  readonly timestamps?: true;
};

export function configure(command: Command, cli: CliContext): void {
  addClusterOptions(command)
    .description(
      "Show what the daemons printed, from whichever node they run on. Executors' output is in the master's pages.",
    )
    .argument('[daemon]', 'master, or worker-N (default: all, each line with its name)')
    .option('-f, --follow', 'go on with what is printed from now on, until Ctrl-C')
    .option('--tail <lines>', 'the last lines only', (text) => parseCount(text, '--tail', { min: 0, max: 999_999 }))
    .option('--since <duration>', 'only what is younger, like 10m', (text) => parseDuration(text, '--since'))
    .option('-t, --timestamps', 'the time before each line');
  addExamples(command, [
    ['spark-swarm logs master --tail 50', ''],
    ['spark-swarm logs -f worker-2', ''],
  ]);
  command.action(async (daemon: string | undefined, options: LogsOptions) => {
    // Two writers for each daemon, however many there are.
    cli.stdout.setMaxListeners(0);
    await withReporter(cli, {}, async (report) =>
      streamLogs(await connect(cli, { ...options, report }), {
        name: options.name,
        daemon,
        follow: options.follow ?? false,
        tail: options.tail,
        sinceMs: options.since === undefined ? undefined : Date.now() - options.since,
        timestamps: options.timestamps ?? false,
        openOutput: (prefix) => ({ stdout: prefixed(cli.stdout, prefix), stderr: prefixed(cli.stdout, prefix) }),
      }),
    );
  });
}

/** Writes whole lines to the output, each with the prefix, so that lines of several daemons do not mix. */
function prefixed(output: NodeJS.WritableStream, prefix: string): Transform {
  let rest = '';
  // A chunk may end within a character.
  const decoder = new StringDecoder('utf8');
  const transform = new Transform({
    decodeStrings: false,
    transform(chunk: Buffer | string, _encoding, done) {
      const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split('\n');
      rest = lines.pop() ?? '';
      done(null, lines.map((line) => `${prefix}${line}\n`).join(''));
    },
    flush(done) {
      rest += decoder.end();
      done(null, rest === '' ? '' : `${prefix}${rest}\n`);
    },
  });
  transform.pipe(output, { end: false });
  return transform;
}
