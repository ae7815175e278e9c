import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { configureBuild } from './image-build.ts';
import { configureList } from './image-list.ts';
import { configurePrune } from './image-prune.ts';
import { configurePush } from './image-push.ts';

/** `image build|list|push|prune`. */
export function configure(command: Command, cli: CliContext): void {
  command.description(
    'Build the Spark image, bring it to the nodes of a swarm, list what is there, remove what is old.',
  );
  configureBuild(command.command('build').summary('build the Spark image'), cli);
  configureList(command.command('list').summary('list the Spark images, and the nodes that have them'), cli);
  configurePush(command.command('push').summary('bring images to the nodes of the swarm that lack them'), cli);
  configurePrune(command.command('prune').summary('remove old images from this engine and the nodes'), cli);
}
