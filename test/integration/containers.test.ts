import { listObjectsNamed } from '../helpers/docker-objects.ts';
import { theEngine, usePlainEngine } from '../helpers/lab-tests.ts';
import { AGAIN } from './contract/again.ts';
import { runBehaviours, type Behaviour, type Stand } from './contract/behaviour.ts';
import { crashBehaviour } from './contract/crash.ts';
import { DATA } from './contract/data.ts';
import { DEPLOY } from './contract/deploy.ts';
import { HARM } from './contract/harm.ts';
import { LOGS } from './contract/logs.ts';
import { REFUSALS } from './contract/refusals.ts';
import { removeBehaviours } from './contract/remove.ts';
import { RESIZE } from './contract/resize.ts';
import { SUBMIT } from './contract/submit.ts';
import { byHandTests } from './containers/by-hand.ts';
import { composeProgramTests } from './containers/compose-program.ts';
import { CRASH_POINTS } from './containers/crash.ts';
import { dataTests } from './containers/data.ts';
import { foreignTests, objectsBefore, untouchedTests } from './containers/foreign.ts';
import { harmTests } from './containers/harm.ts';
import { secretTests } from './containers/secrets.ts';

usePlainEngine();

const stand: Stand = {
  cluster: (key) => theEngine().cluster(key),
  listObjects: async () => listObjectsNamed(theEngine().manager, theEngine().name),
};

const contract = (...behaviours: readonly Behaviour[]): void => runBehaviours(behaviours, () => stand);

// On this machine's engine, without a swarm. The order matters: the cluster "spark" is started once, and then used, resized,
// harmed and removed, among things of other people's that look like its own.
foreignTests();
contract(...REFUSALS, ...DEPLOY);
secretTests();
contract(...SUBMIT, ...DATA, ...LOGS, ...RESIZE, ...HARM);
harmTests();
contract(...removeBehaviours(() => objectsBefore), ...AGAIN, crashBehaviour(CRASH_POINTS));
byHandTests();
composeProgramTests();
dataTests();
untouchedTests();
