import type { Command } from 'commander';

import type { CliContext } from '../context.ts';
import { configureCreate } from './swarm-create.ts';
import { configureJoin } from './swarm-join.ts';
import { configureLeave } from './swarm-leave.ts';
import { configureStatus } from './swarm-status.ts';

const OLD_WORDS = `
Without a command its flags are those of create, as sbin/config-swarm has had them always:
  config-swarm --create -n=3 -p=myvm    docker-machine makes myvm1, myvm2 and myvm3, and they are joined
  config-swarm --num 3 --prefix myvm    the same machines, taken as they are
  config-swarm create --help            all flags`;

export function configure(command: Command, cli: CliContext): void {
  command.description(
    'Machines that are there, or that docker-machine makes, joined as a swarm, with a docker context.',
  );
  // The older script had no verbs: its flags alone mean `create`.
  configureCreate(command.command('create', { isDefault: true }), cli);
  configureJoin(command.command('join'), cli);
  configureLeave(command.command('leave'), cli);
  configureStatus(command.command('status'), cli);
  command.addHelpText('after', OLD_WORDS);
}
