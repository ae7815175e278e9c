import type { Command } from 'commander';

import type { CliContext } from './context.ts';

/** What a file in `commands/` exports. */
export interface CommandModule {
  /** Gives the command its description, arguments, flags, examples and action. A group adds its subcommands. */
  configure(command: Command, cli: CliContext): void;
}

export interface CommandEntry {
  /** What is typed: `['deploy']`. With two words the first is a group: `['swarm', 'join']`. */
  readonly words: readonly [string, ...string[]];
  /** The line in `spark-swarm --help`, which loads no command. */
  readonly summary: string;
  readonly load: () => Promise<CommandModule>;
}

/** Every command, in the order of the help. A new command is one entry here and one file in `commands/`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    words: ['quickstart'],
    summary: 'from nothing to a Spark that works, on a lab of three nodes',
    load: async () => import('./commands/quickstart.ts'),
  },
  {
    words: ['deploy'],
    summary: 'put a cluster on the swarm, or change the one that is there',
    load: async () => import('./commands/deploy.ts'),
  },
  {
    words: ['start'],
    summary: 'start a cluster in containers of this engine, without a swarm',
    load: async () => import('./commands/start.ts'),
  },
  {
    words: ['status'],
    summary: 'show a cluster: nodes, workers, applications, problems, addresses',
    load: async () => import('./commands/status.ts'),
  },
  {
    words: ['resize'],
    summary: 'grow or shrink a cluster while it works',
    load: async () => import('./commands/resize.ts'),
  },
  {
    words: ['rebalance'],
    summary: 'spread the workers over the nodes again, after one came back',
    load: async () => import('./commands/rebalance.ts'),
  },
  { words: ['submit'], summary: 'run an application on a cluster', load: async () => import('./commands/submit.ts') },
  {
    words: ['explain'],
    summary: 'why applications wait or fail, with the proof and the cure',
    load: async () => import('./commands/explain.ts'),
  },
  {
    words: ['job'],
    summary: 'applications that run on their own: run, list, status, logs, wait, cancel',
    load: async () => import('./commands/job.ts'),
  },
  {
    words: ['logs'],
    summary: "show the daemons' logs, from every node",
    load: async () => import('./commands/logs.ts'),
  },
  {
    words: ['history'],
    summary: 'pages of applications that have ended: start, stop, url',
    load: async () => import('./commands/history.ts'),
  },
  {
    words: ['notebook'],
    summary: 'JupyterLab on a cluster: start, stop, url',
    load: async () => import('./commands/notebook.ts'),
  },
  {
    words: ['master-ip'],
    summary: "print the address of the master's node",
    load: async () => import('./commands/master-ip.ts'),
  },
  { words: ['list'], summary: 'list the clusters', load: async () => import('./commands/list.ts') },
  { words: ['remove'], summary: 'take a cluster away', load: async () => import('./commands/remove.ts') },
  {
    words: ['stop'],
    summary: 'take away a cluster in containers of this engine',
    load: async () => import('./commands/stop.ts'),
  },
  {
    words: ['cluster'],
    summary: 'clusters by name alone, and the hosts below them, as the older command had it',
    load: async () => import('./commands/cluster.ts'),
  },
  {
    words: ['image'],
    summary: 'build images, bring them to the nodes, list and remove them',
    load: async () => import('./commands/image.ts'),
  },
  {
    words: ['swarm'],
    summary: 'machines joined as a swarm: create or repair, join, leave, status',
    load: async () => import('./commands/swarm.ts'),
  },
  {
    words: ['machines'],
    summary: 'the machines of swarms: list, log in, hand over, import, remove',
    load: async () => import('./commands/machines.ts'),
  },
  {
    words: ['lab'],
    summary: 'nodes in containers on this machine, joined as a swarm',
    load: async () => import('./commands/lab.ts'),
  },
  {
    words: ['doctor'],
    summary: 'what is wrong with this machine, its context, its swarm, its clusters',
    load: async () => import('./commands/doctor.ts'),
  },
  {
    words: ['config'],
    summary: 'show, check and write the project file',
    load: async () => import('./commands/config.ts'),
  },
  {
    words: ['completion'],
    summary: 'print the script that makes a shell complete commands',
    load: async () => import('./commands/completion.ts'),
  },
];
