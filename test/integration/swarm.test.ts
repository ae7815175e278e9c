import { listObjects } from '../helpers/docker-objects.ts';
import { theCluster, theLab, useLab } from '../helpers/lab-tests.ts';
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
import { byHandTests } from './swarm/by-hand.ts';
import { CRASH_POINTS } from './swarm/crash.ts';
import { dataCheckTests } from './swarm/data-check.ts';
import { featureTests } from './swarm/features.ts';
import { foreignTests, objectsBefore } from './swarm/foreign.ts';
import { harmTests } from './swarm/harm.ts';
import { managerTests } from './swarm/manager.ts';
import { sideBySideTests } from './swarm/side-by-side.ts';

useLab();

const stand: Stand = { cluster: theCluster, listObjects: async () => listObjects(theLab()) };
const contract = (...behaviours: readonly Behaviour[]): void => runBehaviours(behaviours, () => stand);

// One lab for all of them, because bringing it up and the image there takes half a minute. They run in this order: the
// cluster "spark" is deployed once, used, resized, harmed and removed; then others live beside each other.
managerTests();
foreignTests();
contract(...REFUSALS, ...DEPLOY, ...SUBMIT, ...DATA);
featureTests();
contract(...LOGS, ...RESIZE, ...HARM);
harmTests();
contract(...removeBehaviours(() => objectsBefore), ...AGAIN);
dataCheckTests();
byHandTests();
contract(crashBehaviour(CRASH_POINTS));
sideBySideTests();
