import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { configureBuild } from './image-build.ts';
import { configureList } from './image-list.ts';
import { configurePush } from './image-push.ts';

/** `image build|list|push`. */
export function configure(command: Command, cli: CliContext): void {
  command.description('Build the Spark image, bring it to the nodes of a swarm, list what is there.');
  configureBuild(command.command('build').summary('build the Spark image'), cli);
  configureList(command.command('list').summary('list the Spark images, and the nodes that have them'), cli);
  configurePush(command.command('push').summary('bring an image to every node of the swarm that lacks it'), cli);
}
