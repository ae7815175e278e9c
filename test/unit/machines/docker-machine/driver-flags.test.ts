import test from 'ava';

import { UsageError } from '../../../../src/errors.ts';
import { checkDriverFlags, parseFlags, readFlag } from '../../../../src/machines/docker-machine/driver-flags.ts';

/** Of docker-machine 0.16.2. */
const HELP = `Usage: docker-machine create [OPTIONS] [arg...]

Create a machine

Description:
   Run 'docker-machine create --driver name --help' to include the create flags for that driver in the help text.

Options:
   
   --driver, -d "virtualbox"\t\t\t\t\tDriver to create machine with. [$MACHINE_DRIVER]
   --engine-env [--engine-env option --engine-env option]\t\tSpecify environment variables to set in the engine
   --generic-ip-address \t\t\t\t\tIP Address of machine [$GENERIC_IP_ADDRESS]
   --generic-ssh-port "22"\t\t\t\tSSH port [$GENERIC_SSH_PORT]
   --swarm\t\t\t\t\t\tConfigure Machine to join a Swarm cluster
`;

test('the flags of a driver are read from its help', (t) => {
  t.deepEqual(
    [...parseFlags(HELP)],
    ['--driver', '-d', '--engine-env', '--generic-ip-address', '--generic-ssh-port', '--swarm'],
  );
});

test("flags that the driver has are let through, as docker-machine's command line takes them", (t) => {
  const known = parseFlags(HELP);
  t.notThrows(() => checkDriverFlags('generic', [], known));
  t.notThrows(() => checkDriverFlags('generic', ['--generic-ssh-port', '22', '-engine-env=A=b', '--swarm'], known));
  t.notThrows(() => checkDriverFlags('generic', ['--generic-ssh-port', '-1'], known));
});

const refused = test.macro({
  title: (_, words: readonly string[]) => `refused before anything is made: ${words.join(' ')}`,
  exec(t, words: readonly string[], message: string) {
    const error = t.throws(() => checkDriverFlags('generic', words, parseFlags(HELP)), { instanceOf: UsageError });
    t.is(error.message, message);
  },
});

test(refused, ['--colour=secret'], '--: the driver generic has no flag --colour');
test(refused, ['-colour', 'secret'], '--: the driver generic has no flag --colour');
test(
  refused,
  ['--generic-ssh-port', '-s3cret'],
  '--: what follows --generic-ssh-port is no flag of the driver generic',
);
test(refused, ['-d', 'none'], "--: -d is not the driver's; write it before the --");
test(refused, ['--driver=none'], "--: --driver is not the driver's; write it before the --");
test(refused, ['myvm1'], '--: expected flags of the driver generic, like --generic-…, before any other word');

test('of a flag that is given twice the last one counts', (t) => {
  const words = ['--generic-ssh-key', 'a', '-generic-ssh-key=b', '--generic-ssh-port=2222'];
  t.is(readFlag(words, '--generic-ssh-key'), 'b');
  t.is(readFlag(words, '--generic-ssh-port'), '2222');
  t.is(readFlag(words, '--generic-ssh-user'), undefined);
});
