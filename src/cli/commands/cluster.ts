import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { addExamples } from '../options.ts';
import { configureAdd } from './cluster-add.ts';
import { configureCreate } from './cluster-create.ts';
import { configureInfo, configureList } from './cluster-info.ts';
import { configureKill } from './cluster-kill.ts';
import { configureRemove } from './cluster-remove.ts';
import { configureSubmit } from './cluster-submit.ts';

/** `cluster create|add|remove|kill|info|submit|list`, as the older command had them. */
export function configure(command: Command, cli: CliContext): void {
  command.description('Clusters by name alone, on hosts or in containers: made, grown, shrunk, used and taken down.');
  configureCreate(command.command('create').summary('make a cluster, and the swarm below it'), cli);
  configureAdd(command.command('add').summary('take more hosts into a cluster'), cli);
  configureRemove(command.command('remove').summary('take hosts out of a cluster'), cli);
  configureKill(command.command('kill').summary('take down a cluster, and what create made for it'), cli);
  configureInfo(command.command('info').summary('show the clusters with their addresses, or one of them'), cli);
  configureSubmit(command.command('submit').summary('run an application on a cluster'), cli);
  configureList(command.command('list').summary('list the clusters'), cli);
  addExamples(command, [
    ['spark-swarm cluster create -n demo -p swarm root@host[1-3]', 'three machines become a cluster'],
    ['spark-swarm cluster add -n demo root@host4', ''],
    ['spark-swarm cluster submit -n demo app.py', ''],
    ['spark-swarm cluster kill -n demo', ''],
  ]);
}
