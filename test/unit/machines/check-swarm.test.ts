import test from 'ava';

import { checkSwarm } from '../../../src/machines/check-swarm.ts';
import { reading } from '../../helpers/machine-readings.ts';

test('the name of a node that is down is not free where another machine may come back with it', (t) => {
  const away = { id: 'old', hostname: 'M1', state: 'down', machine: 'ssh/root@b:22' };
  const present = { clusterId: 'c', managerAddresses: [], members: [away] };
  const [found] = checkSwarm({ swarm: 'swarm', managers: 1, present }, [reading('m1')]);
  t.is(found?.id, 'SS-M28');
  t.is(found?.proof, 'hostname m1; node old of that name (ssh/root@b:22) is down');
  t.regex(found?.fix ?? '', /; if the other is lost: spark-swarm swarm leave old$/);
});
